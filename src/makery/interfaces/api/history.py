"""What a run did: its steps, against another run's, and all of it to take away."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import Response, StreamingResponse

from makery.client import wire
from makery.interfaces.api import shown
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.runs import Eyes, RunId
from makery.interfaces.api.serving import Caller, Server
from makery.kernel.events import Entry

router = APIRouter(prefix="/runs", tags=["results"], responses=RESPONSES)

StepName = Annotated[
    str,
    InPath(
        max_length=80,
        pattern=r"^[A-Za-z0-9_]+$",
        description="A step's number, or a skill for its first step.",
        examples=["write_code"],
    ),
]
_LINES = "application/jsonl"


@router.get("/{run}/steps")
def list_steps(run: RunId, who: Caller, server: Server, role: Eyes = None) -> wire.Page[wire.Step]:
    """A run's finished steps, numbered: what `fork` speaks about."""
    found = server.desk.steps(who, run, role=role)
    return wire.Page[wire.Step](items=tuple(shown.step(step) for step in found))


@router.get("/{run}/steps/{step}")
def show_step(run: RunId, step: StepName, who: Caller, server: Server, role: Eyes = None) -> wire.StepDetail:
    """One step with the artifact that it made."""
    return shown.step_detail(server.desk.step(who, run, step, role=role))


@router.get("/{run}/compare/{other}")
def compare_runs(run: RunId, other: RunId, who: Caller, server: Server) -> wire.Compared:
    """Two runs side by side: cost, verdict, steps, program."""
    found = server.desk.compare(who, run, other)
    return wire.Compared.model_validate(found.model_dump())


@router.get(
    "/{run}/export",
    response_class=StreamingResponse,
    responses={
        200: {"description": "A RunEvent a line.", "content": {_LINES: {"schema": {"type": "string"}}}}
    },
)
def export_run(run: RunId, who: Caller, server: Server, role: Eyes = None) -> Response:
    """The whole ledger as JSON Lines."""
    entries = server.desk.seen(who, run, role=role)
    name = {"Content-Disposition": f'attachment; filename="{run}.jsonl"'}
    return StreamingResponse(_lines(entries), media_type=_LINES, headers=name)


@router.get(
    "/{run}/recording",
    response_class=StreamingResponse,
    responses={
        200: {"description": "A model call a line.", "content": {_LINES: {"schema": {"type": "string"}}}}
    },
)
def export_recording(run: RunId, who: Caller, server: Server) -> Response:
    """The run's model calls with their answers, for `makery build --replay`."""
    lines = server.desk.recording(who, run)
    name = {"Content-Disposition": f'attachment; filename="{run}.recording.jsonl"'}
    return StreamingResponse(lines, media_type=_LINES, headers=name)


def _lines(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        yield f"{shown.event(entry).model_dump_json()}\n"
