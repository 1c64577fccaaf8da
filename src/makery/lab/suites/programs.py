"""Suites with test files: ClassEval, Exercism, FactoryBench and SoftwareDev.

ClassEval: github FudanSELab/ClassEval (MIT). Exercism: github exercism/python (MIT). FactoryBench: own.
SoftwareDev: the prompts in table 8 of the MetaGPT paper (arXiv 2308.00352).
"""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from makery.kernel.errors import InputError
from makery.lab.suites.data import Row, rows
from makery.lab.suites.functions import FILE, MODULE
from makery.lab.task import Task, TestFiles

TEST = "tests/test_hidden.py"


def classeval(path: Path) -> Iterator[Task]:
    """The run sees the skeleton with its docstrings. Tasks with third-party imports are left out."""
    for row in rows(path):
        if row["third_party_imports"]:
            continue
        skeleton = row["skeleton"].strip("\n")
        # The data's own runner puts solution and test into one file: the tests use the solution's imports.
        imports = "\n".join(row["import_statement"])
        test = f"from {MODULE} import *\n{imports}\n{row['test']}\n"
        yield Task(
            id=row["task_id"],
            requirement=f"Complete the class `{row['class_name']}` in the Python module `{FILE}`:\n\n"
            f"```python\n{skeleton}\n```\n",
            entry=(FILE,),
            tests=TestFiles(files=((TEST, test),), seconds=60, importable=True),
            reference=((FILE, row["solution_code"]),),
        )


def exercism(path: Path) -> Iterator[Task]:
    """The run sees introduction, instructions and the stub of the file that it has to write."""
    for row in rows(path):
        ((name, stub),) = row["stub"].items()
        yield Task(
            id=row["id"],
            requirement=f"{row['prompt'].strip()}\n\nWrite it in the Python module `{name}`, "
            f"which begins as this stub:\n\n```python\n{stub.strip()}\n```\n",
            entry=(name,),
            tests=TestFiles(files=_hidden(row), seconds=60, importable=True),
            reference=tuple((name, text) for text in list(row["reference"].values())[:1]),
        )


def _hidden(row: Row) -> tuple[tuple[str, str], ...]:
    files = {**row["tests"], **row["support"]}
    return tuple((f"tests/{name}", text) for name, text in files.items())


def factorybench(folder: Path) -> Iterator[Task]:
    """The run sees `requirement.md`, and for a change the repository in `seed/`."""
    configurations = sorted(folder.glob("*/task.json"))
    if not configurations:
        raise InputError(f"No task is in {folder.as_posix()!r}.")
    for configuration in configurations:
        facts = json.loads(configuration.read_text(encoding="utf-8"))
        yield _program(configuration.parent, facts)


def _program(folder: Path, facts: dict[str, Any]) -> Task:
    web = facts["kind"] == "web"
    tests = TestFiles(
        files=_texts(folder / "tests", "tests/", first="test_acceptance.py"),
        seconds=float(facts["timeout_s"]),
        browser=web,
        large=web,
        needs=("selenium",) if web else (),
    )
    return Task(
        id=facts["name"],
        requirement=(folder / "requirement.md").read_text(encoding="utf-8"),
        entry=tuple(facts["entry"]),
        tests=tests,
        reference=_texts(folder / "reference", ""),
        seed=_texts(folder / "seed", "") if facts["kind"] == "change" else (),
        group=facts["difficulty"],
    )


def softwaredev(path: Path) -> Iterator[Task]:
    """The run sees the prompt. The data hold no tests: `solved` means that the program starts."""
    test = (resources.files("makery.lab.suites") / "starts.py").read_text(encoding="utf-8")
    for row in rows(path):
        yield Task(
            id=str(row["id"]),
            requirement=f"{row['prompt'].strip()}\n",
            entry=(),
            tests=TestFiles(files=((TEST, test),), seconds=60, large=True),
        )


def _texts(folder: Path, prefix: str, first: str = "") -> tuple[tuple[str, str], ...]:
    """Path and text of a folder's files, the named one first; none if there is no such folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    ordered = sorted(found, key=lambda path: path.name != first)
    named = ((prefix + path.relative_to(folder).as_posix(), path) for path in ordered)
    return tuple((name, path.read_text(encoding="utf-8")) for name, path in named)
