"""A model that writes a hostile program: its checks fail, the run ends as usual, the machine is unharmed."""

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest
from openai_standin import serving
from typer.testing import Result

pytestmark = [
    pytest.mark.sandboxed,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]

REQUIREMENT = """Write a Python module `double.py` with a function `double(x)`.

```
>>> from double import double
>>> double(4)
8
```
"""
BIG = 100 << 20
Build = Callable[..., Result]

MISDEEDS = {
    "forks forever": "import os\nwhile True: os.fork()",
    "eats memory": "held = []\nwhile len(held) < 4096: held.append(bytearray(b'x' * (1 << 24)))",
    "writes 10 GB": "with open('big', 'wb') as file:\n    for _ in range(10240): file.write(bytes(1 << 20))",
    "writes 10 GB elsewhere": (
        "for n in range(1024):\n    with open(f'/tmp/big{n}', 'wb') as file: file.write(bytes(10 << 20))"
    ),
    "never ends": "while True: pass",
    "prints without an end": "while True: print('x' * 4096)",
    "kills all it sees": "import os\nos.kill(-1, 9)\nos.kill(os.getppid(), 9)",
}


def program(misdeed: str) -> str:
    """A program that does what is wanted only after its misdeed succeeded."""
    return f"double.py\n```python\ndef double(x):\n{indent(misdeed, '    ')}\n    return 2 * x\n```\n"


def assert_failed_and_harmless(result: Result, folder: Path) -> None:
    facts = json.loads(result.stdout)
    assert result.exit_code == 3, result.stderr
    assert facts["verdict"] == "not verified"
    assert "Traceback" not in result.stderr
    trace = json.loads((folder / "out" / ".makery" / "traceability.json").read_text(encoding="utf-8"))
    outcomes = [check["outcome"] for clause in trace for check in clause["checks"]]
    assert outcomes and "passed" not in outcomes
    assert children() == []
    assert [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > BIG] == []


def children() -> list[str]:
    """Processes that this one started and that still run, whichever thread started them."""
    tasks = Path("/proc/self/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text(encoding="ascii").split()]


@pytest.mark.parametrize("misdeed", MISDEEDS.values(), ids=MISDEEDS)
def test_a_hostile_program_fails_its_check_and_harms_nothing(
    build: Build, tmp_path: Path, misdeed: str
) -> None:
    with serving(lambda _: program(misdeed)) as server:
        result = build(server.model, REQUIREMENT)

    assert_failed_and_harmless(result, tmp_path)


def test_a_program_that_opens_sockets_reaches_nobody(build: Build, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        port = listener.getsockname()[1]
        misdeed = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=2)"
        with serving(lambda _: program(misdeed)) as server:
            result = build(server.model, REQUIREMENT)
        with pytest.raises(BlockingIOError):
            listener.accept()

    assert_failed_and_harmless(result, tmp_path)


def test_a_program_that_reads_the_home_directory_sees_none(
    build: Build, tmp_path: Path, temporary_home: Path
) -> None:
    secret = temporary_home / "secret.txt"
    secret.write_text("the key", encoding="utf-8")
    misdeed = f"from pathlib import Path\nprint(Path({str(secret)!r}).read_text())"
    with serving(lambda _: program(misdeed)) as server:
        result = build(server.model, REQUIREMENT)

    assert_failed_and_harmless(result, tmp_path)
    papers = (tmp_path / "out" / ".makery").rglob("*")
    assert not [path for path in papers if path.is_file() and b"the key" in path.read_bytes()]
