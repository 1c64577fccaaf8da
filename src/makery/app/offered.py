"""Sandboxes and providers of models that installed packages offer by their entry points."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from makery.kernel.errors import InputError
from makery.kernel.ports import Sandbox
from makery.skills.registry import installed


def sandboxes() -> Mapping[str, EntryPoint]:
    """Entry points of the group `makery.sandboxes`, by name; none is loaded yet."""
    return {point.name: point for point in installed("makery.sandboxes")}


def offered_sandbox(point: EntryPoint) -> Sandbox:
    """The sandbox of a package: what its callable without arguments gives.

    Raises:
        InputError: the entry point gives something else.
        SandboxUnavailable: it does not work here, as it says itself.
    """
    make: Any = point.load()
    sandbox: Any = make() if callable(make) else None
    if not callable(getattr(sandbox, "run", None)):
        raise InputError(f"Entry point {point.value!r} of makery.sandboxes gives no sandbox.")
    return sandbox


def provider_files() -> Mapping[str, Path]:
    """Files in the form of `llm/catalogue.toml`: entry points of the group `makery.providers`, by name.

    Raises:
        InputError: an entry point is no path of a file.
    """
    found = {point.name: (point, point.load()) for point in installed("makery.providers")}
    for point, path in found.values():
        if not isinstance(path, str | Path) or not Path(path).is_file():
            raise InputError(f"Entry point {point.value!r} of makery.providers is no path of a catalogue.")
    return {name: Path(path) for name, (_, path) in found.items()}
