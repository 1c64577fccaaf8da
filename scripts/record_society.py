"""Records what the societies of scripts/society_table.py come to on a real model, and replays it without one.

Usage: python scripts/record_society.py [--only NAME ...] [--again] [--model NAME] [--minutes M] [--replay]

    python scripts/record_society.py                 all that is not recorded yet, one after the other
    python scripts/record_society.py --only react    one of them; --again throws its earlier recording away
    python scripts/record_society.py --replay        no model: does each recording come out again?

A recording is three files in docs/societies/recorded/: NAME.jsonl, every answer of the model; NAME.json, how
it was made; NAME.md, the conversation as it is shown. Stopped at any instant, the same command goes on with
the answers that were there. Each page's "A recorded run" is written anew, and when all societies are
recorded, `societies.working` in benchmarks/summary.json. Exit status 0: all came out; 1: some did not.
"""

import argparse
import asyncio
import importlib
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recorded_pages import FOLDER, PAGES, ROOT, file_of, has, page_of, pages, working
from society_table import ROWS, SOCIETIES, Came, Recorded

GIVEN = PAGES / "given"
PLUGIN = ROOT / "examples" / "plugin"
LIMIT = 4
"""Exit status of a run that a limit ended."""
_FAILED = re.compile(r"\[\w+ failed at ")
"""A line that says what ended the run, which the facts say, too."""


@dataclass(frozen=True)
class Ran:
    """A run that came to an end, by itself or not."""

    shown: str
    """The conversation as the terminal shows it."""
    came: Came
    files: dict[str, str]
    facts: dict[str, Any]
    """What `NAME.json` holds."""
    ended: bool
    """Whether it is over; a limit on time or a missing model leaves it open."""


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", metavar="NAME", choices=[s.name for s in SOCIETIES])
    parser.add_argument("--again", action="store_true", help="throw earlier recordings of these away")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--minutes", type=float, default=45.0, help="most for one society in one go")
    parser.add_argument("--replay", action="store_true", help="replay what is recorded; needs no model")
    given = parser.parse_args(arguments)
    chosen = [society for society in SOCIETIES if given.only is None or society.name in given.only]
    if given.replay:
        return max([_compare(society) for society in chosen if has(society)], default=0)
    if given.again:
        for society in chosen:
            for ending in ("jsonl", "json", "md"):
                file_of(society, ending).unlink(missing_ok=True)
    missing = [society for society in chosen if not has(society)]
    status = max([_record(society, given.model, given.minutes) for society in missing], default=0)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    _count(f"python scripts/record_society.py --model {given.model}")
    return status


# ------------------------------------------------------------------------- recording


def _record(society: Recorded, model: str, minutes: float) -> int:
    print(f"{society.name}: {society.task[:80]!r} …", flush=True)
    FOLDER.mkdir(exist_ok=True)
    unfinished = FOLDER / f".{society.name}.unfinished.jsonl"
    ran = perform(society, model=model, minutes=minutes, record=unfinished)
    if not ran.ended:
        print(f"{society.name}: not over: {ran.facts['message']} The same command goes on with it.")
        return 1
    unfinished.replace(file_of(society, "jsonl"))
    text = json.dumps(ran.facts, indent=2, ensure_ascii=False) + "\n"
    file_of(society, "json").write_text(text, encoding="utf-8")
    again = replayed(society)
    file_of(society, "md").write_text(page_of(society, again.facts, again), encoding="utf-8")
    print(f"{society.name}: {'works' if ran.facts['works'] else 'does not work'}: {ran.facts['message']}")
    return _compare(society)


def perform(
    society: Recorded,
    *,
    model: str = "",
    minutes: float | None = None,
    record: Path | None = None,
    replay: Path | None = None,
) -> Ran:
    """The run of a society, on a model or from its recording, in a home and a folder of its own."""
    from makery.app.factory import Factory
    from makery.interfaces.cli.conversation import ConversationView

    with TemporaryDirectory(prefix="makery-society-") as temporary, _surroundings(society, Path(temporary)):
        out = Path(temporary) / "out"
        limits = {"max_calls": society.calls, "max_minutes": minutes}
        order = _order(society, out=out, record=record, replay=replay, model=model or None, **limits)
        factory, shown = Factory(_settings(Path(temporary), live=replay is None)), io.StringIO()

        async def conduct() -> Any:
            return await (await factory.start(order, ConversationView(shown))).wait()

        result = asyncio.run(conduct())
        turns = map(json.loads, _lines(out / ".makery" / "dialogue.jsonl"))
        came = Came(result.answer, tuple(turns), out)
        files = {name: came.file(name) for name in result.files}
        facts = _facts(society, result, came, record)
        # The first line names the run, which has another id each time.
        lines = shown.getvalue().replace(str(out), ".").splitlines()[1:]
        conversation = "\n".join(line for line in lines if not _FAILED.match(line))
        return Ran(conversation, came, files, facts, ended=_is_over(result))


