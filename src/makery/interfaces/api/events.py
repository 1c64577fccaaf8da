"""A run's events: as they happen, or as a list."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from makery.client import wire
from makery.interfaces.api import shown
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.runs import Eyes, RunId
from makery.interfaces.api.serving import Caller, Server, Serving, name_of
from makery.kernel.events import Entry, TextStreamed
from makery.kernel.sight import Sight

router = APIRouter(prefix="/runs", tags=["runs"], responses=RESPONSES)

PING_SECONDS = 15

After = Annotated[int, Query(ge=0, lt=2**31, description="Only entries with a larger `seq`.")]
_SENT = {
    "type": "object",
    "description": "One event of the stream.",
    "properties": {
        "id": {"type": "string", "description": "The entry's `seq`; send it as Last-Event-ID."},
        "event": {"type": "string", "description": "Its type.", "examples": ["message_published"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "A RunEvent; for `text_streamed`, `purpose` and `text`.",
        },
    },
    "required": ["event", "data"],
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `id` is the entry's `seq`, `event` its type, `data` a RunEvent. "
        "With `text`, also events `text_streamed` without an id. The stream ends when the run does.",
        "content": {"text/event-stream": {"schema": _SENT}},
    },
    204: {"description": "The run is over and has no further events."},
}


@router.get("/{run}/events", response_class=EventSourceResponse, response_model=None, responses=_STREAM)
async def follow_run(
    run: RunId,
    who: Caller,
    server: Server,
    after: After = 0,
    role: Eyes = None,
    text: Annotated[bool, Query(description="Also what models write, as it comes.")] = False,
    last_event_id: Annotated[
        str, Header(alias="Last-Event-ID", max_length=20, description="Where a broken stream goes on.")
    ] = "",
) -> Response:
    """Follow a run: everything that is in its ledger after a place, then what happens."""
    sight = await asyncio.to_thread(server.desk.sight, who, run, role)
    last = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else after
    if await asyncio.to_thread(_nothing_comes, server, run, sight, last):
        return Response(status_code=204)
    server.streams.check(name_of(who))
    return EventSourceResponse(_stream(server, who, run, sight, last, text), ping=PING_SECONDS)


@router.get("/{run}/ledger")
def read_ledger(
    run: RunId,
    who: Caller,
    server: Server,
    after: After = 0,
    role: Eyes = None,
    most: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> wire.Page[wire.RunEvent]:
    """A run's events as a list, oldest first; send `next` as `after` for more."""
    entries = server.desk.seen(who, run, after, role=role)
    items = tuple(shown.event(entry) for entry in entries[:most])
    return wire.Page[wire.RunEvent](items=items, next=str(items[-1].seq) if len(entries) > most else "")


def _nothing_comes(server: Serving, run: str, sight: Sight, last: int) -> bool:
    return server.factory.is_over(run) and not any(sight.entries(server.factory.events(run, last)))


async def _stream(
    server: Serving, who: Caller, run: str, sight: Sight, after: int, text: bool
) -> AsyncIterator[ServerSentEvent]:
    with server.streams.one(name_of(who)):
        async for piece in server.watch.follow(run, sight, after=after, text=text):
            yield _sent(piece)


def _sent(piece: Entry | TextStreamed) -> ServerSentEvent:
    if isinstance(piece, TextStreamed):
        return ServerSentEvent(piece.model_dump_json(), event=piece.type, sep="\n")
    data = json.dumps(shown.event(piece).model_dump(mode="json"), ensure_ascii=False)
    return ServerSentEvent(data, event=piece.event.type, id=str(piece.seq), sep="\n")
