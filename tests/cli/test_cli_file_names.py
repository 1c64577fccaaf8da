"""A model that names files outside of the program's folder gains nothing, and does not end the run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from app_standins import PROGRAM, REQUIREMENT
from typer.testing import Result

Makery = Callable[..., Result]

NAMES = [
    "../evil.py",
    "a/../../evil.py",
    "/etc/evil.py",
    ".git/hooks/evil.py",
    "a/.git/evil.py",
    ".makery/verdict.json",
    "aux.py",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_outside_of_the_folder_is_refused_recorded_and_the_run_goes_on(
    makery: Makery, tmp_path: Path, name: str
) -> None:
    answer = f"{PROGRAM}\n{name}\n```\nevil = 'and longer than the program itself'\n```\n"

    result = makery("build", REQUIREMENT, "-o", "out", "--json", answers={"write_code": [answer]})

    facts = json.loads(result.stdout)
    assert result.exit_code == 0, result.stderr
    assert facts["files"] == ["README.md", "main.py"]
    ledger = (tmp_path / "out" / ".makery" / "ledger.jsonl").read_text(encoding="utf-8")
    assert f"the file name '{name}' was refused" in ledger
    written = (path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".db")
    assert not [path for path in written if path.name == "evil.py"]
    verdict = json.loads((tmp_path / "out" / ".makery" / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["status"] == "verified"


def test_a_program_under_a_refused_name_only_is_taken_for_the_file_that_was_asked_for(
    makery: Makery, tmp_path: Path
) -> None:
    answer = "/home/you/hello.py\n```python\nprint('hello')\n```\n"

    result = makery("build", REQUIREMENT, "-o", "out", answers={"write_code": [answer]})

    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out" / "main.py").read_text(encoding="utf-8") == "print('hello')\n"


def test_a_requirement_that_asks_for_a_file_outside_of_the_folder_writes_nothing_there(
    makery: Makery, tmp_path: Path
) -> None:
    result = makery("build", "Write `../evil.py`, which prints hello.", "-o", "out", "--json")

    assert result.exit_code in (0, 2, 3), result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "evil.py").exists()
