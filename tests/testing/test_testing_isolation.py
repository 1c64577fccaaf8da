"""What tests/conftest.py promises for every test of this repository."""

import importlib
import importlib.metadata
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest


@pytest.mark.parametrize("host", ["93.184.216.34", "10.0.0.1", "2606:2800:220:1::1"])
def test_no_connection_leaves_this_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(AssertionError, match="only loopback"):
        client.connect((host, 80))
    with socket.socket(family) as client, pytest.raises(AssertionError, match="only loopback"):
        client.connect_ex((host, 80))


def test_no_name_is_looked_up() -> None:
    with pytest.raises(AssertionError, match=r"example\.org"):
        socket.create_connection(("example.org", 80))
    with pytest.raises(AssertionError, match="only loopback"), httpx.Client(trust_env=False) as client:
        client.get("http://example.org")


def test_loopback_can_be_used() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(("localhost", server.getsockname()[1])):
            pass


def test_child_processes_find_only_a_dead_proxy() -> None:
    program = "import httpx; httpx.get('http://example.org')"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "ConnectError" in child.stderr


def test_home_and_settings_are_empty_and_temporary(temporary_home: Path) -> None:
    assert Path.home() == temporary_home
    assert list(temporary_home.iterdir()) == []
    assert all(
        Path(os.environ[f"XDG_{name}_HOME"]).is_relative_to(temporary_home)
        for name in ("CONFIG", "DATA", "CACHE", "STATE")
    )
    assert not any(name.startswith("MAKERY_") or name.endswith("_API_KEY") for name in os.environ)


def test_the_embedded_engine_cannot_be_loaded_by_accident() -> None:
    engine = importlib.import_module("xllamacpp")
    with pytest.raises(AssertionError, match="real_model"):
        _ = engine.Server


def test_plug_ins_of_this_machine_are_hidden() -> None:
    ours = [entry for entry in importlib.metadata.entry_points() if entry.group.startswith("makery")]
    assert all(entry.dist is not None and entry.dist.name == "makery" for entry in ours)
    assert importlib.metadata.entry_points(group="console_scripts", name="makery")
