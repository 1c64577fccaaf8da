"""A run as its ledger leaves it, for looking at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from makery.app.conclusion import program_files
from makery.app.lock import RunLock
from makery.app.meter import Meter
from makery.app.options import AnyOptions, RunOptions
from makery.app.parts import Parts
from makery.app.result import RunResult
from makery.durable.resume import read_history
from makery.kernel.artifact import Artifact
from makery.kernel.documents import Delivery
from makery.kernel.errors import InputError, StorageFailure
from makery.kernel.events import Entry
from makery.kernel.pool import Pool
from makery.kernel.remedies import RESTORE
from makery.kernel.verdict import Verdict
from makery.store.runs import RunRecord

_ALONE = ("skill", "team")
_OPTIONS: TypeAdapter[Any] = TypeAdapter(AnyOptions)
_DIED = "Its process ended before the run did; nothing that was finished is lost."


def options_of(record: RunRecord) -> Any:
    """What the run was ordered with, as `AnyOptions` says.

    Raises:
        StorageFailure: what is kept cannot be read by this version.
    """
    try:
        return _OPTIONS.validate_python(record.options)
    except ValidationError as error:
        raise StorageFailure(
            f"The options of run {record.id!r} cannot be read: {error.errors()[0]['msg']}.",
            remedy="If a newer Makery began it, upgrade this one; else restore the backup: docs/backup.md.",
        ) from error


def is_detached(record: RunRecord) -> bool:
    """Whether workers do the run, wherever they are."""
    return record.options.get("detach") is True


def as_it_stands(record: RunRecord) -> RunRecord:
    """The record, with `paused` for a run that is noted as running and that no living process holds.

    Workers take each other's runs over, so that theirs never stand like that.
    """
    if is_detached(record):
        return record
    died = record.status == "running" and not RunLock.held(Path(record.out))
    return record.model_copy(update={"status": "paused"}) if died else record


def shown(record: RunRecord, entries: Sequence[Entry], parts: Parts) -> RunResult:
    """The result that the run has come to so far; `record` as it stands, see above."""
    insist_on_end(record, entries)
    history = read_history(entries)
    pool = Pool(history.messages)
    verdict, delivery, ended = pool.latest(Verdict), pool.latest(Delivery), history.ended
    options = options_of(record)
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
        message=ended.message if ended else _DIED if record.status == "paused" else "",
        continue_with=_continuation(record, options),
        verdict=verdict,
        artifact=_made(options.kind, record, pool),
        how_to_run=delivery.run if delivery else "",
        used=Meter(entry.event for entry in entries).total,
        seconds=history.spent.seconds,
        files=_files(record, parts),
        branch=f"makery/{record.id}" if options.kind == "change" else "",
    )


def insist_on_end(record: RunRecord, entries: Sequence[Entry]) -> None:
    """Insist that the ledger of a run that ended reaches to its end.

    Raises:
        StorageFailure: the database has lost some of it.
    """
    if record.status == "ended" and read_history(entries).ended is None:
        raise StorageFailure(f"The end of the ledger of run {record.id!r} is missing.", remedy=RESTORE)


def _files(record: RunRecord, parts: Parts) -> tuple[str, ...]:
    folder = Path(record.out)
    if is_detached(record):
        return program_files(parts.distant_workspace(record.id, folder))
    return program_files(parts.workspace(folder)) if folder.is_dir() else ()


def _made(kind: str, record: RunRecord, pool: Pool) -> Artifact | None:
    """What a run of a skill or a team came to."""
    messages = list(pool)
    return messages[-1].artifact if kind in _ALONE and record.status == "ended" and messages else None


def _continuation(record: RunRecord, options: RunOptions) -> str:
    """The command that continues it; '' if it has ended, is under way, or its recording does not fit it."""
    unfit = options.replay is not None and record.exit_status == InputError.exit_status
    return "" if unfit or record.over or record.status == "running" else f"makery runs resume {record.id}"
