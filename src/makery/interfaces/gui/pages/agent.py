"""An agent that pursues a goal by itself: name, goal, and then one watches."""

from typing import Any

import gradio as gr

from makery.app.chatting import AGENTS, agent_order
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.build import GO, offer_models
from makery.interfaces.gui.pages.frame import Frame, told


def add(frame: Frame) -> None:
    """Put the page's parts where Gradio collects them."""
    t = frame.t
    frame.bar("agent")
    gr.Markdown(f"## {t['agent_title']}\n{t['agent_intro']}")
    name = gr.Textbox(label=t["agent_name"], max_lines=1, max_length=60, elem_id="mk-name")
    goal = gr.Textbox(label=t["agent_goal"], placeholder=t["agent_hint"], lines=4, elem_id="mk-goal")
    with gr.Row():
        kinds = [(t[f"agent_kind_{kind}"], kind) for kind in AGENTS]
        kind = gr.Radio(kinds, value=AGENTS[0], label=t["agent_kind"])
        model = gr.Dropdown([], label=t["model"], info=t["model_hint"], allow_custom_value=True)
    offer_models(frame, model)
    with gr.Row():
        minutes = gr.Number(label=t["limit_minutes"], minimum=0.1, value=15)
        calls = gr.Number(label=t["limit_calls"], minimum=1, value=40, precision=0)
    start = gr.Button(t["agent_start"], variant="primary", elem_id="mk-start")
    made = gr.Textbox(visible=False)
    inputs = [name, goal, kind, model, minutes, calls]
    event = start.click(told(_begun(frame)), inputs, made, show_progress="minimal")
    event.success(None, made, None, js=GO % frame.base)


def _begun(frame: Frame) -> Any:
    async def begin(
        name: str,
        goal: str,
        kind: str,
        model: str | None,
        minutes: float | None,
        calls: int | None,
        request: gr.Request,
    ) -> str:
        limits = {"max_minutes": minutes, "max_calls": calls}
        order = agent_order(goal, name=name, team=kind, model=model, **limits)
        started = await frame.door.served.desk.start(who_asks(request), order)
        return started.run.record.id

    return begin
