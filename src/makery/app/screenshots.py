"""Pictures of a report, kept in a run's workspace."""

from pathlib import Path

from makery.kernel.ports import Workspace


class Screenshots:
    """Keeps the pictures of a report below `.makery/screenshots/`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def __call__(self, name: str, data: bytes) -> str:
        """Store a picture and give its path below `.makery/`."""
        path = f"screenshots/{Path(name).name}"
        self._workspace.put({f".makery/{path}": data})
        return path
