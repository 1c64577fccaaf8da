"""Packages are taken only if they exist, are what is meant and need no code to install."""

import asyncio
import base64
import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from makery.kernel.documents import Package
from makery.kernel.errors import EnvironmentFailure
from makery.kernel.ports import Mount
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.sandbox.packages import TARGET, Installer, one_edit_apart
from makery.sandbox.shared_packages import SharedPackages
from makery.testing.sandbox_suite import run_python


def wheel(folder: Path, name: str, files: dict[str, str], requires: str = "") -> None:
    """Write a wheel as the wheel specification has it: files, METADATA, WHEEL, RECORD."""
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    content = {
        **files,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**content, f"{info}/RECORD": record + f"{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)


@pytest.fixture
def installer(tmp_path: Path) -> Installer:
    index = tmp_path / "index"
    index.mkdir()
    wheel(index, "pyyaml", {"yaml/__init__.py": "def safe_load(text): return 'loaded'\n"})
    wheel(index, "smallpkg", {"smallpkg.py": "import yaml\nvalue = yaml.safe_load('')\n"}, requires="pyyaml")
    wheel(index, "hollow", {"something_else.py": ""})
    wheel(index, "reqeusts", {"reqeusts.py": "steal = 1\n"})
    (index / "sourceonly-1.0.tar.gz").write_bytes(b"not to be executed")
    return Installer(options=("--no-index", "--find-links", str(index)))


async def test_a_module_with_another_name_than_its_distribution_is_found(installer: Installer) -> None:
    packages, refused = await installer.resolve(["yaml", "smallpkg", "yaml.nodes"])
    assert [(p.distribution, p.module) for p in packages] == [("pyyaml", "yaml"), ("smallpkg", "smallpkg")]
    assert packages[1].why.startswith("not widely known")
    assert refused == []


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("json", "part of Python"),
        ("reqeusts", "looks like 'requests'"),
        ("numpyy", "looks like 'numpy'"),
        ("no_such_thing", "No wheel of 'no-such-thing'"),
        ("hollow", "has no module 'hollow'"),
        ("sourceonly", "No wheel of 'sourceonly'"),
    ],
)
async def test_what_is_not_meant_is_refused_with_its_reason(
    installer: Installer, module: str, reason: str
) -> None:
    packages, refused = await installer.resolve([module])
    assert packages == []
    assert reason in refused[0].what


async def test_nothing_to_install_is_no_error(installer: Installer, tmp_path: Path) -> None:
    assert (await installer.install([], tmp_path / "empty")).source.is_dir()


async def test_a_package_that_cannot_be_had_is_told(installer: Installer, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="no-such-thing could not be installed"):
        await installer.install([Package(distribution="no-such-thing", module="x")], tmp_path / "p")


async def test_a_name_is_never_taken_for_an_option(installer: Installer, tmp_path: Path) -> None:
    _, refused = await installer.resolve(["--index-url=x"])
    assert "No wheel" in refused[0].what


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
async def test_installed_packages_are_importable_in_the_box(installer: Installer, tmp_path: Path) -> None:
    packages, _ = await installer.resolve(["smallpkg"])
    mount = await installer.install(packages, tmp_path / "packages")
    result = await run_python(
        BubblewrapSandbox(),
        "import smallpkg; print(smallpkg.value)",
        mounts=(mount,),
        environment=(("PYTHONPATH", TARGET),),
    )
    assert result.stdout == "loaded\n", result.stderr


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("requests", "requests", False),
        ("reqests", "requests", True),
        ("requestss", "requests", True),
        ("reqeusts", "requests", True),
        ("requestz", "requests", True),
        ("erquests", "requests", True),
        ("reqsts", "requests", False),
        ("ab", "ba", True),
        ("", "a", True),
        ("abcd", "badc", False),
    ],
)
def test_one_edit_is_told_from_more(one: str, other: str, expected: bool) -> None:
    assert one_edit_apart(one, other) is expected
    assert one_edit_apart(other, one) is expected


async def test_a_set_of_packages_is_installed_once_whatever_its_order(tmp_path: Path) -> None:
    installed: list[list[str]] = []

    class Counting(Installer):
        async def install(self, packages: Sequence[Package], folder: Path) -> Mount:
            installed.append([package.distribution for package in packages])
            return Mount(source=folder, target="/packages")

    one, other = (Package(distribution=name, module=name) for name in ("requests", "rich"))
    shared = SharedPackages(Counting(), tmp_path)

    first, again = await asyncio.gather(shared.install([one, other]), shared.install([other, one]))

    assert first == again and installed == [["requests", "rich"]]
    assert (await shared.install([one])).source != first.source
