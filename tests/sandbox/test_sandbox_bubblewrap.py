"""Bubblewrap keeps every promise of the port, whatever runs in it."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from makery.kernel.errors import InputError, SandboxUnavailable
from makery.kernel.ports import Command, CommandLimits, CommandResult, Mount
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.testing.sandbox_suite import PATIENT, SHORT, IsolationSuite, SandboxSuite, run_python

needs_bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
BOX = BubblewrapSandbox()
LONG = CommandLimits(seconds=60)


def processes_with(mark: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def our_children() -> set[int]:
    lists = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(child) for each in lists for child in each.read_text(encoding="ascii").split()}


def open_handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def sleeps_the_first(times: int, folder: Path) -> Command:
    """A command that is never done the first times, and leaves a mark in the folder each time."""
    (folder / "out").mkdir()
    (folder / "out").chmod(0o777)
    count = f"n=$(ls | wc -l); touch mark$n; [ $n -ge {times} ] || sleep 60; echo done"
    mount = Mount(source=folder / "out", target="/opt/out", writable=True)
    argv = ("sh", "-c", f"cd /opt/out; {count}", f"struck-{folder.name}")
    return Command(argv=argv, mounts=(mount,), limits=LONG)


async def kill_the_box(task: "asyncio.Task[CommandResult]", folder: Path, *, nth: int) -> None:
    """Kill bubblewrap's own process when the command is at work for the nth time."""
    while len(list((folder / "out").iterdir())) < nth:
        await asyncio.wait([task], timeout=0.01)
    os.kill(min(our_children() & set(processes_with(f"struck-{folder.name}"))), signal.SIGKILL)


