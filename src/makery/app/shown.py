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
from makery.kernel.documents import Delivery
from makery.kernel.events import Entry
from makery.kernel.pool import Pool
from makery.kernel.verdict import Verdict
from makery.store.runs import RunRecord

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
        how_to_run=delivery.run if delivery else "",
        used=Meter(entry.event for entry in entries).total,
        seconds=history.spent.seconds,
        files=program_files(parts.workspace(folder)) if folder.is_dir() else (),
        branch=f"makery/{record.id}" if options.kind == "change" else "",
    )
