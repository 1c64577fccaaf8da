"""The form of a seat: what a person in a team is asked, and what they say."""

from typing import Any

import gradio as gr

from makery.app.questions import OpenTurn
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.frame import Frame, as_it_stands, own_html, told
from makery.interfaces.gui.rendering import markdown
from makery.kernel.errors import InputError
from makery.teams.seats import EXIT

PASS = ""
"""What leaves a turn to the model."""
_CONSENTS = ("yes", "all", "no")
"""What can be said to code that is shown before it runs."""


def add(frame: Frame, run: Any, eyes: Any) -> tuple[list[Any], Any]:
    """Put the form where Gradio collects it; its parts, as `asked` fills them, and the turn that it shows."""
    t = frame.t
    with gr.Group(visible=False, elem_classes="mk-form") as group:
        title = gr.Markdown(elem_classes="mk-ask")
        act = gr.Textbox(elem_classes="mk-off")
        shown = own_html(padding=True, elem_id="mk-question")
        with gr.Column(visible=False) as cell:
            draft = gr.Code(language="markdown", label=t["seat_code"], elem_id="mk-draft", max_lines=24)
            with gr.Row():
                consents = [
                    gr.Button(t[f"seat_{name}"], variant=variant, elem_id=f"mk-{name}")
                    for name, variant in zip(_CONSENTS, ("primary", "secondary", "stop"), strict=True)
                ]
                edited = gr.Button(t["seat_edited"], elem_id="mk-edited")
        choice = gr.Radio([], label=t["seat_choice"], visible=False, elem_id="mk-choice")
        text = gr.Textbox(label=t["seat_say"], lines=2, max_lines=12, elem_id="mk-say-seat")
        with gr.Row():
            send = gr.Button(t["seat_send"], variant="primary", elem_id="mk-send")
            leave = gr.Button(t["seat_pass"], elem_id="mk-pass")
            end = gr.Button(t["seat_exit"], variant="stop", elem_id="mk-exit")
    parts = [group, title, act, shown, cell, draft, choice, text, leave, end]
    works = [
        (send, _sent(frame)),
        (edited, _own(frame)),
        (leave, _fixed(frame, PASS)),
        (end, _fixed(frame, EXIT)),
    ]
    works += [(button, _fixed(frame, word)) for button, word in zip(consents, _CONSENTS, strict=True)]
    given = [run, act, choice, text, draft]
    for button, work in works:
        js = as_it_stands("mk-draft") if button is edited else None
        event = button.click(told(work), given, text, js=js, show_progress="minimal")
        event.success(told(asked(frame)), [run, act, eyes], parts, show_progress="hidden")
    return parts, act


def asked(frame: Frame) -> Any:
    """Fills the form with the oldest open seat, or hides it; what is being typed for that seat stays."""

    def ask(run: str, act: str, eyes: str, request: gr.Request) -> list[Any]:
        found = frame.door.served.desk.turns(who_asks(request), run, role=eyes or None)
        turns = [turn for turn in found if not turn.hidden]
        if not turns or turns[0].act == act:
            return [gr.update(visible=bool(turns)), *[gr.update()] * 9]
        return _form(frame, turns[0])

    return ask


def _form(frame: Frame, turn: OpenTurn) -> list[Any]:
    return [
        gr.update(visible=True),
        f"### {frame.t['seat_consent' if turn.consent else 'seat_asks'].format(role=turn.role)}",
        turn.act,
        str(markdown(frame.t["seat_code_hint"] if turn.draft else turn.text)),
        gr.update(visible=bool(turn.draft)),
        turn.draft,
        gr.update(choices=list(turn.choices), value=None, visible=bool(turn.choices)),
        gr.update(value="", visible=not turn.choices),
        gr.update(visible=not turn.draft and not turn.consent),
        gr.update(visible=not turn.consent),
    ]


def _sent(frame: Frame) -> Any:
    """What was chosen, else what was typed."""

    async def send(run: str, act: str, choice: str | None, text: str, draft: str, request: gr.Request) -> str:
        said = choice or text.strip()
        if not said:
            raise InputError(frame.t["seat_empty"])
        return await _said(frame, run, act, said, request)

    return send


def _own(frame: Frame) -> Any:
    """The code as it was edited."""

    async def send(run: str, act: str, choice: str | None, text: str, draft: str, request: gr.Request) -> str:
        return await _said(frame, run, act, draft, request)

    return send


def _fixed(frame: Frame, word: str) -> Any:
    async def send(run: str, act: str, choice: str | None, text: str, draft: str, request: gr.Request) -> str:
        return await _said(frame, run, act, word, request)

    return send


async def _said(frame: Frame, run: str, act: str, text: str, request: gr.Request) -> str:
    await frame.door.served.desk.say(who_asks(request), run, text, act=act)
    return ""