@pytest.mark.sandboxed
@needs_bubblewrap
class TestBubblewrap(SandboxSuite, IsolationSuite):
    @pytest.fixture
    def sandbox(self) -> BubblewrapSandbox:
        return BOX

    async def test_nothing_survives_its_command(self, sandbox, tmp_path: Path) -> None:
        mark = f"survivor-{os.getpid()}-{tmp_path.name}"
        code = (
            "import os, sys, time\n"
            "for _ in range(2):\n"
            "    if os.fork(): break\n"
            "    os.setsid()\n"
            "else:\n"
            f"    os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)', {mark!r}])\n"
            "print('parent leaves')\n"
        )
        before = open_handles()
        result = await run_python(sandbox, code)
        assert result.exit_status == 0
        assert processes_with(mark) == []
        assert open_handles() <= before

    async def test_no_temporary_folder_is_left_or_even_made(self, sandbox, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        await run_python(sandbox, "open('x', 'w').write('x')", collect=("x",))
        assert list(tmp_path.iterdir()) == []

    async def test_memory_behind_handles_cannot_be_had(self, sandbox) -> None:
        code = (
            "import os, socket\n"
            "try: os.memfd_create('x'); print('MEMFD')\n"
            "except OSError: pass\n"
            "try: socket.socket(40, socket.SOCK_STREAM); print('VSOCK')\n"
            "except OSError: pass\n"
            "try: socket.socket(38, socket.SOCK_SEQPACKET); print('ALG')\n"
            "except OSError: pass\n"
        )
        assert (await run_python(sandbox, code)).stdout == ""

    async def test_cancelling_ends_the_command(self, sandbox, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out").chmod(0o777)
        mark = f"cancelled-{os.getpid()}-{tmp_path.name}"
        command = Command(
            argv=("sh", "-c", "echo started > /opt/out/started; sleep 60; true", mark),
            mounts=(Mount(source=tmp_path / "out", target="/opt/out", writable=True),),
            limits=LONG,
        )
        task = asyncio.create_task(sandbox.run(command))
        while not (tmp_path / "out" / "started").exists():
            await asyncio.wait([task], timeout=0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert processes_with(mark) == []

    async def test_a_command_killed_from_outside_is_run_once_more(self, sandbox, tmp_path: Path) -> None:
        task = asyncio.create_task(sandbox.run(sleeps_the_first(1, tmp_path)))
        await kill_the_box(task, tmp_path, nth=1)
        assert (await task).stdout == "done\n"

    async def test_killed_from_outside_twice_is_an_error_and_no_result(self, sandbox, tmp_path: Path) -> None:
        task = asyncio.create_task(sandbox.run(sleeps_the_first(2, tmp_path)))
        await kill_the_box(task, tmp_path, nth=1)
        await kill_the_box(task, tmp_path, nth=2)
        with pytest.raises(SandboxUnavailable, match="killed from outside"):
            await task

    async def test_a_command_that_kills_itself_has_that_as_its_result(self, sandbox) -> None:
        result = await run_python(sandbox, "import os; print('bye', flush=True); os.kill(os.getpid(), 9)")
        assert (result.exit_status, result.stdout, result.exceeded) == (-9, "bye\n", "")

    async def test_more_commands_than_slots_all_end(self) -> None:
        sandbox = BubblewrapSandbox(parallel=2)
        results = await asyncio.gather(*(run_python(sandbox, f"print({i})", limits=LONG) for i in range(6)))
        assert [r.stdout for r in results] == [f"{i}\n" for i in range(6)]

    async def test_files_that_do_not_fit_are_told(self, sandbox) -> None:
        result = await run_python(sandbox, "", files={"big": "x" * (9 << 20)})
        assert result.exceeded == "disk"

    async def test_private_folders_of_root_can_be_mounted(self, sandbox, tmp_path: Path) -> None:
        folder = tmp_path / "private"
        folder.mkdir(mode=0o700)
        (folder / "note").write_text("x", encoding="utf-8")
        (folder / "note").chmod(0o600)
        mount = Mount(source=folder, target="/opt/private", writable=True)
        code = "open('/opt/private/new', 'w').write(open('/opt/private/note').read())"
        result = await run_python(sandbox, code, mounts=(mount,))
        assert result.exit_status == 0, result.stderr
        assert (folder / "new").read_text(encoding="utf-8") == "x"

    async def test_root_behind_a_private_mount_still_cannot_change_the_kernel(
        self, sandbox, tmp_path: Path
    ) -> None:
        folder = tmp_path / "private"
        folder.mkdir(mode=0o700)
        code = (
            "import os\n"
            "for above, _, names in os.walk('/proc/sys'):\n"
            "    for name in names:\n"
            "        try: os.close(os.open(os.path.join(above, name), os.O_WRONLY)); print(above, name)\n"
            "        except OSError: pass\n"
        )
        mount = Mount(source=folder, target="/opt/private")
        result = await run_python(sandbox, code, mounts=(mount,), limits=PATIENT)
        assert (result.exit_status, result.stdout) == (0, ""), result.stderr

    async def test_variables_do_not_reach_the_launching_programs(self, sandbox) -> None:
        command = Command(
            argv=("/bin/echo", "fine"), environment=(("PATH", "/nowhere"), ("IFS", "x")), limits=SHORT
        )
        assert (await sandbox.run(command)).stdout == "fine\n"

    @pytest.mark.parametrize("tool", ["pytest", "ruff", "playwright"])
    async def test_our_tools_work_inside(self, sandbox, tool: str) -> None:
        limits = CommandLimits(seconds=30)
        result = await sandbox.run(Command(argv=(tool, "--version"), limits=limits))
        assert result.exit_status == 0, result.stderr
        module = await sandbox.run(Command(argv=("python3", "-m", tool, "--version"), limits=limits))
        assert module.exit_status == 0, module.stderr

    async def test_commands_run_at_lower_priority(self, sandbox) -> None:
        result = await run_python(sandbox, "import os; print(os.nice(0))")
        assert int(result.stdout) >= min(19, os.nice(0) + 10)

    async def test_bad_mounts_are_refused(self, sandbox, tmp_path: Path) -> None:
        for mount in (
            Mount(source=tmp_path / "missing", target="/opt/x"),
            Mount(source=tmp_path, target="relative"),
            Mount(source=tmp_path, target="/opt/../etc"),
            Mount(source=tmp_path, target="/"),
        ):
            with pytest.raises(InputError):
                await sandbox.run(Command(argv=("true",), mounts=(mount,)))


@pytest.mark.sandboxed
@needs_bubblewrap
def test_a_killed_makery_takes_its_commands_with_it(tmp_path: Path) -> None:
    mark = f"orphan-{os.getpid()}-{tmp_path.name}"
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    script = (
        "import asyncio, pathlib\n"
        "from makery.kernel.ports import Command, Mount\n"
        "from makery.sandbox.bubblewrap import BubblewrapSandbox\n"
        f"mount = Mount(source=pathlib.Path({str(tmp_path / 'out')!r}), target='/opt/out', writable=True)\n"
        f"argv = ('sh', '-c', 'echo x > /opt/out/started; sleep 50; true', {mark!r})\n"
        "asyncio.run(BubblewrapSandbox().run(Command(argv=argv, mounts=(mount,))))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    while not (tmp_path / "out" / "started").exists():
        assert process.poll() is None
    process.kill()
    process.wait()
    while [p for p in processes_with(mark) if p != str(process.pid)]:  # the kernel ends them by itself
        continue


async def test_missing_bubblewrap_is_said_before_anything_runs() -> None:
    with pytest.raises(SandboxUnavailable, match="not installed"):
        await BubblewrapSandbox(executable="no-such-bwrap").run(Command(argv=("true",)))


async def test_a_bubblewrap_that_fails_says_why(tmp_path: Path) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text(
        "#!/bin/sh\necho 'No permissions to create new namespace' >&2; exit 1\n", encoding="utf-8"
    )
    fake.chmod(0o755)
    with pytest.raises(SandboxUnavailable, match="No permissions to create new namespace"):
        await BubblewrapSandbox(executable=str(fake)).run(Command(argv=("true",)))


async def test_a_sandbox_killed_while_it_is_set_up_leaves_nobody_to_be_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its inner process waits for the outer one, and holds the pipes."""
    monkeypatch.setattr("makery.sandbox.bubblewrap._START", 1.0)
    fake = tmp_path / "bwrap"
    dies = f"sleep 100000 &\necho $! >> {tmp_path}/left\nkill -9 $$\n"
    fake.write_text(f'#!/bin/sh\n[ "$1" = --info-fd ] || exit 0\n{dies}', encoding="utf-8")
    fake.chmod(0o755)
    with pytest.raises(SandboxUnavailable, match="being set up"):
        await BubblewrapSandbox(executable=str(fake)).run(Command(argv=("true",)))
    left = [int(line) for line in (tmp_path / "left").read_text(encoding="ascii").split()]
    assert left
    assert not any(_lives(pid) for pid in left)


def _lives(pid: int) -> bool:
    """Whether it is there, and not only waiting for its parent to take note of its end."""
    status = Path(f"/proc/{pid}/stat")
    return status.is_file() and status.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
