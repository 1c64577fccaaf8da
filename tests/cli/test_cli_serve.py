"""`makery serve` in a process of its own: what it prints opens it, and Ctrl-C ends it cleanly."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from typer.testing import Result

COMMAND = [sys.executable, "-m", "makery.interfaces.cli.main", "serve", "--port", "0"]


@contextmanager
def serving(home: Path, **more: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The process, its address and its token."""
    environment = {**os.environ, "MAKERY_HOME": str(home), **more}
    process = subprocess.Popen(
        COMMAND, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home
    )
    try:
        assert process.stdout is not None
        printed = re.match(
            r"Makery serves at (http://127\.0\.0\.1:\d+)/\?token=(\S+)", process.stdout.readline()
        )
        assert printed is not None
        yield process, printed[1], printed[2]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_what_is_printed_opens_the_server_and_an_interrupt_ends_it(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url, token):
        with httpx2.Client(base_url=url, trust_env=False, timeout=30) as client:
            assert client.get("/health").json()["status"] == "ok"
            assert client.get("/api/v1/runs").status_code == 401
            key = {"Authorization": f"Bearer {token}"}
            assert client.get("/api/v1/runs", headers=key).json()["items"] == []
            assert client.get("/health", headers={"Host": "evil.example"}).status_code == 421
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()


def test_page_relay_and_api_are_served_by_one_process_and_open_with_one_token(tmp_path: Path) -> None:
    with (
        serving(tmp_path) as (_, url, token),
        httpx2.Client(base_url=url, trust_env=False, timeout=120) as client,
    ):
        assert client.get("/gui/en/").headers["location"] == "/gui/login"
        assert client.get("/relay/v1/models").status_code == 401
        client.headers["Authorization"] = f"Bearer {token}"
        assert "operator" in client.get("/api/v1/me").json()["scopes"]
        assert client.get("/relay/v1/models").json() == {"object": "list", "data": []}
        for page in ("/gui/en/", "/gui/zh/run", "/gui/files/gui.js"):
            assert client.get(page).status_code == 200, page
        assert client.get("/", params={"token": token}).headers["location"] == "/gui/"


def test_a_token_of_one_s_own_stays_the_same(tmp_path: Path) -> None:
    with serving(tmp_path, MAKERY_SERVER__TOKEN="my-own-token") as (_, _, token):
        assert token == "my-own-token"


def test_a_port_that_is_taken_is_told_with_what_to_do(makery: Callable[..., Result]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = makery("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "--port 0" in result.output
