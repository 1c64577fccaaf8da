"""Parts whose model answers from a script, and whose hidden tests run for real unless a sandbox is given."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app_standins import StandIns

from makery.app.settings import Settings
from makery.kernel.ports import PackageIndex, Sandbox
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.testing import FakePackageIndex
from makery.testing.scripted_model import Answer

DATA = Path(__file__).parent / "data"

SHOUT = "def shout(text: str) -> str:\n    return text.upper()\n"
HALVES = "def halves(n: int) -> int:\n    return n // 2\n"


def written(code: str, path: str = "solution.py") -> str:
    """A model's answer that holds a file."""
    return f"{path}\n```python\n{code}```\n"


class LabStandIns(StandIns):
    """See the module."""

    def __init__(
        self,
        settings: Settings,
        answers: Mapping[str, Sequence[Answer]] | None = None,
        *,
        judge: Sandbox | None = None,
        **more: object,
    ) -> None:
        super().__init__(settings, answers, **more)  # type: ignore[arg-type]
        self.judge = judge

    def sandbox(self, *, unsafe_local: bool = False) -> Sandbox:
        if self._broken:
            raise self._broken
        return self.judge or BubblewrapSandbox()

    def packages(self) -> PackageIndex:
        return FakePackageIndex()
