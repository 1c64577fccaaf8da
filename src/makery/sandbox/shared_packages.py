"""Third-party packages that are installed once and used by all runs."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from makery.kernel.documents import Package, Problem
from makery.kernel.message import derived_id
from makery.kernel.ports import Mount
from makery.sandbox.packages import Installer


class SharedPackages:
    """The `PackageIndex` port: one folder for each set of packages, shared by all runs.

    Args:
        installer: finds and installs them.
        home: where the folders are.
    """

    def __init__(self, installer: Installer, home: Path) -> None:
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
