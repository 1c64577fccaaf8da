"""A run as its ledger leaves it, for looking at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from makery.app.conclusion import program_files
from makery.app.meter import Meter
from makery.app.options import AnyOptions
from makery.app.parts import Parts
from makery.app.result import RunResult
from makery.durable.resume import read_history
from makery.kernel.artifact import Artifact
from makery.kernel.documents import Delivery
from makery.kernel.events import Entry
from makery.kernel.pool import Pool
from makery.kernel.verdict import Verdict
from makery.store.runs import RunRecord

_ALONE = ("skill", "team")
OPTIONS: TypeAdapter[Any] = TypeAdapter(AnyOptions)


def shown(record: RunRecord, entries: Sequence[Entry], parts: Parts) -> RunResult:
    """The result that the run has come to so far."""
    history = read_history(entries)
    pool = Pool(history.messages)
    verdict, delivery, ended = pool.latest(Verdict), pool.latest(Delivery), history.ended
    options = OPTIONS.validate_python(record.options)
    folder = Path(record.out)
    return RunResult(
        run_id=record.id,
        kind=options.kind,
        requirement=options.requirement,
        mode=record.mode,
        model=record.model,
        workspace=folder,
        state=record.status,
        exit_status=record.exit_status or 0,
        message=ended.message if ended else "",
        continue_with="" if record.status == "ended" else f"makery runs resume {record.id}",
        verdict=verdict,
        artifact=_made(options.kind, record, pool),
        how_to_run=delivery.run if delivery else "",
        used=Meter(entry.event for entry in entries).total,
        seconds=history.spent.seconds,
        files=program_files(parts.workspace(folder)) if folder.is_dir() else (),
        branch=f"makery/{record.id}" if options.kind == "change" else "",
    )


def _made(kind: str, record: RunRecord, pool: Pool) -> Artifact | None:
    """What a run of a skill or a team came to."""
    messages = list(pool)
    return messages[-1].artifact if kind in _ALONE and record.status == "ended" and messages else None
