"""A chat with a model, or with a team."""

import asyncio
import html
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from makery.app.access import Principal
from makery.app.chatting import ALONE, Turn, chat_order
from makery.app.options import TeamOptions
from makery.app.societies import team_rows
from makery.interfaces.gui.door import Served, who_asks
from makery.interfaces.gui.pages.build import offer_models
from makery.interfaces.gui.pages.frame import Frame
from makery.interfaces.gui.rendering import plain
from makery.kernel.dialogue import Ending, Opinion, Utterance
from makery.kernel.errors import MakeryError
from makery.kernel.events import Entry, MessagePublished, RunEnded, TextStreamed
from makery.kernel.message import Message

_FAILED = ("paused", "failed")


def add(frame: Frame) -> None:
    """Put the page's parts where Gradio collects them."""
    t = frame.t
    frame.bar("chat")
    with gr.Row():
        model = gr.Dropdown([], label=t["model"], info=t["model_hint"], allow_custom_value=True)
        alone = (t["chat_alone"], ALONE)
        team = gr.Dropdown([alone, *_teams()], value=ALONE, label=t["chat_with"], elem_id="mk-team")
    offer_models(frame, model)
    gr.ChatInterface(
        _answering(frame),
        # Without Gradio's button that shares a chat on another site.
        chatbot=gr.Chatbot(
            label=t["page_chat"], height="60vh", elem_id="mk-chat", buttons=["copy", "copy_all"]
        ),
        textbox=gr.Textbox(
            placeholder=t["chat_hint"], elem_id="mk-say", show_label=False, submit_btn=True, stop_btn=True
        ),
        additional_inputs=[model, team],
        editable=True,
        save_history=True,
        show_progress="minimal",
        concurrency_limit=None,
        analytics_enabled=False,
        api_visibility="private",
    )


def _teams() -> list[tuple[str, str]]:
    return [(f"{row.name}: {row.about}", row.name) for row in team_rows()]


def _answering(frame: Frame) -> Any:
    async def answer(
        message: str,
        history: Sequence[dict[str, Any]],
        model: str | None,
        team: str | None,
        request: gr.Request,
    ) -> AsyncIterator[str]:
        try:
            order = chat_order(message, turns_of(history), team=team or ALONE, model=model)
            served, who = frame.door.served, who_asks(request)
            async with aclosing(said(served, who, await _begun(served, who, order))) as growing:
                async for shown in growing:
                    yield shown
        except MakeryError as error:
            raise gr.Error(html.escape(str(error)), duration=12, print_exception=False) from None

    return answer


async def _begun(served: Served, who: Principal, order: TeamOptions) -> str:
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


def turns_of(history: Sequence[dict[str, Any]]) -> list[Turn]:
    """A chat's history, as the browser keeps it, as turns."""
    return [Turn(str(entry.get("role", "user")), _text(entry.get("content"))) for entry in history]


def _text(content: Any) -> str:
    """The text of a message: as a string, or in parts of which some are text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "\n".join(str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part)


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
            yield plain("\n\n".join([*whole, *([growing] if growing else [])]))
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
