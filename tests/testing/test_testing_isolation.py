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


def plugin(folder: Path, name: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[makery.skills]\n{name} = {name}\n", encoding="utf-8")


def skills() -> set[str]:
    return {point.name for point in importlib.metadata.entry_points(group="makery.skills")}


class TestPlugins:
    @pytest.fixture
    def installed_plugins(self) -> frozenset[str]:
        return frozenset({"installed"})

    def test_those_of_this_machine_are_hidden_and_those_of_the_test_are_seen(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("installed", "of_the_test"):
            plugin(tmp_path, name)
        monkeypatch.syspath_prepend(tmp_path)
        assert "of_the_test" in skills()
        assert "installed" not in skills()
