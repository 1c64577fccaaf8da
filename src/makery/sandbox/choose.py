"""Finds the sandbox that works on this machine, or says which command would give it one."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from makery.kernel.errors import SandboxUnavailable
from makery.kernel.ports import Sandbox
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.sandbox.docker import IMAGE, DockerSandbox
from makery.sandbox.local import UnsafeLocalSandbox
from makery.sandbox.mending import allowing_command, installing_command

Preference = Literal["auto", "bubblewrap", "docker"]


def choose(
    *,
    unsafe_local: bool,
    prefer: Preference = "auto",
    bubblewrap: str = "bwrap",
    docker: str = "docker",
    image: str = IMAGE,
    root: Path = Path("/"),
) -> Sandbox:
    """A sandbox that has just run a command: bubblewrap, else docker, else, only if allowed, none.

    Args:
        unsafe_local: the user accepts that generated code runs without isolation if nothing else works.
        prefer: the only one to try, or `auto` for the first that works.
        bubblewrap: path or name of its executable.
        docker: path or name of its executable.
        image: for docker.
        root: where the distribution is recognised; a test's folder.

    Raises:
        SandboxUnavailable: none works; the remedy is the command that mends it.
    """
    makers: dict[str, Callable[[], BubblewrapSandbox | DockerSandbox]] = {
        "bubblewrap": lambda: BubblewrapSandbox(executable=bubblewrap),
        "docker": lambda: DockerSandbox(executable=docker, image=image),
    }
    reasons = []
    for name, make in makers.items():
        if prefer in ("auto", name):
            try:
                sandbox = make()
                sandbox.probe()
            except SandboxUnavailable as error:
                reasons.append(error)
            else:
                return sandbox
    if unsafe_local:
        return UnsafeLocalSandbox()
    raise SandboxUnavailable(
        "Generated code cannot be executed safely here. " + " ".join(error.message for error in reasons),
        remedy=_remedy(reasons[0], root) if prefer != "docker" else reasons[0].remedy,
    )


def _remedy(reason: SandboxUnavailable, root: Path) -> str:
    command = installing_command(root) if "not installed" in reason.message else allowing_command(root)
    advice = (
        f"Run `{command}`." if command.startswith("sudo") else f"{command}." if command else reason.remedy
    )
    return f"{advice} Or accept the risk with --unsafe-local."
