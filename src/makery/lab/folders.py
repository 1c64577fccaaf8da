"""The folders in which an evaluation's runs work."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from makery.kernel.errors import StorageFailure
from makery.lab.plan import Plan
from makery.lab.task import Task


def folder_for(plan: Plan, task: Task, sample: int) -> Path:
    """A fresh place for a run, which no evaluation has that could be going on beside this one.

    For a change it holds the repository; otherwise it does not exist yet. What an interrupted run has left
    there is thrown away.

    Raises:
        StorageFailure: it cannot be made.
    """
    told = f"{plan.configuration.model_dump_json()} {plan.out.absolute()}"
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    group = f"{plan.configuration.suite}-{plan.configuration.mode}-{digest}"
    folder = (plan.work / group / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', task.id)}-{sample}").absolute()
    _clear(folder)
    if task.seed:
        _plant(folder, dict(task.seed))
    return folder


def _clear(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailure(f"{str(folder)!r} cannot be made: {error.strerror}.") from None


def _plant(folder: Path, files: Mapping[str, str]) -> None:
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        # A repository of its own, even if the work folder is inside another one.
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise StorageFailure(f"{str(folder)!r} cannot be made a repository: {error}.") from None