def _settings(home: Path, *, live: bool) -> Any:
    """The user's for a live run, for the weights are there; without cache and search, which could differ."""
    from makery.app.settings import SearchSettings, Settings
    from makery.app.settings_sources import load_settings

    own = {
        "engine": "inline",
        "cache": False,
        "search": SearchSettings(),
        "database": f"sqlite:///{home}/m.db",
    }
    base = load_settings(os.environ, folder=home) if live else Settings(home=home)
    return base.model_copy(update=own)


def _order(society: Recorded, **options: Any) -> Any:
    from makery.app.chatting import agent_order
    from makery.app.societies import team_order

    team = society.team or society.name
    if society.browser:
        return agent_order(society.task, team=team, **options)
    files = tuple(GIVEN / name for name in society.given)
    path = PAGES / team
    return team_order(
        path if path.suffix == ".yaml" else team, society.task, yes=True, files=files, **options
    )


@contextmanager
def _surroundings(society: Recorded, temporary: Path) -> Iterator[None]:
    """This interpreter is the first `python`; the plug-in is installed, if the society needs it."""
    paths, before = os.environ.get("PATH", ""), list(sys.path)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), paths])
    if society.plugin:
        sys.path[:0] = [str(_offering(temporary / "site")), str(PLUGIN / "src")]
    try:
        yield
    finally:
        os.environ["PATH"], sys.path[:] = paths, before


def _offering(site: Path) -> Path:
    """What an installer leaves of the package in examples/plugin/, beside its modules: what it offers."""
    import tomllib

    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    about = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(about, encoding="utf-8")
    groups = (
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")
    return site


def _is_over(result: Any) -> bool:
    """A limit on calls ends a society; time, a missing model or an interruption leave it open."""
    from makery.kernel.errors import LimitReached, ModelUnavailable

    error = result.error
    out_of_time = isinstance(error, LimitReached) and "minutes" in error.limit
    return result.state != "running" and not out_of_time and not isinstance(error, ModelUnavailable)


def _facts(society: Recorded, result: Any, came: Came, record: Path | None) -> dict[str, Any]:
    from makery.kernel.errors import MakeryError

    held = False
    with suppress(MakeryError):
        held = society.holds(came)
    return {
        "row": society.row,
        "model": result.model,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": _benchmarks().describe_machine(),
        "calls": result.used.calls,
        "tokens": result.used.usage.total,
        "model_seconds": round(_model_seconds(record), 1) if record else 0.0,
        "exit_status": result.exit_status,
        "message": str(result.error or result.message),
        "check": society.wants,
        "held": held,
        "works": held and result.exit_status == 0,
    }


def _model_seconds(recording: Path) -> float:
    calls = [json.loads(line) for line in _lines(recording)[1:]]
    return sum((call.get("completion") or {}).get("seconds", 0.0) for call in calls)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


# -------------------------------------------------------------------------- replaying


def replayed(society: Recorded) -> Ran:
    """The run from its recording; what only the live run can tell is taken from `NAME.json`."""
    ran = perform(society, replay=file_of(society, "jsonl"))
    kept = json.loads(file_of(society, "json").read_text(encoding="utf-8"))
    told = ("date", "machine", "model_seconds")
    if kept["exit_status"] == LIMIT and "holds no call like" in ran.facts["message"]:
        told = (*told, "exit_status", "message")  # answers from a recording are not held against the limit
    live = {name: kept[name] for name in told}
    return Ran(ran.shown, ran.came, ran.files, {**ran.facts, **live}, ran.ended)


def differences(society: Recorded) -> list[str]:
    """What a replay shows otherwise than was recorded; nothing is right."""
    again = replayed(society)
    kept = json.loads(file_of(society, "json").read_text(encoding="utf-8"))
    found = [
        f"{name}: {value!r}, recorded {kept.get(name)!r}"
        for name, value in again.facts.items()
        if value != kept.get(name)
    ]
    if page_of(society, again.facts, again) != file_of(society, "md").read_text(encoding="utf-8"):
        found.append(f"{society.name}.md differs")
    return found


def _compare(society: Recorded) -> int:
    found = differences(society)
    for difference in found:
        print(f"{society.name}: the replay differs: {difference}", file=sys.stderr)
    if not found:
        print(f"{society.name}: comes out again.")
    return int(bool(found))


def _count(command: str) -> None:
    missing = [society.name for society in SOCIETIES if not has(society)]
    print(f"Working: {', '.join(working()) or 'none'}. Not recorded: {', '.join(missing) or 'none'}.")
    if not missing:
        unit = (
            f"of {len(ROWS)} systems (B2 to B16) each of whose recorded runs ended by itself, its check held"
        )
        count, runs = len(working()), len(SOCIETIES)
        _benchmarks().record("societies.working", count, unit, n=runs, command=command)


def _benchmarks() -> Any:
    """The module that keeps measures."""
    sys.path.append(str(ROOT / "benchmarks"))
    try:
        return importlib.import_module("record")
    finally:
        sys.path.pop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
