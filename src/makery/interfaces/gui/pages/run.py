"""One run: watched while it works, steered, looked into."""

from typing import Any

import gradio as gr

from makery.app.options import ResumeOptions, ordered
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages import run_documents, run_fork, run_gate, run_result, run_seat
from makery.interfaces.gui.pages.build import LIMITS
from makery.interfaces.gui.pages.frame import Frame, own_html, told
from makery.interfaces.gui.rendering import page

_RUN = "() => ['id', 'as'].map((name) => new URLSearchParams(window.location.search).get(name) || '')"
"""Which run, and with which role's eyes. Read anew each time, so that the page works on after the server was
started again."""


def add(frame: Frame) -> None:
    """Put the page's parts where Gradio collects them."""
    t = frame.t
    frame.bar("run")
    run = gr.Textbox(visible="hidden", elem_id="mk-run")
    eyes = gr.Textbox(visible="hidden", elem_id="mk-eyes")
    title = own_html(elem_id="mk-title")
    buttons = _controls(frame, run)
    refresh = gr.Button("", elem_id="mk-refresh")
    gate, at_gate = run_gate.add(frame, run)
    seat, at_turn = run_seat.add(frame, run, eyes)
    with gr.Tabs():
        with gr.Tab(t["tab_live"]):
            live = own_html()
        run_result.add(frame, run)
        run_documents.add(frame, run)
        run_fork.add(frame, run)
    loaded = gr.on(None, None, None, [run, eyes], js=_RUN)
    loaded.then(told(_shown(frame)), [run, eyes], [title, live], show_progress="hidden")
    for event in (loaded.then, refresh.click):
        event(told(_state(frame)), run, buttons, show_progress="hidden", trigger_mode="always_last")
    for event in (loaded.then, refresh.click):
        for asked, inputs, parts in (
            (run_gate.asked(frame), [run, at_gate], gate),
            (run_seat.asked(frame), [run, at_turn, eyes], seat),
        ):
            event(told(asked), inputs, parts, show_progress="hidden", trigger_mode="always_last")


def _shown(frame: Frame) -> Any:
    def show(run: str, eyes: str, request: gr.Request) -> tuple[str, str]:
        desk, who = frame.door.served.desk, who_asks(request)
        found, shared = desk.find(who, run), desk.sight(who, run)
        several = () if shared.one_screen else shared.seats or ()
        seats = several if len(several) > 1 else ()
        head = page("run_head", record=found.record, seats=seats, eyes=eyes, t=frame.t)
        live = page("live", run=found.record.id, eyes=eyes, locale=frame.locale, t=frame.t)
        return str(head), str(live)

    return show


def _controls(frame: Frame, run: Any) -> list[Any]:
    t = frame.t
    with gr.Row(elem_classes="mk-controls"):
        pause = gr.Button(t["pause"], interactive=False, elem_id="mk-pause")
        resume = gr.Button(t["resume"], variant="primary", interactive=False, elem_id="mk-resume")
        cancel = gr.Button(t["cancel"], variant="stop", interactive=False, elem_id="mk-cancel")
    with gr.Accordion(t["resume_with"], open=False, visible=False) as more, gr.Row():
        limits = [
            gr.Number(label=t[f"limit_{name}"], value=None, precision=precision, info=t["limit_hint"])
            for name, precision in LIMITS
        ]
    buttons = [pause, resume, cancel, more]
    for button, work, inputs in (
        (pause, _pause(frame), [run]),
        (resume, _resume(frame), [run, *limits]),
        (cancel, _cancel(frame), [run]),
    ):
        event = button.click(told(work), inputs, buttons, show_progress="minimal")
        if button is resume:
            event.success(None, None, None, js="() => window.makery.again()")
    return buttons


def _state(frame: Frame) -> Any:
    def state(run: str, request: gr.Request) -> list[Any]:
        return _buttons(frame.door.served.desk.find(who_asks(request), run).record.status)

    return state


def _buttons(status: str) -> list[Any]:
    """How the controls look for a run that stands like that."""
    goes_on = status in ("paused", "failed")
    return [
        gr.update(interactive=status == "running"),
        gr.update(interactive=goes_on),
        gr.update(interactive=goes_on or status == "running"),
        gr.update(visible=goes_on),
    ]


def _pause(frame: Frame) -> Any:
    async def pause(run: str, request: gr.Request) -> list[Any]:
        found = await frame.door.served.desk.pause(who_asks(request), run)
        return _buttons(found.record.status)

    return pause


def _cancel(frame: Frame) -> Any:
    async def cancel(run: str, request: gr.Request) -> list[Any]:
        found = await frame.door.served.desk.cancel(who_asks(request), run)
        return _buttons(found.record.status)

    return cancel


def _resume(frame: Frame) -> Any:
    async def resume(
        run: str,
        minutes: float | None,
        tokens: int | None,
        usd: float | None,
        calls: int | None,
        request: gr.Request,
    ) -> list[Any]:
        given = {"max_minutes": minutes, "max_tokens": tokens, "max_usd": usd, "max_calls": calls}
        options = ordered(ResumeOptions, run=run, **{name: value for name, value in given.items() if value})
        found = await frame.door.served.desk.resume(who_asks(request), options)
        return _buttons(found.record.status)

    return resume
