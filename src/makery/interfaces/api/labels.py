"""What persons decided at gates: of one run, and all of it to take away."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from makery.client import wire
from makery.interfaces.api import shown
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.runs import RunId
from makery.interfaces.api.serving import Caller, Server

router = APIRouter(tags=["results"], responses=RESPONSES)

ProjectName = Annotated[str, Query(max_length=80, description="Id or name of one project.")]
_LINES = "application/jsonl"


@router.get("/runs/{run}/labels")
def list_labels(run: RunId, who: Caller, server: Server) -> wire.Page[wire.Label]:
    """What persons approved, edited and rejected at a run's gates; the oldest first."""
    return wire.Page[wire.Label](items=tuple(map(shown.label, server.desk.labels(who, run))))


@router.get(
    "/labels",
    response_class=StreamingResponse,
    responses={200: {"description": "A Label a line.", "content": {_LINES: {"schema": {"type": "string"}}}}},
)
def export_labels(who: Caller, server: Server, project: ProjectName = "") -> Response:
    """The labels of all your runs as JSON Lines: for tuning on what persons prefer."""
    found = server.desk.all_labels(who, project=project)
    lines = (f"{shown.label(one).model_dump_json()}\n" for one in found)
    name = {"Content-Disposition": 'attachment; filename="labels.jsonl"'}
    return StreamingResponse(lines, media_type=_LINES, headers=name)
