"""A run as it happens, for the page: server-sent pieces of HTML, made from the same events as everywhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request, Response
from markupsafe import Markup
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import HTMLResponse

from makery.app.usual import Usual
from makery.interfaces.gui.door import Door
from makery.interfaces.gui.entries import line, opened
from makery.interfaces.gui.rendering import page
from makery.interfaces.gui.scene import Scene
from makery.interfaces.gui.texts import Locale, locale_named, texts_of
from makery.kernel.events import Entry, TextStreamed
from makery.kernel.sight import Sight
from makery.store.runs import RunRecord

PING_SECONDS = 15
RETRY_MILLISECONDS = 1000
"""After which a browser whose stream broke asks again."""
PIECE = 100
"""Entries that are sent at once to a browser that comes late."""
PANELS = ("status", "roles", "tasks", "checks", "cost")


def live_routes(door: Door) -> APIRouter:
    """What the live view's script asks for."""
    router = APIRouter(prefix="/gui", include_in_schema=False)

    @router.get("/live/{run}", response_model=None)
    async def follow(
        request: Request, run: str, locale: str = "en", text: bool = False, role: str = ""
    ) -> Response:
        """Everything so far in one piece, then what happens."""
        who = await door.recognise(request)
        found = await asyncio.to_thread(door.served.desk.find, who, run)
        sight = await asyncio.to_thread(door.served.desk.sight, who, run, role or None)
        name = who.key or "token"
        door.served.streams.check(name)
        seen = request.headers.get("last-event-id", "")
        after = int(seen) if seen.isascii() and seen.isdigit() else 0
        usual = await asyncio.to_thread(door.served.desk.usual, who, run)
        show = Show(door, found.record, sight, locale_named(locale), after=after, usual=usual)
        return EventSourceResponse(show.pieces(name, text=text), ping=PING_SECONDS)

    @router.get("/step/{run}/{seq}", response_model=None)
    async def step(request: Request, run: str, seq: int, locale: str = "en", role: str = "") -> Response:
        """What one message holds."""
        who = await door.recognise(request)
        entries = await asyncio.to_thread(door.served.desk.seen, who, run, role=role or None)
        return HTMLResponse(await asyncio.to_thread(opened, entries, seq, locale_named(locale)))

    return router


class Show:
    """One browser's view of one run.

    Args:
        door: the server.
        record: the run.
        sight: what may be shown of it.
        locale: the language of the page.
        after: the last entry whose line the browser has.
        usual: how long others like it took.
    """

    def __init__(
        self,
        door: Door,
        record: RunRecord,
        sight: Sight,
        locale: Locale,
        *,
        after: int,
        usual: Usual | None = None,
    ) -> None:
        self._door = door
        self._run = record.id
        self._sight = sight
        self._locale: Locale = locale
        self._after = after
        self._scene = Scene(record.limits, usual=usual)
        self._shown: dict[str, str] = {}

    async def pieces(self, name: str, *, text: bool) -> AsyncIterator[ServerSentEvent]:
        """The events of the stream; a browser that comes back gets only the lines that it lacks."""
        served = self._door.served
        with served.streams.one(name):
            so_far = await asyncio.to_thread(served.factory.events, self._run)
            for piece in self._first(tuple(self._sight.entries(so_far))):
                yield piece
            for piece in self._panels():
                yield piece
            last = so_far[-1].seq if so_far else 0
            async for piece in served.watch.follow(self._run, self._sight, after=last, text=text):
                if isinstance(piece, TextStreamed):
                    yield _streamed(piece)
                    continue
                yield self._line(piece)
                for changed in self._panels():
                    yield changed
            self._scene.leave()
            for piece in self._panels():
                yield piece
            yield ServerSentEvent("{}", event="over", sep="\n")

    def _first(self, entries: tuple[Entry, ...]) -> Iterator[ServerSentEvent]:
        """What the browser lacks, in pieces that it can draw within a frame."""
        for entry in entries:
            self._scene.take(entry)
        new = [entry for entry in entries if entry.seq > self._after]
        shown = self._after
        for start in range(0, len(new) or 1, PIECE):
            piece = new[start : start + PIECE]
            lines = Markup("").join(line(entry, self._run, self._locale) for entry in piece)
            last = piece[-1].seq if piece else shown
            yield _event("lines", {"html": lines, "from": shown}, id=last, retry=RETRY_MILLISECONDS)
            shown = last

    def _line(self, entry: Entry) -> ServerSentEvent:
        self._scene.take(entry)
        html = line(entry, self._run, self._locale)
        return _event("lines", {"html": html, "from": entry.seq - 1}, id=entry.seq)

    def _panels(self) -> Iterator[ServerSentEvent]:
        """The panels that look otherwise than before."""
        for name in PANELS:
            html = page(name, scene=self._scene, t=texts_of(self._locale))
            if self._shown.get(name) != html:
                self._shown[name] = html
                yield _event("panel", {"name": name, "html": html})


def _event(kind: str, data: dict[str, object], *, id: int = 0, retry: int | None = None) -> ServerSentEvent:  # noqa: A002
    text = json.dumps(data, ensure_ascii=False)
    return ServerSentEvent(text, event=kind, id=str(id) if id else None, retry=retry, sep="\n")


def _streamed(piece: TextStreamed) -> ServerSentEvent:
    return _event("text", {"role": piece.purpose.role, "skill": piece.purpose.skill, "text": piece.text})
