"""What this machine has and lacks, and the one command that mends each lack."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from makery.app.parts import Parts
from makery.app.settings import Settings
from makery.kernel.artifact import Frozen
from makery.kernel.errors import MakeryError

Standing = Literal["ok", "missing", "optional"]

NEEDED_MIB = 500
"""Free room that a run may want for its program, its checks and the ledger."""

OLDEST_PYTHON = (3, 11)

CHROMIUM = Path("/usr/bin/chromium")
"""Where browser checks look for it: the sandbox shows the system's folders, not the user's."""


class Diagnosis(Frozen):
    """One thing that was looked at."""

    name: str
    standing: Standing
    """`missing`: no program can be made without it; `optional`: some cannot."""
    detail: str
    mend: str = ""
    """The one command that mends it."""


def diagnose(settings: Settings, parts: Parts) -> tuple[Diagnosis, ...]:
    """Look at everything that a run may need. Nothing is changed."""
    return (
        _python(),
        _git(),
        _sandbox(parts),
        *_model(settings, parts),
        _home(settings.home),
        *_database(settings, parts),
        _disk(settings.home),
        _chromium(),
    )


def healthy(found: tuple[Diagnosis, ...]) -> bool:
    """Whether nothing is missing that every run needs."""
    return all(diagnosis.standing != "missing" for diagnosis in found)


def _python() -> Diagnosis:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Diagnosis(name="python", standing="ok", detail=version)
    return Diagnosis(
        name="python", standing="missing", detail=f"{version}; 3.11 is needed", mend="uv python install 3.11"
    )


def _git() -> Diagnosis:
    path = shutil.which("git")
    if path:
        return Diagnosis(name="git", standing="ok", detail=path)
    return Diagnosis(name="git", standing="missing", detail="not installed", mend="sudo apt-get install git")


def _sandbox(parts: Parts) -> Diagnosis:
    try:
        return Diagnosis(name="sandbox", standing="ok", detail=parts.sandbox_name())
    except MakeryError as error:
        return Diagnosis(name="sandbox", standing="missing", detail=error.message, mend=error.remedy)


def _model(settings: Settings, parts: Parts) -> Iterator[Diagnosis]:
    try:
        yield Diagnosis(name="model", standing="ok", detail=parts.model_ready(settings.model))
    except MakeryError as error:
        yield Diagnosis(name="model", standing="missing", detail=error.message, mend=error.remedy)


def _home(home: Path) -> Diagnosis:
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".doctor"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        mend = "export MAKERY_HOME=/a/folder/you/can/write"
        return Diagnosis(
            name="data folder", standing="missing", detail=f"{home}: {error.strerror}", mend=mend
        )
    return Diagnosis(name="data folder", standing="ok", detail=str(home))


def _database(settings: Settings, parts: Parts) -> Iterator[Diagnosis]:
    if not settings.database and not (settings.home / "makery.db").exists():
        return  # it is made by the first run
    try:
        parts.stores().runs.insist_on_sound()
        yield Diagnosis(name="database", standing="ok", detail="sound")
    except MakeryError as error:
        yield Diagnosis(name="database", standing="missing", detail=error.message, mend=error.remedy)


def _disk(home: Path) -> Diagnosis:
    folder = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(folder).free >> 20
    if free >= NEEDED_MIB:
        return Diagnosis(name="disk", standing="ok", detail=f"{free:,} MiB free")
    return Diagnosis(
        name="disk",
        standing="missing",
        detail=f"{free:,} MiB free in {folder}; {NEEDED_MIB} are wanted",
        mend="export MAKERY_HOME=/a/folder/on/a/larger/disk",
    )


def _chromium() -> Diagnosis:
    if CHROMIUM.exists():
        return Diagnosis(name="chromium", standing="ok", detail=str(CHROMIUM))
    return Diagnosis(
        name="chromium",
        standing="optional",
        detail="not installed; programs for the browser cannot be checked",
        mend="sudo apt-get install chromium",
    )
