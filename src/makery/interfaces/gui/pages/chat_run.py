"""A message of a chat that a team answers: a run, and all that is said in it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine
from typing import Any

from makery.app.access import Principal
from makery.app.options import TeamOptions
from makery.interfaces.gui.door import Served
from makery.kernel.dialogue import Ending, Opinion, Utterance
from makery.kernel.errors import MakeryError
from makery.kernel.events import Entry, MessagePublished, RunEnded, TextStreamed
from makery.kernel.message import Message


async def begun(served: Served, who: Principal, order: TeamOptions) -> str:
    """The id of a new run; if the reader presses stop while it begins, it is stopped once it has begun."""
    beginning = asyncio.ensure_future(served.desk.start(who, order))
    try:
        return (await asyncio.shield(beginning)).run.record.id
    except asyncio.CancelledError:
        _later(_stop_begun(served, who, beginning))
        raise


async def _stop_begun(served: Served, who: Principal, beginning: Awaitable[Any]) -> None:
    await _stop(served, who, (await beginning).run.record.id)


def _later(work: Coroutine[Any, Any, None]) -> None:
    _stopping.add(task := asyncio.ensure_future(work))
    task.add_done_callback(_stopping.discard)


async def said(served: Served, who: Principal, run: str) -> AsyncGenerator[str, None]:
    """All that is said in a run, growing; when nobody listens any more, the run is stopped."""
    whole: list[str] = []
    growing = ""
    over = False
    try:
        async for piece in served.watch.follow(run, served.desk.sight(who, run), text=True):
            if isinstance(piece, TextStreamed):
                growing += piece.text
            else:
                turn = _turn(piece)
                growing = "" if turn else growing
                whole += [turn] if turn else []
            yield "\n\n".join([*whole, *([growing] if growing else [])])
        over = True
    finally:
        if not over:
            # The reader pressed stop, or went away.
            _later(_stop(served, who, run))


_stopping: set["asyncio.Future[None]"] = set()
"""What is being stopped; held here, for the event loop holds tasks only weakly."""


async def _stop(served: Served, who: Principal, run: str) -> None:
    try:
        await served.desk.cancel(who, run)
    except MakeryError:
        return  # it was over already


def _turn(entry: Entry) -> str:
    """What an entry adds to the chat; '' for most."""
    event = entry.event
    if isinstance(event, RunEnded):
        return f"⚠ {event.message}" if event.exit_status not in (0, 3) else ""
    if not isinstance(event, MessagePublished) or not event.act:
        return ""
    message = Message.model_validate(event.message)
    match message.artifact:
        case Utterance(speaker=speaker, text=text, calls=calls):
            tools = "".join(f"\n\n`{call.tool}`" for call in calls)
            name = "" if speaker == "assistant" else f"**{speaker}**: "
            return f"{name}{text}{tools}"
        case Opinion(speaker=speaker, reasoning=reasoning, answer=found):
            return f"**{speaker}**: {reasoning}\n\n**⇒ {found}**"
        case Ending(text=text, outcome="looping"):
            return text
        case _:
            return ""
