"""What a run made, written anew from its records alone."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from makery.app.documents import files_of
from makery.app.parts import Company, RunWorkspace
from makery.app.words import words_of
from makery.durable.resume import History
from makery.kernel.documents import Requirement
from makery.kernel.pool import Pool

RECORDING_FORMAT = 1


def restored(history: History, workspace: RunWorkspace, company: Company) -> None:
    """Write documents and the best program of a run into an empty workspace, in one commit.

    Raises:
        InputError: a file name would leave the workspace.
        StorageFailure: the folder cannot be written.
    """
    pool = Pool(history.messages)
    requirement = pool.latest(Requirement)
    words = words_of(requirement.locale if requirement else "en")
    for message in pool:
        workspace.put(files_of(message.artifact, words))
    program = company.best_program(pool) if requirement else None
    if program is not None:
        workspace.put(program.as_mapping())
    workspace.commit("Restored from the ledger")


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
