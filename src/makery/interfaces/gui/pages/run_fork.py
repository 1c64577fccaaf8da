"""Going another way from a step: with another model, another seed, or an edited result."""

import json
from typing import Any

import gradio as gr

from makery.app.access import Principal
from makery.app.artifacts import record_of
from makery.app.options import ForkOptions, ordered
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.build import GO, offer_models
from makery.interfaces.gui.pages.frame import Frame, as_it_stands, told


def add(frame: Frame, run: Any) -> None:
    """Put the tab where Gradio collects it."""
    t = frame.t
    with gr.Tab(t["tab_fork"]) as tab:
        gr.Markdown(t["fork_intro"])
        with gr.Row():
            step = gr.Dropdown([], label=t["fork_step"], elem_id="mk-step")
            model = gr.Dropdown([], label=t["model"], info=t["fork_model"], allow_custom_value=True)
            seed = gr.Number(label=t["seed"], value=None, precision=0)
        with gr.Accordion(t["fork_edit"], open=False):
            edited = gr.Code(language="json", label=t["document"], max_lines=30, elem_id="mk-fork-edit")
        go = gr.Button(t["fork_go"], variant="primary", elem_id="mk-fork")
        made = gr.Textbox(visible=False)
    offer_models(frame, model)
    tab.select(told(_steps(frame)), run, step, show_progress="hidden")
    step.input(told(_result(frame)), [run, step], edited, show_progress="hidden")
    inputs = [run, step, model, seed, edited]
    js = as_it_stands("mk-fork-edit")
    event = go.click(told(_forked(frame)), inputs, made, js=js, show_progress="minimal")
    event.success(None, made, None, js=GO % frame.base)


def _steps(frame: Frame) -> Any:
    def steps(run: str, request: gr.Request) -> Any:
        found = frame.door.served.desk.steps(who_asks(request), run)
        choices = [(f"{one.number} · {one.message.sender} · {one.about}", str(one.number)) for one in found]
        return gr.update(choices=choices, value=None)

    return steps


def _result(frame: Frame) -> Any:
    def result(run: str, step: str | None, request: gr.Request) -> str:
        return _text(frame, who_asks(request), run, step) if step else ""

    return result


def _text(frame: Frame, who: Principal, run: str, step: str) -> str:
    artifact = frame.door.served.desk.step(who, run, step).message.artifact
    return json.dumps(record_of(artifact)["data"], ensure_ascii=False, indent=2)


def _forked(frame: Frame) -> Any:
    async def fork(
        run: str,
        step: str | None,
        model: str | None,
        seed: int | None,
        edited: str | None,
        request: gr.Request,
    ) -> str:
        who = who_asks(request)
        changed = bool(edited and step) and edited != _text(frame, who, run, str(step))
        given = {"model": model, "seed": seed, "edit": edited if changed else None}
        wanted = {name: value for name, value in given.items() if value}
        order = ordered(ForkOptions, run=run, at=step or "", **wanted)
        return (await frame.door.served.desk.fork(who, order)).run.record.id

    return fork
