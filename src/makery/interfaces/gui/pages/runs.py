"""All runs: listed, charted, compared."""

from typing import Any

import gradio as gr

from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.frame import Frame, own_html, told
from makery.interfaces.gui.rendering import diff, page
from makery.store.ownership import OwnedRun

LISTED = 100
CHARTED = 20
"""The newest runs whose ledgers are read for the chart."""


def add(frame: Frame) -> None:
    """Put the page's parts where Gradio collects them."""
    t = frame.t
    frame.bar("runs")
    gr.Markdown(f"## {t['page_runs']}")
    with gr.Tabs():
        with gr.Tab(t["history"]):
            listed = own_html(elem_id="mk-runs")
        with gr.Tab(t["charts"]) as charts:
            charted = own_html(elem_id="mk-charts")
        with gr.Tab(t["compare"]):
            with gr.Row():
                one = gr.Dropdown([], label=t["first_run"], elem_id="mk-one")
                other = gr.Dropdown([], label=t["second_run"], elem_id="mk-other")
                go = gr.Button(t["compare"], variant="primary", elem_id="mk-compare")
            compared = own_html(elem_id="mk-compared")
    gr.on(None, told(_listed(frame)), None, [listed, one, other], show_progress="hidden")
    charts.select(told(_charted(frame)), None, charted, show_progress="minimal")
    go.click(told(_compared(frame)), [one, other], compared, show_progress="minimal")


def _mine(frame: Frame, request: gr.Request, most: int) -> tuple[OwnedRun, ...]:
    return frame.door.served.desk.page(who_asks(request), most=most)


def _listed(frame: Frame) -> Any:
    def listed(request: gr.Request) -> list[Any]:
        records = [owned.record for owned in _mine(frame, request, LISTED)]
        names = [(f"{record.id} · {record.requirement[:60]}", record.id) for record in records]
        shown = page("runs", records=records, base=frame.base, t=frame.t)
        newest = [record.id for record in records[:2]]
        return [
            str(shown),
            gr.update(choices=names, value=newest[1] if len(newest) > 1 else None),
            gr.update(choices=names, value=newest[0] if newest else None),
        ]

    return listed


def _charted(frame: Frame) -> Any:
    def charted(request: gr.Request) -> str:
        who = who_asks(request)
        found = _mine(frame, request, CHARTED)
        results = [frame.door.served.desk.result(who, owned.record.id) for owned in reversed(found)]
        most = {
            "seconds": max((result.seconds for result in results), default=0) or 1,
            "tokens": max((result.used.usage.total for result in results), default=0) or 1,
            "usd": max((result.used.usd for result in results), default=0) or 1,
        }
        return str(page("charts", results=results, most=most, base=frame.base, t=frame.t))

    return charted


def _compared(frame: Frame) -> Any:
    def compared(one: str | None, other: str | None, request: gr.Request) -> str:
        if not one or not other:
            return frame.t["choose_two"]
        found = frame.door.served.desk.compare(who_asks(request), one, other)
        return str(page("comparison", found=found, program=diff(found.program), t=frame.t))

    return compared
