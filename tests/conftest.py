"""What holds for every test: no network but loopback, no real model, an empty home, no foreign plug-ins."""

import importlib
import importlib.metadata
import importlib.util
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from standin_postgresql import postgresql_server as postgresql_server
from standin_postgresql import postgresql_template as postgresql_template
from standin_postgresql import postgresql_url as postgresql_url

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
HOMES = {
    "HOME": "",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_CACHE_HOME": ".cache",
    "XDG_STATE_HOME": ".local/state",
    "XDG_RUNTIME_DIR": ".runtime",
}
DEAD_PROXY = "http://127.0.0.1:9"
"""Given to child processes, which the socket guard cannot see: whatever leaves the machine fails at once."""


class NetworkRefused(AssertionError):
    """A test tried to leave this machine."""


class RealModelRefused(AssertionError):
    """A test without the marker `real_model` tried to load a model."""


def pytest_configure(config: pytest.Config) -> None:
    """No property test has a time limit: a busy machine is no failure."""
    from hypothesis import settings

    settings.register_profile("makery", deadline=None)
    settings.load_profile("makery")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the slow tests on a real model unless they are asked for by `-m`."""
    if "real_model" in str(config.getoption("markexpr")):
        return
    skip = pytest.mark.skip(reason="runs the embedded model; ask for it with -m real_model")
    for item in items:
        if item.get_closest_marker("real_model"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections and name look-ups that would leave this machine."""
    monkeypatch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
    resolve = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_remote(host)
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, DEAD_PROXY)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,::1")


@pytest.fixture(autouse=True)
def temporary_home(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """An empty home for each test; no key and no setting of the developer is seen.

    Tests on the real model keep the cache folder: the weights are there.
    """
    home = tmp_path_factory.mktemp("home")
    real_model = request.node.get_closest_marker("real_model") is not None
    for name, folder in HOMES.items():
        if not (real_model and name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "HOME")):
            monkeypatch.setenv(name, str(home / folder))
    for name in _private_variables():
        monkeypatch.delenv(name)
    return home


@pytest.fixture(autouse=True)
def no_real_model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make loading the embedded engine fail in tests that are not marked `real_model`."""
    if request.node.get_closest_marker("real_model") is None:
        _refuse_engine(monkeypatch)
    yield


@pytest.fixture(scope="session")
def installed_plugins() -> frozenset[str]:
    """The distributions on this machine, ours aside, that extend Makery."""
    extending = (known.name for known in importlib.metadata.distributions() if _extends_makery(known))
    return frozenset(extending) - {"makery"}


@pytest.fixture(autouse=True)
def no_installed_plugins(installed_plugins: frozenset[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the plug-ins of this machine; one that a test puts on `sys.path` itself is seen."""
    for library in _metadata_libraries():
        _hide_plugins(library, installed_plugins, monkeypatch)


def _metadata_libraries() -> Iterator[Any]:
    """The standard library's, and its backport, whose distributions take the place of the others once a
    dependency imports it: keyring does, on Python 3.11."""
    yield importlib.metadata
    if importlib.util.find_spec("importlib_metadata"):
        yield importlib.import_module("importlib_metadata")


def _hide_plugins(library: Any, hidden: frozenset[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = library.Distribution.entry_points.fget

    def entry_points(self: Any) -> Any:
        points = (point for point in real(self) if not (_is_ours(point) and self.name in hidden))
        return library.EntryPoints(points)

    monkeypatch.setattr(library.Distribution, "entry_points", property(entry_points))


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_remote(address[0])
        return connect(self, address)

    return guarded


def _refuse_remote(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if not name.startswith(LOOPBACK):
        raise NetworkRefused(f"A test tried to reach {name!r}; only loopback is allowed.")


def _private_variables() -> list[str]:
    secrets = ("_API_KEY", "_TOKEN", "_SECRET", "_BASE_URL")
    return [name for name in os.environ if name.startswith("MAKERY_") or name.endswith(secrets)]


def _refuse_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refuser:
        """Stands where the engine's module would be."""

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            raise RealModelRefused("Mark the test with `real_model` to load a model.")

    monkeypatch.setitem(sys.modules, "xllamacpp", Refuser())


def _extends_makery(distribution: importlib.metadata.Distribution) -> bool:
    return any(_is_ours(point) for point in distribution.entry_points)


def _is_ours(point: importlib.metadata.EntryPoint) -> bool:
    return point.group == "makery" or point.group.startswith("makery.")
