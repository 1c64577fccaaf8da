"""Without a box there are still limits, a clean environment and an end."""

import os
from pathlib import Path

import pytest

from makery.kernel.ports import CommandLimits, Mount
from makery.sandbox.local import UnsafeLocalSandbox
from makery.testing.sandbox_suite import PATIENT, SandboxSuite, run_python


@pytest.fixture
def sandbox() -> UnsafeLocalSandbox:
    return UnsafeLocalSandbox()


class TestUnsafeLocal(SandboxSuite):
    """The port's common promises; isolation is not among them."""


def test_its_name_says_what_it_is(sandbox: UnsafeLocalSandbox) -> None:
    assert sandbox.name == "unsafe-local"


async def test_children_that_left_the_process_group_are_ended(sandbox, tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        f"path = {str(tmp_path / 'pid')!r}\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    open(path, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "while not os.path.exists(path) or not open(path).read(): pass\n"
    )
    await run_python(sandbox, code, limits=PATIENT)
    process = (tmp_path / "pid").read_text(encoding="utf-8")
    status = Path("/proc") / process / "stat"
    assert not status.exists() or ") Z " in status.read_text(encoding="utf-8")


async def test_its_folder_is_removed(sandbox, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = "import os; os.mkdir('d'); open('d/f', 'w'); os.chmod('d', 0)"
    await run_python(sandbox, code)
    assert next(tmp_path.glob("*"), None) is None  # noqa: ASYNC240


@pytest.mark.parametrize(
    ("code", "exceeded"),
    [
        (
            "import os, time\nfor _ in range(30):\n    if os.fork() == 0: time.sleep(60)\ntime.sleep(60)",
            "processes",
        ),
        ("import os, time\nx = os.urandom(1 << 20) * 200\ntime.sleep(60)", "memory"),
        (
            "import time\nfor i in range(12): open(str(i), 'wb').write(b'x' * (1 << 20))\ntime.sleep(60)",
            "disk",
        ),
    ],
)
async def test_what_grows_too_much_is_ended(sandbox, code: str, exceeded: str) -> None:
    result = await run_python(sandbox, code, limits=PATIENT)
    assert (result.exit_status, result.exceeded) == (-9, exceeded)


async def test_our_environment_is_not_inherited(sandbox, monkeypatch) -> None:
    monkeypatch.setitem(os.environ, "SOME_SECRET_THING", "1")
    result = await run_python(sandbox, "import os; print('SOME_SECRET_THING' in os.environ)")
    assert result.stdout == "False\n"


async def test_paths_of_the_box_become_real_paths(sandbox, tmp_path: Path) -> None:
    (tmp_path / "gift.txt").write_text("gift", encoding="utf-8")
    mount = Mount(source=tmp_path, target="/data/in")
    result = await run_python(
        sandbox, "print(open('/data/in/gift.txt').read())", mounts=(mount,), limits=CommandLimits()
    )
    assert result.stdout == "gift\n"
