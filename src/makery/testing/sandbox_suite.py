"""What every `Sandbox` must do: inherit the suites in a test class that has a `sandbox` fixture.

    class TestMySandbox(SandboxSuite, IsolationSuite):
        @pytest.fixture
        def sandbox(self) -> Sandbox:
            return MySandbox()

`SandboxSuite` holds for all, `IsolationSuite` only for those that really isolate.
"""
# Tests, with programs quoted in them.
# ruff: noqa: S101, E501

from pathlib import Path

from makery.kernel.errors import InputError
from makery.kernel.ports import Command, CommandLimits, CommandResult, Mount, Sandbox

PYTHON = "python3"
SHORT = CommandLimits(seconds=2.0, memory_mib=128, processes=12, file_mib=4, workspace_mib=8, output_kib=8)
"""Limits that a hostile program meets soon."""
PATIENT = CommandLimits(seconds=20.0, memory_mib=128, processes=12, file_mib=4, workspace_mib=8, output_kib=8)
"""The same with time enough for another limit to be the one that is met."""


async def run_python(
    sandbox: Sandbox,
    code: str,
    *,
    files: dict[str, str] | None = None,
    collect: tuple[str, ...] = (),
    stdin: str = "",
    limits: CommandLimits = SHORT,
    mounts: tuple[Mount, ...] = (),
    environment: tuple[tuple[str, str], ...] = (),
) -> CommandResult:
    """How a Python program ended in the sandbox."""
    return await sandbox.run(
        Command(
            argv=(PYTHON, "-c", code),
            files=tuple((files or {}).items()),
            collect=collect,
            stdin=stdin,
            limits=limits,
            mounts=mounts,
            environment=environment,
        )
    )


