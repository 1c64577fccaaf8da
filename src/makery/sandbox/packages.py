"""Finds, judges and installs the third-party packages that a program imports.

Only wheels are taken: nothing of a package is executed outside a box. The installing tool runs with the
user's own index settings; what it installs lies in a folder that later commands see read-only.
"""

import asyncio
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from makery.kernel.documents import Package, Problem
from makery.kernel.errors import EnvironmentFailure
from makery.kernel.ports import Mount

TARGET = "/opt/packages"
"""Where a sandbox shows the installed packages; put it on `PYTHONPATH`."""
_PATIENCE = 600
"""Seconds for one call of the installing tool: some packages are large."""


class Installer:
    """Pip or uv, with the user's own index; `SharedPackages` makes the `PackageIndex` port of it.

    Args:
        options: more words for the installing tool, such as `--no-index --find-links FOLDER`.
        tool: the words that start it; by default pip of this environment, else of its base, else uv.
    """

    def __init__(self, *, options: Sequence[str] = (), tool: Sequence[str] | None = None) -> None:
        self._options = tuple(options)
        self._given = tuple(tool) if tool else None

    async def resolve(self, modules: Sequence[str]) -> tuple[list[Package], list[Problem]]:
        """The distribution that provides each imported module, or why it is refused.

        Raises:
            EnvironmentFailure: neither pip nor uv is there.
        """
        wanted = dict.fromkeys(module.split(".")[0] for module in modules)
        judged = [await asyncio.to_thread(self._judge, module) for module in wanted]
        accepted = {p.distribution: p for p in judged if isinstance(p, Package)}
        return list(accepted.values()), [p for p in judged if isinstance(p, Problem)]

    async def install(self, packages: Sequence[Package], folder: Path) -> Mount:
        """Install packages and what they need into a folder; the mount that shows it to commands.

        Raises:
            EnvironmentFailure: the index cannot be reached, or has no wheel for this machine.
        """
        await asyncio.to_thread(self._fill, folder, [package.distribution for package in packages])
        return Mount(source=folder, target=TARGET)

    def _fill(self, folder: Path, names: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if names:
            ended = self._install(names, folder, ())
            if ended.returncode != 0:
                raise EnvironmentFailure(
                    f"{', '.join(names)} could not be installed: {_reason(ended)}",
                    remedy="Check the network and the index settings of pip or uv.",
                )
        for path in (folder, *folder.rglob("*")):  # for the box's user, who is somebody else
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))

    def _judge(self, module: str) -> Package | Problem:
        if module in sys.stdlib_module_names:
            return Problem(where=module, what="It is part of Python itself: nothing is to be installed.")
        known = self._known_modules.get(module)
        name = known or module.replace("_", "-").lower()
        if not known and name not in self._popular:
            imitated = sorted(popular for popular in self._popular if one_edit_apart(name, popular))
            if imitated:
                return Problem(
                    where=module,
                    what=f"{name!r} looks like {imitated[0]!r} but is not. Import {imitated[0]!r}.",
                )
        return self._tried(module, name, well_known=bool(known) or name in self._popular)

    def _tried(self, module: str, name: str, *, well_known: bool) -> Package | Problem:
        """Only the wheel itself shows whether it exists and holds the module that the program imports."""
        with tempfile.TemporaryDirectory(prefix="makery-wheel-") as folder:
            ended = self._install([name], Path(folder), ("--no-deps",))
            if ended.returncode != 0:
                return Problem(where=module, what=f"No wheel of {name!r} can be had: {_reason(ended)}")
            if not _provides(Path(folder), module):
                return Problem(where=module, what=f"The distribution {name!r} has no module {module!r}.")
        why = "widely used" if well_known else "not widely known; its wheel has the module"
        return Package(distribution=name, module=module, why=why)

    def _install(
        self, names: Sequence[str], folder: Path, more: Sequence[str]
    ) -> "subprocess.CompletedProcess[str]":
        words = [*self._tool, "install", "--only-binary", ":all:", "--target", str(folder), *more]
        try:
            return subprocess.run(
                [*words, *self._options, "--", *names],
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                timeout=_PATIENCE,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise EnvironmentFailure(f"The package index did not answer within {_PATIENCE} s.") from error

    @cached_property
    def _tool(self) -> tuple[str, ...]:
        if self._given:
            return self._given
        if importlib.util.find_spec("pip"):
            return (sys.executable, "-m", "pip", "--disable-pip-version-check")
        base = str(getattr(sys, "_base_executable", sys.executable))
        if subprocess.run([base, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            return (base, "-m", "pip", "--disable-pip-version-check")
        uv = shutil.which("uv")
        if uv is None:
            raise EnvironmentFailure(
                "Third-party packages need pip or uv, and neither is there.",
                remedy=f"Run `{sys.executable} -m ensurepip`.",
            )
        return (uv, "pip", "--python", sys.executable)

    @cached_property
    def _popular(self) -> frozenset[str]:
        return frozenset(line[0] for line in _table("popular.txt"))

    @cached_property
    def _known_modules(self) -> dict[str, str]:
        return {line[0]: line[1] for line in _table("modules.txt")}


def one_edit_apart(one: str, other: str) -> bool:
    """Whether one insertion, deletion, replacement or exchange of neighbours makes one word of the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    common = min(len(one), len(other))
    start = next((i for i in range(common) if one[i] != other[i]), common)
    a, b = one[start:], other[start:]
    exchanged = len(a) > 1 and len(b) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or exchanged


def _provides(folder: Path, module: str) -> bool:
    if (folder / module).is_dir() or (folder / f"{module}.py").is_file():
        return True
    return any(folder.glob(f"{module}.*.so")) or any(folder.glob(f"{module}.*.pyd"))


def _reason(ended: "subprocess.CompletedProcess[str]") -> str:
    lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["no reason was given"])[-1][:300]


def _table(name: str) -> list[list[str]]:
    text = (files("makery.sandbox") / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]
