"""An unmodified MCP client builds software with Makery and looks at it."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from mcp import Client

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))
sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))

from app_standins import REQUIREMENT, StandIns, settings_in

from makery.app.factory import Factory
from makery.interfaces.mcp.server import mcp_server

DOUBLING = """Write a Python module `double.py` with a function `double(x)`.

```
>>> from double import double
>>> double(4)
8
```
"""
DOUBLE = "double.py\n```python\ndef double(x):\n    return 2 * x\n```\n"


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@asynccontextmanager
async def client(tmp_path: Path, **standins: object) -> AsyncIterator[Client]:
    settings = settings_in(tmp_path)
    factory = Factory(settings, parts=StandIns(settings, **standins))  # type: ignore[arg-type]
    async with Client(mcp_server(factory, tmp_path)) as connected:
        yield connected


def text(result) -> str:
    return "".join(block.text for block in result.content)


async def test_the_tools_say_what_they_do_and_take(tmp_path):
    async with client(tmp_path) as makery:
        tools = {tool.name: tool for tool in (await makery.list_tools()).tools}
    people = {"waiting", "answer", "say"}
    assert set(tools) == {"build", "change", "team", "status", "files", "cancel", "resume"} | people
    assert "Make a program from a requirement" in tools["build"].description
    assert tools["build"].input_schema["required"] == ["requirement"]


async def test_a_client_builds_and_reads_the_program(tmp_path):
    async with client(tmp_path) as makery:
        built = (
            await makery.call_tool(
                "build", {"requirement": REQUIREMENT, "folder": "hello", "wait_seconds": 600}
            )
        ).structured_content
        assert (built["state"], built["verdict"]) == ("ended", "verified")
        assert built["folder"] == str(tmp_path / "hello")
        status = (await makery.call_tool("status", {"run_id": built["run_id"]})).structured_content
        assert status["verdict"] == "verified"
        listed = text(await makery.call_tool("files", {"run_id": built["run_id"]}))
        assert "main.py" in listed.splitlines()
        program = text(await makery.call_tool("files", {"run_id": built["run_id"], "path": "main.py"}))
        assert program == "print('hello')\n"


async def test_a_client_that_does_not_wait_asks_again(tmp_path):
    import asyncio

    go = asyncio.Event()

    async def delay(_call):
        await go.wait()

    async with client(tmp_path, delay=delay) as makery:
        begun = await makery.call_tool("build", {"requirement": REQUIREMENT, "wait_seconds": 0})
        state = begun.structured_content
        assert state["state"] == "running"
        go.set()
        ended = await makery.call_tool("status", {"run_id": state["run_id"], "wait_seconds": 600})
        assert ended.structured_content["state"] == "ended"


async def test_a_run_is_cancelled_and_kept(tmp_path):
    import asyncio

    async def delay(_call):
        await asyncio.Event().wait()

    async with client(tmp_path, delay=delay) as makery:
        begun = await makery.call_tool("build", {"requirement": REQUIREMENT, "wait_seconds": 0})
        run = begun.structured_content["run_id"]
        cancelled = (await makery.call_tool("cancel", {"run_id": run})).structured_content
    assert cancelled["state"] == "paused"


async def test_errors_say_what_is_wrong_and_what_to_do(tmp_path):
    async with client(tmp_path) as makery:
        for name, arguments, said in (
            ("build", {"requirement": " "}, "requirement is empty"),
            ("build", {"requirement": "x", "folder": "../out"}, "not below the server's root"),
            ("change", {"requirement": "x", "repo": "/etc"}, "not below the server's root"),
            ("status", {"run_id": "nonsense"}, "nonsense"),
            ("team", {"team": "../evil.yaml", "task": "x"}, "Only built-in teams"),
        ):
            result = await makery.call_tool(name, arguments)
            assert result.is_error and said in text(result), (name, text(result))


async def test_a_client_has_a_team_work(tmp_path):
    opinion = '{"reasoning": "r", "answer": "4"}'
    async with client(tmp_path, answers={"answer_problem": [opinion] * 3}) as makery:
        result = await makery.call_tool("team", {"team": "debate", "task": "2 + 2?", "wait_seconds": 600})
    assert result.structured_content["answer"] == "4", result.structured_content


async def test_a_client_has_a_repository_changed_on_a_branch_of_its_own(tmp_path):
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "main.py").write_text("print('bye')\n", encoding="utf-8")
    (repo / "other.py").write_text("x = 1\n", encoding="utf-8")
    async with client(tmp_path) as makery:
        order = {"requirement": REQUIREMENT, "repo": "repo", "wait_seconds": 600}
        result = await makery.call_tool("change", order)
        assert not result.is_error, text(result)
        changed = result.structured_content
        asked = {"run_id": changed["run_id"], "path": "main.py"}
        program = text(await makery.call_tool("files", asked))
    assert (changed["state"], changed["folder"]) == ("ended", str(repo))
    assert program == "print('hello')\n" == (repo / "main.py").read_text(encoding="utf-8")
    assert (repo / "other.py").read_text(encoding="utf-8") == "x = 1\n"
    assert f"makery/{changed['run_id']}" in branches(repo)


def branches(repo: Path) -> list[str]:
    words = ["git", "-C", str(repo), "branch", "--format=%(refname:short)"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


@contextmanager
def listening(tmp_path: Path) -> Iterator[str]:
    """The address of `makery mcp --http`, once it says that it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "makery.interfaces.cli.main", "mcp", "--http", "--port", str(port)]
    environment = {**os.environ, "MAKERY_HOME": str(tmp_path / "home")}
    with subprocess.Popen(words, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            said = next((line for line in server.stderr if "running on" in line), "")
            assert f"http://127.0.0.1:{port}" in said, "it ended before it listened"
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.terminate()


async def test_over_http_an_unmodified_client_finds_the_tools_and_is_told_errors(tmp_path):
    with listening(tmp_path) as address:
        async with Client(address) as makery:
            tools = [tool.name for tool in (await makery.list_tools()).tools]
            refused = await makery.call_tool("status", {"run_id": "none"})
    assert {"build", "change", "status", "files"} <= set(tools)
    assert refused.is_error and "none" in text(refused)


async def test_over_stdio_nothing_but_the_protocol_is_on_standard_output(tmp_path):
    from mcp import StdioServerParameters

    server = StdioServerParameters(
        command=sys.executable, args=["-m", "makery.interfaces.cli.main", "mcp"], cwd=tmp_path
    )
    async with Client(server) as makery:
        assert "build" in [tool.name for tool in (await makery.list_tools()).tools]
        refused = await makery.call_tool("status", {"run_id": "none"})
    assert refused.is_error


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
async def test_over_stdio_an_unmodified_client_has_a_program_built_and_tested(tmp_path):
    from openai_standin import serving

    from mcp import StdioServerParameters

    with serving(lambda _: DOUBLE) as provider:
        environment = {
            "MAKERY_HOME": str(tmp_path / "home"),
            "MAKERY_MODEL": provider.model,
            "MAKERY_ALLOW_UNKNOWN_PRICE": "true",
        }
        words = ["-m", "makery.interfaces.cli.main", "mcp", "--root", str(tmp_path)]
        server = StdioServerParameters(command=sys.executable, args=words, env=environment, cwd=tmp_path)
        async with Client(server) as makery:
            order = {"requirement": DOUBLING, "folder": "double", "mode": "direct", "wait_seconds": 600}
            built = (await makery.call_tool("build", order)).structured_content
            asked = {"run_id": built["run_id"], "path": "double.py"}
            program = text(await makery.call_tool("files", asked))
    assert (built["state"], built["verdict"]) in (("ended", "verified"), ("ended", "partly verified")), built
    assert program == (tmp_path / "double" / "double.py").read_text(encoding="utf-8")
    assert "return 2 * x" in program and len(provider.prompts) == built["calls"]


def test_mcp_is_loaded_only_by_its_command():
    names = "('mcp', 'uvicorn', 'yaml')"
    code = f"import makery.interfaces.cli.main, sys; print([m for m in {names} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
