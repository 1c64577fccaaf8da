"""Small wrappers that fit a part to its port for one run."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from makery.kernel.completion import Completion, ModelCall
from makery.kernel.documents import Package, Problem
from makery.kernel.message import derived_id
from makery.kernel.ports import Models, Mount, Workspace

_STRIDE = 1009
"""A prime larger than the seeds that skills use, so that two runs' seeds do not overlap."""


class SeededModels:
    """A gateway whose calls begin their random numbers at the run's seed."""

    def __init__(self, models: Models, seed: int) -> None:
        self._models = models
        self._seed = seed

    @property
    def candidates(self) -> int:
        """As the gateway says."""
        return self._models.candidates

    async def complete(self, call: ModelCall, /) -> Completion:
        """Answer a call whose seed is moved by the run's."""
        moved = call.model_copy(update={"seed": call.seed + _STRIDE * self._seed})
        return await self._models.complete(moved)


class FolderInstaller(Protocol):
    """Installs packages into a folder that it is given."""

    async def resolve(self, modules: Sequence[str]) -> tuple[list[Package], list[Problem]]: ...

    async def install(self, packages: Sequence[Package], folder: Path) -> Mount: ...


class HomePackages:
    """The `PackageIndex` port: one folder for each set of packages, shared by all runs."""

    def __init__(self, installer: FolderInstaller, home: Path) -> None:
        self._installer = installer
        self._home = home
        self._done: dict[Path, Mount] = {}
        self._one_at_a_time = asyncio.Lock()

    async def resolve(self, modules: Sequence[str]) -> tuple[list[Package], list[Problem]]:
        """As the installer says."""
        return await self._installer.resolve(modules)

    async def install(self, packages: Sequence[Package]) -> Mount:
        """A folder with those packages.

        Raises:
            EnvironmentFailure: the index cannot be reached, or has no build for this machine.
        """
        names = sorted(package.distribution for package in packages)
        folder = self._home / derived_id(*names)
        async with self._one_at_a_time:
            if folder not in self._done:
                self._done[folder] = await self._installer.install(packages, folder)
            return self._done[folder]


class Screenshots:
    """Keeps the pictures of a report below `.makery/screenshots/`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def __call__(self, name: str, data: bytes) -> str:
        """Store a picture and give its path below `.makery/`."""
        path = f"screenshots/{Path(name).name}"
        self._workspace.put({f".makery/{path}": data})
        return path
