"""Each floor of the house knows only the floors below it, and importing does nothing else."""

import json
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import makery

ROOT = Path(__file__).parents[2]
PACKAGE = Path(makery.__file__).parent
HEAVY = {"gradio", "httpx", "playwright", "pydantic_ai", "sqlalchemy", "xllamacpp"}
LIGHT = (
    "kernel",
    "prompting",
    "durable",
    "languages",
    "roles",
    "skills",
    "teams",
    "testing",
    "verify",
    "workspace",
)
"""What is built of kernel ports only has no business with a heavy library."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package that a test may spoil."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "makery", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_import_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("kernel/pool.py", "import makery.workspace.git"),
        ("kernel/pool.py", "import sqlalchemy"),
        ("store/ledger.py", "import makery.durable.inline"),
        ("roles/__init__.py", "import makery.interfaces"),
        ("prompting.py", "import makery.testing"),
        ("unplanned.py", ""),
    ],
)
def test_a_forbidden_import_or_an_unplanned_module_breaks_them(copy: Path, place: str, line: str) -> None:
    file = copy / "src" / "makery" / place
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout + result.stderr


def modules_of(part: str) -> list[str]:
    """The dotted names of a package's modules, or of the one module."""
    folder = PACKAGE / part
    found = pkgutil.walk_packages([str(folder)], f"makery.{part}.") if folder.is_dir() else ()
    return [f"makery.{part}", *(module.name for module in found if not module.name.endswith("__main__"))]


def loaded_by(modules: list[str]) -> set[str]:
    """The top-level packages that a fresh interpreter has after importing modules."""
    program = (
        "import sys, importlib, json\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program, *modules], capture_output=True, text=True, check=True
    )
    return set(json.loads(output.stdout))


def test_importing_makery_loads_nothing_heavy() -> None:
    assert not loaded_by(["makery"]) & {*HEAVY, "jinja2", "rich", "typer"}


@pytest.mark.parametrize("part", LIGHT)
def test_importing_what_is_built_on_the_kernel_loads_nothing_heavy(part: str) -> None:
    # The harness runs in the sandbox; what stands on DBOS is loaded by runs only.
    modules = [name for name in modules_of(part) if ".harness" not in name and ".dbos_" not in name]
    assert not loaded_by(modules) & HEAVY


WATCHER = """
import importlib, json, os, sys, threading
seen = []
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT

def watch(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES:
        if str(arguments[0]) != os.devnull:
            seen.append(f"writes {arguments[0]}")
    elif event in ("os.mkdir", "os.remove", "os.rename", "os.putenv", "os.unsetenv", "os.chdir"):
        seen.append(f"{event} {arguments[0]}")
    elif event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.exec", "os.fork", "os.system"):
        seen.append(event)

for name in sys.argv[2:]:
    importlib.import_module(name)  # once unwatched: what third parties do at import is not ours
for name in [name for name in sys.modules if name.split(".")[0] == "makery"]:
    del sys.modules[name]
threads = threading.active_count()
sys.addaudithook(watch)
for name in sys.argv[2:]:
    importlib.import_module(name)
if threading.active_count() != threads:
    seen.append("starts a thread")
with open(int(sys.argv[1]), "w", closefd=True) as report:
    json.dump([what for what in seen if what != f"writes {sys.argv[1]}"], report)
"""


def test_importing_any_module_writes_starts_and_connects_nothing(tmp_path: Path) -> None:
    parts = sorted(
        path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py") and path.stem[0] != "_"
    )
    modules = [name for part in parts for name in modules_of(part)]
    read, write = os.pipe()
    result = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", WATCHER, str(write), *modules],
        cwd=tmp_path,
        pass_fds=[write],
        capture_output=True,
        text=True,
    )
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as report:
        seen = report.read()
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert json.loads(seen) == []
    assert list(tmp_path.iterdir()) == []
