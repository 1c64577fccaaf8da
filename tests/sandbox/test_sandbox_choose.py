"""A sandbox is chosen because it worked, and if none does the user learns the one mending command."""

import shutil
from pathlib import Path

import pytest

from makery.kernel.errors import SandboxUnavailable
from makery.kernel.events import CommandRun, Event
from makery.kernel.ports import Command, CommandResult
from makery.sandbox.choose import choose
from makery.sandbox.recorded import RecordedSandbox
from makery.testing.fakes import FakeSandbox

MISSING = "no-such-program"


def machine(folder: Path, release: str, **switches: str) -> Path:
    (folder / "etc").mkdir()
    (folder / "etc" / "os-release").write_text(release, encoding="utf-8")
    for name, value in switches.items():
        path = folder / "proc" / "sys" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value + "\n", encoding="ascii")
    return folder


def failing(folder: Path) -> str:
    path = folder / "bwrap"
    path.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_bubblewrap_is_taken_when_it_works() -> None:
    assert choose(unsafe_local=True).name == "bubblewrap"


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ("ID=debian\n", "sudo apt-get install bubblewrap"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "sudo apt-get install bubblewrap"),
        ("ID=fedora\n", "sudo dnf install bubblewrap"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "sudo dnf install bubblewrap"),
        ("ID=arch\n", "sudo pacman -S bubblewrap"),
        ("ID=unheard-of\n", "Install the package `bubblewrap`"),
    ],
)
def test_a_missing_bubblewrap_comes_with_its_installing_command(
    tmp_path: Path, release: str, command: str
) -> None:
    with pytest.raises(SandboxUnavailable, match="not installed") as caught:
        choose(unsafe_local=False, bubblewrap=MISSING, docker=MISSING, root=machine(tmp_path, release))
    assert command in caught.value.remedy
    assert "--unsafe-local" in caught.value.remedy
    assert caught.value.exit_status == 5


@pytest.mark.parametrize(
    ("switches", "command"),
    [
        (
            {"kernel__apparmor_restrict_unprivileged_userns": "1"},
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ({"kernel__unprivileged_userns_clone": "0"}, "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
        ({"user__max_user_namespaces": "0"}, "sudo sysctl -w user.max_user_namespaces=15000"),
    ],
)
def test_forbidden_namespaces_come_with_the_switch_that_allows_them(
    tmp_path: Path, switches: dict[str, str], command: str
) -> None:
    root = machine(tmp_path, "ID=ubuntu\n", **switches)
    with pytest.raises(SandboxUnavailable, match="Permission denied") as caught:
        choose(unsafe_local=False, bubblewrap=failing(tmp_path), docker=MISSING, root=root)
    assert command in caught.value.remedy


def test_no_isolation_only_on_the_users_word(tmp_path: Path) -> None:
    root = machine(tmp_path, "ID=debian\n")
    sandbox = choose(unsafe_local=True, bubblewrap=MISSING, docker=MISSING, root=root)
    assert sandbox.name == "unsafe-local"


async def test_commands_are_told_to_the_ledger() -> None:
    events: list[Event] = []
    killed = CommandResult(exit_status=-9, stdout="", stderr="", seconds=1.5, exceeded="time")
    fake = FakeSandbox().when(lambda command: True, killed)
    sandbox = RecordedSandbox(fake, events.append)
    result = await sandbox.run(Command(argv=("a", "b"), purpose="checks"))
    assert result == killed
    assert events == [
        CommandRun(purpose="checks", argv=("a", "b"), exit_status=-9, seconds=1.5, reason="time")
    ]
    assert sandbox.name == fake.name
