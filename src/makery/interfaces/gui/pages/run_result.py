"""What a run came to: the verdict with its proofs, pictures, costs, and the program to try."""

import html
from typing import Any

import gradio as gr

from makery.app.trying import Bench
from makery.interfaces.gui.decisions import decisions
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.frame import Frame, own_html, told
from makery.interfaces.gui.rendering import page

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_PROMPT = "$ "


def add(frame: Frame, run: Any) -> None:
    """Put the two tabs where Gradio collects them."""
    t = frame.t
    with gr.Tab(t["tab_result"], id="result") as result:
        shown = own_html(padding=True, elem_id="mk-result")
    result.select(told(_result(frame)), run, shown, show_progress="hidden")
    with gr.Tab(t["tab_try"], id="try") as trying:
        framed = own_html(elem_classes=["mk-try"])
        with gr.Column(visible=False, elem_classes="mk-terminal") as terminal:
            gr.Markdown(t["terminal_intro"])
            hint = own_html()
            line = gr.Textbox(label=t["command"], elem_id="mk-command", max_lines=1)
            stdin = gr.Textbox(label=t["stdin"], lines=2)
            with gr.Row():
                go = gr.Button(t["run_command"], variant="primary", elem_id="mk-go")
                anew = gr.Button(t["files_anew"])
            output = own_html(elem_id="mk-output")
        files = gr.State(None)
    trying.select(told(_begin(frame)), run, [framed, terminal, line, hint], show_progress="hidden")
    inputs, outputs = [run, line, stdin, files, output], [output, files]
    for event in (go.click, line.submit):
        event(told(_tried(frame)), inputs, outputs, show_progress="minimal")
    anew.click(lambda: (None, ""), None, [files, output], show_progress="hidden")


# ---------------------------------------------------------------------------- result


def _result(frame: Frame) -> Any:
    def result(run: str, request: gr.Request) -> str:
        served = frame.door.served
        found = served.desk.result(who_asks(request), run)
        browser = served.factory.browse(run)
        there = found.workspace.is_dir()
        tree = browser.tree() if there else None
        pictures = [path for path in tree.documents if path.endswith(_PICTURES)] if tree else []
        verdict = page("verdict", verdict=found.verdict, t=frame.t) if found.verdict else ""
        total, by_work = browser.cost()
        labels = served.desk.labels(who_asks(request), run)
        table = decisions(labels, frame.base, frame.t) if labels else ""
        known = {
            "decisions": table,
            "result": found,
            "pictures": pictures,
            "there": there,
            "verdict": verdict,
        }
        return str(page("result", t=frame.t, bars=bars(by_work), total=total, **known))

    return result


def bars(by_work: Any) -> list[dict[str, Any]]:
    """Costs by role and skill as shares of the largest."""
    most = max((tally.seconds for tally in by_work.values()), default=0.0) or 1.0
    tokens = max((tally.usage.total for tally in by_work.values()), default=0) or 1
    return [
        {
            "role": role,
            "skill": skill,
            "tally": tally,
            "time": 100 * tally.seconds / most,
            "tokens": 100 * tally.usage.total / tokens,
        }
        for (role, skill), tally in by_work.items()
    ]


# ----------------------------------------------------------------------------- trying


def _begin(frame: Frame) -> Any:
    def begin(run: str, request: gr.Request) -> list[Any]:
        who = who_asks(request)
        served = frame.door.served
        served.desk.find(who, run)
        bench = Bench(served.factory)
        page_file = bench.page(run)
        hint = page("hint", text=served.desk.result(who, run).how_to_run, t=frame.t)
        if not page_file:
            return ["", gr.update(visible=True), bench.first_line(run), str(hint)]
        address = f"/gui/try/{frame.door.tickets.issue(who, run)}/{page_file}"
        framed = page("try", address=address, t=frame.t)
        return [str(framed), gr.update(visible=False), "", str(hint)]

    return begin


def _tried(frame: Frame) -> Any:
    async def tried(
        run: str,
        line: str,
        stdin: str,
        files: dict[str, str] | None,
        output: str,
        request: gr.Request,
    ) -> tuple[str, dict[str, str] | None]:
        who = who_asks(request)
        who.require("runs:write")
        served = frame.door.served
        served.desk.find(who, run)
        if not line.strip():
            return output, files
        bench = Bench(served.factory)
        done = await bench.run(run, line, bench.files(run) if files is None else files, stdin)
        status = "" if done.exit_status == 0 else f"\n[{done.exceeded or done.exit_status}]"
        text = html.escape(f"{_PROMPT}{line}\n{done.output.rstrip()}{status}")
        return f"{output or ''}<pre>{text}</pre>", done.files

    return tried
