"""A chat: with a model over the relay, or with a team as a run."""

import html
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from makery.app.access import Principal
from makery.app.chatting import ALONE, Turn, chat_order
from makery.app.relay_chat import relayed_chat
from makery.app.societies import team_rows
from makery.interfaces.gui.door import Served, who_asks
from makery.interfaces.gui.pages.build import models_to_ask
from makery.interfaces.gui.pages.chat_run import begun, said
from makery.interfaces.gui.pages.frame import Frame, own_html, told
from makery.interfaces.gui.rendering import page, plain
from makery.kernel.errors import InputError, MakeryError

_STORED = "makery-chats"
"""The browser keeps chats under this name, the same for all languages."""


def add(frame: Frame) -> None:
    """Put the page's parts where Gradio collects them."""
    t = frame.t
    frame.bar("chat")
    with gr.Row():
        model = gr.Dropdown([], label=t["model"], allow_custom_value=True, elem_id="mk-chat-model")
        alone = (t["chat_alone"], ALONE)
        team = gr.Dropdown([alone, *_teams()], value=ALONE, label=t["chat_with"], elem_id="mk-team")
    way = own_html(elem_id="mk-way")
    for event in (None, team.input):
        gr.on(event, told(_offered(frame)), team, [model, way], show_progress="hidden", queue=False)
    chat = gr.ChatInterface(
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
    # Gradio would make both anew with each start of the server, and all chats would be lost with it. What
    # the page is given to decrypt with hides nothing from whoever reads the browser's storage.
    chat.saved_conversations.storage_key = chat.saved_conversations.secret = _STORED


def _teams() -> list[tuple[str, str]]:
    return [(f"{row.name}: {row.about}", row.name) for row in team_rows()]


# -------------------------------------------------------------------- whom one talks to


def _offered(frame: Frame) -> Any:
    """The models that can be chosen, and over which way they are reached."""

    def offered(team: str | None, request: gr.Request) -> list[Any]:
        who, served = who_asks(request), frame.door.served
        way = _way(served, who, team)
        if way == "relay":
            names = list(served.relay.models(who))
            chosen = gr.update(choices=names, value=names[0] if names else None, info=None)
        elif way == "refused":
            chosen = gr.update(choices=[], value=None, info=None)
        else:
            names = models_to_ask(served.factory)
            chosen = gr.update(choices=names, value=None, info=frame.t["model_hint"])
        return [chosen, str(page("way", way=way, t=frame.t))]

    return offered


def _way(served: Served, who: Principal, team: str | None) -> str:
    """`relay`; `own`: without accounts the server's models answer; `team`; `refused`: the key may not."""
    if team:
        return "team"
    if not served.relay.ready:
        return "own"
    return "relay" if who.may("relay") else "refused"


def _answering(frame: Frame) -> Any:
    async def answer(
        message: str,
        history: Sequence[dict[str, Any]],
        model: str | None,
        team: str | None,
        request: gr.Request,
    ) -> AsyncIterator[str]:
        try:
            turns = turns_of(history)
            who = who_asks(request)
            async with aclosing(_said(frame, who, message, turns, model, team)) as growing:
                async for shown in growing:
                    yield plain(shown)
        except MakeryError as error:
            raise gr.Error(html.escape(str(error)), duration=12, print_exception=False) from None

    return answer


async def _said(
    frame: Frame, who: Principal, message: str, turns: list[Turn], model: str | None, team: str | None
) -> AsyncGenerator[str, None]:
    served = frame.door.served
    if _way(served, who, team) in ("relay", "refused"):
        if not model:
            raise InputError(frame.t["chat_model"])
        growing = relayed_chat(served.relay, who, [*turns, Turn("user", message)], model=model)
    else:
        order = chat_order(message, turns, team=team or ALONE, model=model)
        growing = said(served, who, await begun(served, who, order))
    async with aclosing(growing):
        async for shown in growing:
            yield shown


# -------------------------------------------------------------------------- history


def turns_of(history: Sequence[dict[str, Any]]) -> list[Turn]:
    """A chat's history, as the browser keeps it, as turns."""
    return [Turn(str(entry.get("role", "user")), _text(entry.get("content"))) for entry in history]


def _text(content: Any) -> str:
    """The text of a message: as a string, or in parts of which some are text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "\n".join(str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part)
