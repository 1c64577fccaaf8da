"""Docker is asked for every lock, and its answers are understood (against a stand-in: no engine here)."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from makery.kernel.errors import SandboxUnavailable
from makery.kernel.ports import Command, CommandLimits, Mount
from makery.sandbox.docker import DockerSandbox
from makery.testing.sandbox_suite import SHORT, SandboxSuite, run_python


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A stand-in; its records are in `state` beside it."""
    folder = tmp_path / "docker"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("standin_docker.py"), folder / "standin.py")
    executable = folder / "docker"
    executable.write_text(f'#!/bin/sh\nexec {sys.executable} {folder}/standin.py "$@"\n', encoding="utf-8")
    executable.chmod(0o755)
    (folder / "state").mkdir()
    return executable


@pytest.fixture
def sandbox(docker: Path) -> DockerSandbox:
    return DockerSandbox(executable=str(docker))


def calls(docker: Path) -> list[list[str]]:
    lines = (docker.parent / "state" / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


class TestDocker(SandboxSuite):
    """The stand-in speaks docker's protocol; isolation itself needs an engine."""


async def test_every_lock_is_asked_for(docker: Path, sandbox: DockerSandbox, tmp_path: Path) -> None:
    mount = Mount(source=tmp_path, target="/opt/packages")
    limits = CommandLimits(seconds=3, memory_mib=200, processes=10, file_mib=2, workspace_mib=32)
    await sandbox.run(Command(argv=("true",), limits=limits, mounts=(mount,)))
    words = next(call for call in calls(docker) if call[0] == "run")
    line = " ".join(words)
    for lock in (
        "--network none",
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--user 65534:65534",
        "--memory 200m --memory-swap 200m",
        "--pids-limit 40",
        "--ulimit fsize=2097152",
        "--tmpfs /work:rw,exec,nosuid,nodev,size=32m,uid=65534,gid=65534,mode=0700",
        "--tmpfs /tmp:rw,exec,nosuid,nodev,size=32m,mode=1777",
        f"--mount=type=bind,source={tmp_path},target=/opt/packages,readonly",
    ):
        assert lock in line
    assert not {"--privileged", "--volume", "-v", "--pid=host"} & set(words)


async def test_network_is_given_only_on_demand(docker: Path, sandbox: DockerSandbox) -> None:
    await sandbox.run(Command(argv=("true",), network=True, limits=SHORT))
    words = next(call for call in calls(docker) if call[0] == "run")
    assert words[words.index("--network") + 1] == "bridge"


async def test_the_container_is_removed(docker: Path, sandbox: DockerSandbox) -> None:
    await run_python(sandbox, "pass")
    assert calls(docker)[-1][:2] == ["rm", "--force"]


async def test_memory_is_blamed_when_the_engine_blames_it(docker: Path, sandbox: DockerSandbox) -> None:
    (docker.parent / "state" / "oom").touch()
    result = await run_python(sandbox, "import os; os.kill(os.getpid(), 9)")
    assert (result.exit_status, result.exceeded) == (-9, "memory")


async def test_an_engine_that_is_down_is_said(docker: Path, sandbox: DockerSandbox) -> None:
    (docker.parent / "state" / "engine-down").touch()
    with pytest.raises(SandboxUnavailable, match="Cannot connect to the Docker daemon"):
        await run_python(sandbox, "pass")
    with pytest.raises(SandboxUnavailable, match="No Docker engine answers"):
        sandbox.probe()


def test_a_missing_image_comes_with_its_building_command(docker: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="docker build -t other"):
        DockerSandbox(executable=str(docker), image="other").probe()
