"""All runs: listed, charted, compared."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import gradio as gr

from makery.interfaces.gui.decisions import decisions
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.frame import Frame, own_html, told
from makery.interfaces.gui.rendering import diff, page
from makery.store.ownership import OwnedRun

PAGE = 50
"""Runs on a page of the list."""
OFFERED = 100
"""The newest runs, of which two are chosen to be compared; others are named by their ids."""
DECISIONS = 200
"""The newest decisions that are shown; all are in the download."""
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
            with gr.Row(elem_classes="mk-controls"):
                newer = gr.Button(t["newer"], interactive=False, elem_id="mk-newer")
                shown = own_html(elem_id="mk-page")
                older = gr.Button(t["older"], interactive=False, elem_id="mk-older")
            places = gr.State([""])
        with gr.Tab(t["charts"]) as charts:
            charted = own_html(elem_id="mk-charts")
        with gr.Tab(t["compare"]):
            with gr.Row():
                known = {"allow_custom_value": True, "info": t["compare_hint"]}
                one = gr.Dropdown([], label=t["first_run"], elem_id="mk-one", **known)
                other = gr.Dropdown([], label=t["second_run"], elem_id="mk-other", **known)
                go = gr.Button(t["compare"], variant="primary", elem_id="mk-compare")
            compared = own_html(elem_id="mk-compared")
        with gr.Tab(t["labels"]) as labels:
            gr.Markdown(t["labels_intro"])
            decided = own_html(elem_id="mk-labels")
    parts = [listed, shown, newer, older, places]
    gr.on(None, told(_listed(frame, _same)), places, parts, show_progress="hidden")
    newer.click(told(_listed(frame, _back)), places, parts, show_progress="hidden")
    older.click(told(_listed(frame, _on)), places, parts, show_progress="hidden")
    gr.on(None, told(_offered(frame)), None, [one, other], show_progress="hidden")
    labels.select(told(_decided(frame)), None, decided, show_progress="minimal")
    charts.select(told(_charted(frame)), None, charted, show_progress="minimal")
    go.click(told(_compared(frame)), [one, other], compared, show_progress="minimal")


def _mine(frame: Frame, request: gr.Request, most: int, before: str = "") -> tuple[OwnedRun, ...]:
    return frame.door.served.desk.page(who_asks(request), most=most, before=before)


Places = list[str]
"""Where the pages up to the one that is shown begin: each at the runs older than one; '' is the newest."""
Turn = Callable[[Places, str], Places]
"""The places after the reader turned to another page, given the last run of this one."""


def _same(places: Places, last: str) -> Places:
    return places


def _back(places: Places, last: str) -> Places:
    return places[:-1] or [""]


def _on(places: Places, last: str) -> Places:
    return [*places, last] if last else places


def _listed(frame: Frame, turn: Turn) -> Any:
    def listed(places: Places | None, request: gr.Request) -> list[Any]:
        here = places or [""]
        # Looked up again, for runs may have been removed since the page was shown.
        records = [owned.record for owned in _mine(frame, request, PAGE, here[-1])]
        here = turn(here, records[-1].id if len(records) == PAGE else "")
        found = [owned.record for owned in _mine(frame, request, PAGE + 1, here[-1])]
        return [
            str(page("runs", records=found[:PAGE], base=frame.base, t=frame.t)),
            frame.t["runs_shown"].format(page=len(here)),
            gr.update(interactive=len(here) > 1),
            gr.update(interactive=len(found) > PAGE),
            here,
        ]

    return listed


def _offered(frame: Frame) -> Any:
    def offered(request: gr.Request) -> list[Any]:
        records = [owned.record for owned in _mine(frame, request, OFFERED)]
        names = [(f"{record.id} · {record.requirement[:60]}", record.id) for record in records]
        newest = [record.id for record in records[:2]]
        return [
            gr.update(choices=names, value=newest[1] if len(newest) > 1 else None),
            gr.update(choices=names, value=newest[0] if newest else None),
        ]

    return offered


def _decided(frame: Frame) -> Any:
    def decided(request: gr.Request) -> str:
        found = frame.door.served.desk.all_labels(who_asks(request))
        table = decisions(islice(found, DECISIONS), frame.base, frame.t)
        link = page("labels_link", t=frame.t)
        return f"{table}{link}"

    return decided


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
