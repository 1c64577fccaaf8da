"""What a run made, written anew from its records alone."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from makery.app.conclusion import README, run_file
from makery.app.dialogue import dialogue_lines
from makery.app.documents import files_of
from makery.app.meter import Meter
from makery.app.parts import Parts, RunWorkspace
from makery.app.report import Evidence, report_files
from makery.app.result import RunResult
from makery.app.words import words_of
from makery.durable.resume import read_history
from makery.kernel.documents import Delivery, Requirement
from makery.kernel.events import Entry
from makery.kernel.pool import Pool
from makery.store.runs import RunRecord

RECORDING_FORMAT = 1


def restored(
    record: RunRecord, entries: Sequence[Entry], result: RunResult, workspace: RunWorkspace, parts: Parts
) -> None:
    """Write all that follows from a run's records into an empty workspace, in one commit.

    That is the best program with its README, the documents, the checks, the report and the ledger; not the
    pictures, nor what tools and commands wrote beside it.

    Raises:
        InputError: a file name would leave the workspace.
        StorageFailure: the folder cannot be written.
    """
    pool = Pool(read_history(entries).messages)
    requirement = pool.latest(Requirement)
    if requirement is not None:
        workspace.put(_program(pool, result, parts))
        workspace.put(_documents(pool, requirement))
        workspace.put(_report(pool, requirement, entries, result, parts))
        workspace.put({".makery/run.json": run_file(record, result.kind, requirement, result=result)})
    workspace.put({".makery/ledger.jsonl": "".join(f"{entry.model_dump_json()}\n" for entry in entries)})
    workspace.commit("Restored from the ledger")


def _program(pool: Pool, result: RunResult, parts: Parts) -> dict[str, str]:
    program, delivery = parts.company.best_program(pool), pool.latest(Delivery)
    readme = {README: delivery.readme} if delivery is not None and result.kind == "build" else {}
    return {**readme, **(program.as_mapping() if program is not None else {})}


def _documents(pool: Pool, requirement: Requirement) -> dict[str, str]:
    words = words_of(requirement.locale)
    return {path: text for message in pool for path, text in files_of(message.artifact, words).items()}


def _report(
    pool: Pool, requirement: Requirement, entries: Sequence[Entry], result: RunResult, parts: Parts
) -> dict[str, str]:
    evidence = Evidence(
        requirement=requirement,
        pool=pool,
        result=result,
        meter=Meter(entry.event for entry in entries),
        sandbox="",
        examples=parts.examples(requirement),
    )
    dialogue = {".makery/dialogue.jsonl": dialogue_lines(pool)} if result.kind == "team" else {}
    return {**report_files(evidence), **dialogue}


def recording_of(calls: Sequence[str]) -> Iterator[str]:
    """Lines of a recording, with their line ends, from the durable record of calls.

    The form is that of `makery.llm.cassette`: a header, then each call with its answer once.
    """
    contents = [json.loads(text) for text in calls]
    yield _line({"makery_recording": RECORDING_FORMAT, "model": _told(contents[0])["model"]})
    written: set[str] = set()
    for content in contents:
        told = _told(content)
        if told["digest"] not in written:
            written.add(told["digest"])
            yield _line(
                {
                    "digest": told["digest"],
                    "skill": told["purpose"]["skill"],
                    "role": told["purpose"]["role"],
                    "call": {name: value for name, value in content["call"].items() if name != "purpose"},
                    "completion": content["completion"],
                }
            )


def _told(content: dict[str, Any]) -> dict[str, Any]:
    return content["told"][-1]


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
