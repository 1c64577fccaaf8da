"""A team at work on a task, with persons in its seats: an interpreter, a debate, a game at a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.build import GO, offer_models
from makery.interfaces.gui.pages.frame import Frame, own_html, told
from makery.interfaces.gui.rendering import page
from makery.kernel.errors import InputError
from makery.teams.team_file import parse_team

FIRST = "interpreter"
"""The team that is chosen at first."""


def add(frame: Frame) -> None:
    """Put the page's parts where Gradio collects them."""
    t = frame.t
    frame.bar("team")
    gr.Markdown(f"## {t['team_title']}\n{t['team_intro']}")
    with gr.Row():
        with gr.Column(scale=3):
            team = gr.Dropdown([], label=t["team"], elem_id="mk-which")
            about = own_html(elem_id="mk-about")
            task = gr.Textbox(
                label=t["team_task"], placeholder=t["team_hint"], lines=4, max_lines=16, elem_id="mk-task"
            )
            files = gr.File(label=t["team_files"], file_count="multiple", height=110, elem_id="mk-put")
        with gr.Column(scale=2):
            seats = gr.CheckboxGroup([], label=t["team_seats"], info=t["team_seats_hint"], elem_id="mk-seats")
            ask = gr.Checkbox(True, label=t["team_ask"], info=t["team_ask_hint"], elem_id="mk-ask-first")
            model = gr.Dropdown([], label=t["model"], info=t["model_hint"], allow_custom_value=True)
            with gr.Row():
                minutes = gr.Number(label=t["limit_minutes"], value=None, info=t["limit_hint"])
                calls = gr.Number(label=t["limit_calls"], value=None, precision=0, info=t["limit_hint"])
    start = gr.Button(t["team_start"], variant="primary", elem_id="mk-start")
    made = gr.Textbox(visible=False)
    offer_models(frame, model)
    gr.on(None, told(_teams(frame)), None, team, show_progress="hidden").then(
        told(_seats(frame)), team, [about, seats], show_progress="hidden"
    )
    team.input(told(_seats(frame)), team, [about, seats], show_progress="hidden")
    inputs = [team, task, files, seats, ask, model, minutes, calls]
    event = start.click(told(_begun(frame)), inputs, made, show_progress="minimal")
    event.success(None, made, None, js=GO % frame.base)


def _teams(frame: Frame) -> Any:
    def teams(request: gr.Request) -> Any:
        found = frame.door.served.teams.list(who_asks(request))
        names = [view.row.name for view in found if view.row.protocol != "software_company"]
        return gr.update(choices=names, value=FIRST if FIRST in names else None)

    return teams


def _seats(frame: Frame) -> Any:
    """What a team is, and the seats in it that are not a person's anyway."""

    def seats(name: str | None, request: gr.Request) -> list[Any]:
        if not name:
            return ["", gr.update(choices=[], value=[])]
        view = frame.door.served.teams.show(who_asks(request), name)
        roles = parse_team(view.file).roles if view.file else {}
        free = [role for role, entry in roles.items() if entry.human == "never"]
        about = page("about", row=view.row, roles=roles, t=frame.t)
        return [str(about), gr.update(choices=free, value=[])]

    return seats


def _begun(frame: Frame) -> Any:
    async def begin(
        team: str | None,
        task: str,
        files: Sequence[str] | None,
        seats: Sequence[str] | None,
        ask: bool,
        model: str | None,
        minutes: float | None,
        calls: int | None,
        request: gr.Request,
    ) -> str:
        if not team:
            raise InputError(frame.t["team_choose"])
        served, who = frame.door.served, who_asks(request)
        limits = {"max_minutes": minutes or None, "max_calls": calls or None}
        order = served.teams.order(
            who,
            team,
            task,
            persons=tuple(seats or ()),
            attended=True,
            unasked=not ask,
            model=model or None,
            files=tuple(Path(name) for name in files or ()) or None,
            **limits,
        )
        return (await served.desk.start(who, order)).run.record.id

    return begin