class SandboxSuite:
    """Files in, streams, exit status, limits, files out, nothing left."""

    async def test_output_and_exit_status_are_told(self, sandbox: Sandbox) -> None:
        code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"
        result = await run_python(sandbox, code)
        assert (result.exit_status, result.stdout, result.stderr) == (7, "out\n", "err\n")
        assert result.exceeded == ""

    async def test_standard_input_reaches_the_command_and_ends(self, sandbox: Sandbox) -> None:
        result = await run_python(sandbox, "import sys; print(len(sys.stdin.read()))", stdin="é" * 100_000)
        assert result.stdout == "100000\n"

    async def test_unread_input_does_not_hang(self, sandbox: Sandbox) -> None:
        result = await run_python(sandbox, "print('done')", stdin="x" * 1_000_000)
        assert result.stdout == "done\n"

    async def test_output_that_is_not_text_is_replaced(self, sandbox: Sandbox) -> None:
        result = await run_python(sandbox, "import sys; sys.stdout.buffer.write(b'a\\xffb')")
        assert result.stdout == "a\ufffdb"

    async def test_files_are_there_before_the_command_starts(self, sandbox: Sandbox) -> None:
        files = {"a.txt": "1", "b/c.txt": "二"}
        code = "print(open('a.txt').read(), open('b/c.txt', encoding='utf-8').read() == '二')"
        result = await run_python(sandbox, code, files=files)
        assert result.stdout == "1 True\n"

    async def test_files_come_back_by_path_by_glob_and_by_folder(self, sandbox: Sandbox) -> None:
        code = (
            "import os\n"
            "os.makedirs('out/deep')\n"
            "for p in ('a.xml', 'b.xml', 'c.txt', 'out/1', 'out/deep/2'): open(p, 'w').write(p)\n"
        )
        result = await run_python(sandbox, code, collect=("*.xml", "out", "missing.txt", "**/c.txt"))
        assert {path: data.decode() for path, data in result.collected} == {
            path: path for path in ("a.xml", "b.xml", "c.txt", "out/1", "out/deep/2")
        }

    async def test_collected_links_are_not_followed(self, sandbox: Sandbox) -> None:
        code = (
            "import os; os.symlink('/etc/passwd', 'report.xml'); os.symlink('/etc', 'etc'); os.mkfifo('pipe');"
            "os.symlink('/', 'root'); open('real', 'w').write('r')"
        )
        wanted = ("report.xml", "etc", "etc/passwd", "pipe", "real", "root/etc/passwd", "**/hosts")
        result = await run_python(sandbox, code, collect=wanted)
        assert dict(result.collected) == {"real": b"r"}

    async def test_paths_that_leave_the_workspace_are_refused(self, sandbox: Sandbox) -> None:
        for path in ("../x", "/etc/x", "a/../../x", "", "a\0b"):
            await _refused(sandbox, Command(argv=("true",), files=((path, ""),)))
            await _refused(sandbox, Command(argv=("true",), collect=(path,)))

    async def test_commands_do_not_see_each_others_files(self, sandbox: Sandbox) -> None:
        await run_python(sandbox, "open('left', 'w').write('x')")
        result = await run_python(sandbox, "import os; print(os.listdir('.'))")
        assert result.stdout == "[]\n"

    async def test_a_missing_program_is_an_exit_status(self, sandbox: Sandbox) -> None:
        result = await sandbox.run(Command(argv=("no-such-program",), limits=SHORT))
        assert result.exit_status == 127

    async def test_a_signal_is_a_negative_exit_status(self, sandbox: Sandbox) -> None:
        result = await run_python(sandbox, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
        assert result.exit_status == -11

    async def test_the_environment_is_ours_alone(self, sandbox: Sandbox) -> None:
        code = "import os; print(os.environ['GIVEN'], os.environ.get('TZ'), 'USERPROFILE' in os.environ)"
        result = await run_python(sandbox, code, environment=(("GIVEN", "yes"),))
        assert result.stdout == "yes UTC False\n"

    async def test_mounts_are_seen(self, sandbox: Sandbox, tmp_path: Path) -> None:
        (tmp_path / "library").mkdir()
        (tmp_path / "library" / "gift.py").write_text("print('gift')", encoding="utf-8")
        mount = Mount(source=tmp_path / "library", target="/opt/packages")
        result = await run_python(
            sandbox, "import gift", mounts=(mount,), environment=(("PYTHONPATH", "/opt/packages"),)
        )
        assert result.stdout == "gift\n", result.stderr

    async def test_time_ends_a_command_that_ignores_signals(self, sandbox: Sandbox) -> None:
        code = (
            "import signal, time\n"
            "for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)\n"
            "open('kept', 'w').write('x')\n"
            "print('started', flush=True)\n"
            "time.sleep(60)"
        )
        result = await run_python(sandbox, code, limits=SHORT.model_copy(update={"seconds": 0.8}))
        assert (result.exit_status, result.exceeded, result.stdout) == (-9, "time", "started\n")

    async def test_closing_its_streams_does_not_free_a_command_from_its_time(self, sandbox: Sandbox) -> None:
        code = "import os, time\nfor fd in (0, 1, 2): os.close(fd)\ntime.sleep(60)"
        result = await run_python(sandbox, code, limits=SHORT.model_copy(update={"seconds": 0.5}))
        assert result.exceeded == "time"

    async def test_a_flood_of_output_is_cut_and_told(self, sandbox: Sandbox) -> None:
        result = await run_python(sandbox, "print('start'); print('x' * 500_000); print('end')")
        assert result.exceeded == "output"
        assert result.stdout.startswith("start\n")
        assert result.stdout.endswith("end\n")
        assert len(result.stdout) < 10_000
        assert "bytes were cut here" in result.stdout

    async def test_an_endless_flood_ends(self, sandbox: Sandbox) -> None:
        code = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
        result = await run_python(sandbox, code, limits=PATIENT)
        assert (result.exit_status, result.exceeded) == (-9, "output")

    async def test_one_large_file_is_stopped(self, sandbox: Sandbox) -> None:
        code = "f = open('big', 'wb')\nwhile True: f.write(b'x' * 65536)"
        result = await run_python(sandbox, code, limits=PATIENT)
        assert result.exit_status != 0
        sparse = await run_python(sandbox, "open('sparse', 'wb').truncate(10 << 30)", limits=PATIENT)
        assert sparse.exit_status != 0

    async def test_an_absurd_allocation_fails_at_once(self, sandbox: Sandbox) -> None:
        result = await run_python(sandbox, "bytearray(1 << 40)")
        assert result.exit_status != 0
        assert "MemoryError" in result.stderr


class IsolationSuite:
    """What only a real box can promise. Its programs are hostile."""

    async def test_memory_is_bounded_over_all_processes(self, sandbox: Sandbox) -> None:
        code = (
            "import os, time\n"
            "for _ in range(4):\n"
            "    if os.fork() == 0: x = bytearray(os.urandom(1 << 20) * 60); time.sleep(60)\n"
            "time.sleep(60)"
        )
        result = await run_python(sandbox, code, limits=PATIENT)
        assert (result.exit_status, result.exceeded) == (-9, "memory")

    async def test_shared_memory_counts(self, sandbox: Sandbox) -> None:
        code = (
            "import mmap, time\n"
            "m = mmap.mmap(-1, 1 << 30)\n"
            "for i in range(0, 1 << 30, 4096): m[i] = 1\n"
            "time.sleep(60)"
        )
        result = await run_python(sandbox, code, limits=PATIENT)
        assert (result.exit_status, result.exceeded) == (-9, "memory")

    async def test_a_fork_bomb_ends(self, sandbox: Sandbox) -> None:
        result = await run_python(sandbox, "import os\nwhile True: os.fork()", limits=PATIENT)
        assert (result.exit_status, result.exceeded) == (-9, "processes")

    async def test_many_files_together_are_bounded(self, sandbox: Sandbox) -> None:
        code = (
            "import itertools\n"
            "for i in itertools.count():\n"
            "    for place in ('/work', '/tmp', '/dev/shm'): open(f'{place}/{i}', 'wb').write(b'x' * (1 << 20))"
        )
        result = await run_python(sandbox, code, limits=PATIENT)
        assert result.exit_status != 0
        assert result.exceeded == "disk"

    async def test_the_network_is_out_of_reach(self, sandbox: Sandbox) -> None:
        import socket

        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            code = (
                "import socket\n"
                f"for place in (('127.0.0.1', {port}), ('192.0.2.1', 80), ('localhost', {port})):\n"
                "    try: socket.create_connection(place, timeout=1); print('REACHED', place)\n"
                "    except OSError: pass\n"
                "try: socket.getaddrinfo('example.org', 80); print('RESOLVED')\n"
                "except OSError: pass\n"
                "print([name for _, name in socket.if_nameindex()])\n"
            )
            result = await run_python(sandbox, code, limits=PATIENT)
        assert result.stdout == "['lo']\n", result.stderr

    async def test_a_server_on_its_own_loopback_works(self, sandbox: Sandbox) -> None:
        code = (
            "import socket\n"
            "s = socket.create_server(('127.0.0.1', 0))\n"
            "c = socket.create_connection(s.getsockname()); c.sendall(b'hi'); print(s.accept()[0].recv(2))"
        )
        assert (await run_python(sandbox, code)).stdout == "b'hi'\n"

    async def test_home_secrets_and_other_processes_are_not_seen(
        self, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("key", encoding="utf-8")
        home = Path.home()
        code = (
            "import os, pathlib\n"
            f"for p in ({str(secret)!r}, {str(home)!r}, '/etc/shadow', '/root/.ssh', '/sys', '/run', '/var/log'):\n"
            "    try:\n"
            "        p = pathlib.Path(p); p.read_text() if p.is_file() else list(p.iterdir()); print('SEEN', p)\n"
            "    except OSError: pass\n"
            "mine = {os.getpid(), os.getppid(), 1}\n"
            "print([p for p in os.listdir('/proc') if p.isdigit() and int(p) not in mine])\n"
            "print(sorted(n for n in os.environ if 'KEY' in n or 'MAKERY' in n or 'PROXY' in n))\n"
        )
        result = await run_python(sandbox, code)
        assert result.stdout == "[]\n[]\n", result.stdout + result.stderr

    async def test_nothing_but_workspace_and_temporary_folder_is_writable(self, sandbox: Sandbox) -> None:
        code = (
            "import os\n"
            "for p in ('/', '/usr', '/usr/bin', '/etc', '/opt', '/dev', '/proc/sys/kernel', '/home', '/var'):\n"
            "    try: open(p + '/intruder', 'w'); print('WROTE', p)\n"
            "    except OSError: pass\n"
            "for p in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/sys/vm/overcommit_memory'):\n"
            "    try: os.close(os.open(p, os.O_WRONLY)); print('OPENED', p)\n"
            "    except OSError: pass\n"
            "open('ok', 'w'); open('/tmp/ok', 'w')\n"
        )
        result = await run_python(sandbox, code)
        assert (result.exit_status, result.stdout) == (0, ""), result.stderr

    async def test_read_only_mounts_stay_as_they_are(self, sandbox: Sandbox, tmp_path: Path) -> None:
        kept = tmp_path / "kept.txt"
        kept.write_text("old", encoding="utf-8")
        mount = Mount(source=tmp_path, target="/opt/packages")
        result = await run_python(sandbox, "open('/opt/packages/kept.txt', 'w')", mounts=(mount,))
        assert result.exit_status == 1
        assert kept.read_text(encoding="utf-8") == "old"

    async def test_privileges_cannot_be_gained(self, sandbox: Sandbox) -> None:
        code = (
            "import ctypes, os\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "assert os.getuid() != 0\n"
            "for name, call in (\n"
            "    ('setuid', lambda: os.setuid(0)),\n"
            "    ('chown', lambda: os.chown('.', 0, 0)),\n"
            "    ('chroot', lambda: os.chroot('/work')),\n"
            "):\n"
            "    try: call(); print('DID', name)\n"
            "    except OSError: pass\n"
            "for name, flags in (('user', 0x10000000), ('mount', 0x00020000), ('user+net', 0x50000000)):\n"
            "    if libc.unshare(flags) == 0: print('UNSHARED', name)\n"
            "if libc.mount(b'none', b'/work', b'tmpfs', 0, None) == 0: print('MOUNTED')\n"
            "status = open('/proc/self/status').read()\n"
            "print([l.split()[1] for l in status.splitlines() if l.startswith(('CapEff', 'CapPrm', 'NoNewPrivs'))])\n"
        )
        result = await run_python(sandbox, code)
        assert result.stdout == "['0000000000000000', '0000000000000000', '1']\n", result.stderr

    async def test_killing_everything_in_sight_harms_only_itself(self, sandbox: Sandbox) -> None:
        result = await run_python(
            sandbox, "import os; os.kill(os.getppid(), 9); os.kill(1, 9); os.kill(-1, 9)"
        )
        assert result.exit_status in (0, 1, -9)

    async def test_a_deleted_workspace_is_survived(self, sandbox: Sandbox) -> None:
        code = "import shutil; shutil.rmtree('/work', ignore_errors=True); shutil.rmtree('/tmp', ignore_errors=True)"
        result = await run_python(sandbox, code, files={"a": "b"}, collect=("*",))
        assert (result.exit_status, result.collected) == (0, ())

    async def test_a_hundred_thousand_files_and_deep_folders_are_survived(self, sandbox: Sandbox) -> None:
        code = (
            "import os\n"
            "for i in range(100_000): os.close(os.open(f'{i}', os.O_CREAT))\n"
            "for _ in range(300): os.mkdir('d'); os.chdir('d')\n"
            "open('deepest', 'w').write('x')\n"
        )
        result = await run_python(sandbox, code, collect=("**/deepest", "7"), limits=PATIENT)
        assert dict(result.collected) == {"7": b""}

    async def test_unreadable_files_are_collected_all_the_same(self, sandbox: Sandbox) -> None:
        code = (
            "import os; os.mkdir('d'); open('d/f', 'w').write('x'); os.chmod('d/f', 0); os.chmod('d', 0);"
            "open('s', 'w'); os.chmod('s', 0o6777)"
        )
        result = await run_python(sandbox, code, collect=("d/f",))
        assert dict(result.collected) == {"d/f": b"x"}


async def _refused(sandbox: Sandbox, command: Command) -> None:
    try:
        await sandbox.run(command)
    except InputError:
        return
    raise AssertionError(f"{command!r} was not refused.")
