"""The language plug-ins by name: the built-in ones and those of users' own packages."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points

from makery.kernel.documents import Target
from makery.kernel.errors import InputError
from makery.kernel.ports import Language, Sandbox

GROUP = "makery.languages"
"""Entry point group; each entry is a callable that takes a `Sandbox` and gives a `Language`."""

BUILT_IN = {
    "python": ("makery.languages.python.plugin", "PythonLanguage"),
    "web": ("makery.languages.web.plugin", "WebLanguage"),
}


class Registry:
    """The `Languages` port. A plug-in is loaded when it is first asked for."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._loaded: dict[str, Language] = {}

    def of(self, target: Target, /) -> Language:
        """The plug-in for a target.

        Raises:
            InputError: no plug-in has that name.
        """
        if target.language not in self._loaded:
            self._loaded[target.language] = _factory(target.language)(self._sandbox)
        return self._loaded[target.language]

    @property
    def names(self) -> tuple[str, ...]:
        """All languages that can be asked for, sorted."""
        return tuple(sorted({*BUILT_IN, *(entry.name for entry in entry_points(group=GROUP))}))


def _factory(name: str) -> Callable[[Sandbox], Language]:
    for entry in entry_points(group=GROUP, name=name):
        return entry.load()
    if name in BUILT_IN:
        module, member = BUILT_IN[name]
        return getattr(import_module(module), member)
    raise InputError(
        f"No language plug-in is called {name!r}.",
        remedy=f"Known: {', '.join(sorted(BUILT_IN))}; more can be added by the entry point group {GROUP!r}.",
    )
