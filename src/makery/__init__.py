"""Turns a requirement into verified software.

    from makery import Factory

    run = Factory().build("A command-line tool that converts CSV to JSON")
    print(run.verdict)

Importing this package loads nothing; `Factory` and `BuildOptions` load when first named.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makery.app.factory import Factory
    from makery.app.options import BuildOptions
    from makery.app.result import RunResult

    __version__: str

__all__ = ["BuildOptions", "Factory", "RunResult", "__version__"]

_HOMES = {
    "BuildOptions": "makery.app.options",
    "Factory": "makery.app.factory",
    "RunResult": "makery.app.result",
}


def __getattr__(name: str) -> Any:
    """The public name, loaded from its module on first use.

    Raises:
        AttributeError: the package has no such name.
    """
    if name == "__version__":
        from importlib.metadata import version

        return version("makery")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)
