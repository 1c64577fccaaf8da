"""What a box shows of this machine: its programs, libraries and Python, read-only, and nothing personal."""

import importlib.util
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PYTHON = "python3"
"""The interpreter's name on the `PATH` of every sandbox; call `python3 -m pytest` and the like."""
HOME = "/tmp/home"  # noqa: S108
"""Inside the box, where /tmp is private."""
WORK = "/work"

_ETC = (
    *(
        "ssl/certs",
        "ssl/openssl.cnf",
        "ca-certificates",
        "pki/tls/certs",
        "pki/ca-trust",
        "fonts",
        "alternatives",
    ),
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "mime.types", "protocols", "services", "os-release"),
    *("chromium", "chromium.d", "java-17-openjdk", "machine-id"),
)
_RESOLUTION = ("resolv.conf", "gai.conf", "host.conf")
_LINKED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


@dataclass(frozen=True)
class Data:
    """A small read-only file that exists only inside the box; without a target, the content of an option."""

    content: bytes
    target: str
    permissions: str = "0444"


Argument = str | Data


@dataclass(frozen=True)
class Interpreter:
    """A Python installation and the packages of its environment, as folders of this machine."""

    prefix: Path
    executable: Path
    packages: Path
    scripts: Path
    version: str
    """`3.11`."""
    isolated: bool
    """Whether the environment hides the installation's own packages."""
    shared: bool
    """Whether the interpreter loads a libpython that it may look for in its old place."""

    @classmethod
    def running(cls) -> "Interpreter":
        """The one that runs us."""
        prefix = Path(sys.base_prefix).resolve()
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        executable = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        if not executable.is_relative_to(prefix):
            executable = prefix / "bin" / f"python{version}"
        pytest = importlib.util.find_spec("pytest")
        found = Path(pytest.origin).parents[1] if pytest and pytest.origin else None
        return cls(
            prefix=prefix,
            executable=executable,
            packages=found or Path(sysconfig.get_path("purelib")),
            scripts=Path(sysconfig.get_path("scripts")),
            version=version,
            isolated=sys.prefix != sys.base_prefix,
            shared=bool(sysconfig.get_config_var("Py_ENABLE_SHARED")),
        )

    @property
    def _moved(self) -> bool:
        return not self.prefix.is_relative_to("/usr")

    @property
    def _executable_inside(self) -> str:
        if not self._moved:
            return str(self.executable)
        return f"/opt/python/{self.executable.relative_to(self.prefix)}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that it needs inside the box."""
        return {"LD_LIBRARY_PATH": "/opt/python/lib"} if self._moved and self.shared else {}

    def arguments(self) -> Iterator[Argument]:
        """Show it as a virtual environment of its own, `/opt/venv`: the real paths lie in somebody's home."""
        yield from folders_above("/opt/venv/bin/x")
        yield from folders_above(f"/opt/venv/lib/python{self.version}/site-packages")
        if self._moved:
            yield from ("--ro-bind", str(self.prefix), "/opt/python")
        home = Path(self._executable_inside).parent
        system = "false" if self.isolated else "true"
        configuration = f"home = {home}\ninclude-system-site-packages = {system}\nversion = {self.version}\n"
        yield Data(configuration.encode(), "/opt/venv/pyvenv.cfg")
        for name in (PYTHON, "python", f"python{self.version}"):
            yield from ("--symlink", self._executable_inside, f"/opt/venv/bin/{name}")
        yield from ("--ro-bind", str(self.packages), f"/opt/venv/lib/python{self.version}/site-packages")
        yield from ("--ro-bind-try", str(self.scripts / "ruff"), "/opt/venv/bin/ruff")
        for module in ("pytest", "playwright"):
            yield Data(
                f'#!/bin/sh\nexec {PYTHON} -m {module} "$@"\n'.encode(), f"/opt/venv/bin/{module}", "0555"
            )


def folders_above(path: str) -> Iterator[str]:
    """Make the folders above a path, open to everybody: bubblewrap itself would make them its own."""
    for folder in reversed(PurePosixPath(path).parents[:-1]):
        yield from ("--dir", str(folder))


def environment(interpreter: Interpreter) -> dict[str, str]:
    """The whole environment of a command; nothing of the host's is inherited."""
    return {
        "PATH": "/opt/venv/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": HOME,
        "TMPDIR": "/tmp",  # noqa: S108
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "USER": "sandbox",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **interpreter.environment,
    }


def system_arguments(user: int, *, network: bool) -> Iterator[Argument]:
    """Programs, libraries and the few settings that they need; names only for the box's own user."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _LINKED:
        path = Path("/") / name
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    yield from ("--dir", "/etc")
    for name in _ETC + (_RESOLUTION if network else ()):
        source = (Path("/etc") / name).resolve()
        if source.exists():
            yield from folders_above(f"/etc/{name}")
            yield from ("--ro-bind", str(source), f"/etc/{name}")
    yield Data(f"root:x:0:0::/:/bin/false\nsandbox:x:{user}:{user}::{HOME}:/bin/sh\n".encode(), "/etc/passwd")
    yield Data(f"root:x:0:\nsandbox:x:{user}:\n".encode(), "/etc/group")
    yield Data(b"127.0.0.1 localhost\n::1 localhost\n", "/etc/hosts")
    yield Data(b"passwd: files\ngroup: files\nhosts: files dns\n", "/etc/nsswitch.conf")
