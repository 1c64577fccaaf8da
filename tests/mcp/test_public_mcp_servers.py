"""A role uses three public MCP servers as the package registries have them.

They are fetched by uvx and npx once, and then run without the network. Where one cannot be had the test is
skipped and says why. What was tried, and what came out, is in docs/societies/tools.md.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))
sys.path.insert(0, str(Path(__file__).parents[1] / "society"))

from app_standins import StandIns, settings_in
from society_world import wants

from makery.app.factory import Factory

OWN = dict(os.environ)
"""As it was before the test suite gave every test an empty home: registries and caches are set up there."""
PATIENCE = 300
"""Seconds for a server to be fetched."""
TIME, GIT = "mcp-server-time==2026.10.19", "mcp-server-git==2026.10.19"
FILES = "@modelcontextprotocol/server-filesystem@2026.8.31"
UVX = shutil.which("uvx") or str(Path(__file__).parents[2] / ".tools" / "uv" / "bin" / "uvx")
"""The machine's, or the one that the set-up installed beside the environment."""
FETCHING = ([UVX, TIME, "--help"], [UVX, GIT, "--help"], ["npx", "-y", FILES, str(Path(__file__).parent)])


def fetched(words: list[str]) -> str:
    """Why a server cannot be had; '' if it is here. It ends at once: its standard input is empty."""
    if shutil.which(words[0]) is None:
        return f"{words[0]} is not installed"
    try:
        done = subprocess.run(
            words,
            env=OWN,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{' '.join(words)} did not end within {PATIENCE} seconds"
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
    return "" if done.returncode == 0 else f"{' '.join(words)} failed: {' '.join(said)}"


def missing(words: list[str]) -> str:
    """Why a server cannot be had; '' if it was here or is now."""
    return fetched([words[0], "--offline", *words[1:]]) and fetched(words)


@pytest.fixture(scope="session")
def servers_are_here() -> None:
    """Have uvx and npx fetch those servers that are not here yet, or skip with the reason."""
    with ThreadPoolExecutor() as pool:
        for reason in pool.map(missing, FETCHING):
            if reason:
                pytest.skip(f"no public MCP server: {reason}")


@pytest.fixture
def team_file(tmp_path: Path, servers_are_here: None) -> Path:
    """A team whose only role has the tools of all three; the one that writes files is denied."""
    git = ["-C", str(tmp_path / "repository")]
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", str(tmp_path / "repository")], check=True)
    subprocess.run(["git", *git, *identity, "commit", "-q", "--allow-empty", "-m", "A beginning"], check=True)
    (tmp_path / "notes.txt").write_text("Tea at four.\n", encoding="utf-8")
    homes = {name: OWN[name] for name in OWN if name == "HOME" or name.startswith(("UV_", "XDG_", "npm_"))}
    mcp = {
        "time": [UVX, "--offline", TIME, "--local-timezone", "UTC"],
        "git": [UVX, "--offline", GIT, "--repository", str(tmp_path / "repository")],
        "files": ["npx", "--offline", "-y", FILES, str(tmp_path)],
    }
    listed = [
        {"name": name, "command": command, "environment": homes, "trusted": True}
        for name, command in mcp.items()
    ]
    team = {
        "name": "clerk",
        "protocol": "react",
        "roles": {"clerk": {"goal": "You help.", "tools": [f"{name}_*" for name in mcp]}},
        "tools": {"mcp": listed},
        "permissions": [{"tool": "files_write_file", "decision": "deny"}],
    }
    path = tmp_path / "clerk.json"
    path.write_text(json.dumps(team), encoding="utf-8")
    return path


def asked_for(folder: Path) -> Iterator[tuple[str, dict[str, object]]]:
    zones = {"source_timezone": "Asia/Tokyo", "target_timezone": "Asia/Kolkata", "time": "12:00"}
    yield "time_convert_time", zones
    yield "git_git_log", {"repo_path": str(folder / "repository"), "max_count": 1}
    yield "files_read_text_file", {"path": str(folder / "notes.txt")}


async def test_a_role_uses_three_public_servers_in_one_answer(tmp_path: Path, team_file: Path) -> None:
    from makery.app.societies import team_order

    denied = ("files_write_file", {"path": str(tmp_path / "x.txt"), "content": "x"})
    answers = {"speak": [wants(*asked_for(tmp_path), denied), "Tea at four."]}
    settings = settings_in(tmp_path)
    parts = StandIns(settings, answers)
    factory = Factory(settings, parts=parts)
    run = await (await factory.start(team_order(team_file, "When is tea?", out=tmp_path / "out"))).wait()
    run.raise_for_error()
    assert run.answer == "Tea at four."
    parts.model.assert_finished()

    lines = (tmp_path / "out" / ".makery" / "dialogue.jsonl").read_text(encoding="utf-8").splitlines()
    (used,) = (json.loads(line)["results"] for line in lines if '"results"' in line)
    assert [outcome["failed"] for outcome in used] == [False, False, False, True], used
    time, git, notes, _ = (outcome["text"] for outcome in used)
    assert "T08:30:00+05:30" in time and "A beginning" in git and "Tea at four." in notes
    assert not (tmp_path / "x.txt").exists()
    offered = {tool.name for call in parts.model.calls for tool in call.tools}
    assert {name.partition("_")[0] for name in offered} <= {"time", "git", "files"}
    assert "files_write_file" not in offered
