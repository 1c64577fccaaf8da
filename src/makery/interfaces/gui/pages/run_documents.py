"""What a run wrote: documents with their diagrams, files, and what changed between two steps."""

import re
from typing import Any

import gradio as gr

from makery.app.documents import files_of
from makery.app.words import words_of
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.frame import Frame, own_html, told
from makery.interfaces.gui.rendering import code, diff, plain
from makery.kernel.documents import SystemDesign, TaskPlan
from makery.kernel.events import MessagePublished
from makery.kernel.message import Message

_WHOLE = "-"


def add(frame: Frame, run: Any) -> None:
    """Put the two tabs where Gradio collects them."""
    t = frame.t
    with gr.Tab(t["tab_documents"]) as documents:
        choice = gr.Dropdown([], label=t["document"], elem_id="mk-documents")
        shown = gr.Markdown(elem_classes="mk-document", sanitize_html=True)
    documents.select(told(_choices(frame)), run, choice).then(
        told(_document(frame)), [run, choice], shown, show_progress="hidden"
    )
    choice.input(told(_document(frame)), [run, choice], shown, show_progress="hidden")
    with gr.Tab(t["tab_changes"]) as changes:
        with gr.Row():
            old = gr.Dropdown([], label=t["from_step"])
            new = gr.Dropdown([], label=t["to_step"])
        changed = own_html(padding=True)
        file = gr.Dropdown([], label=t["file"])
        content = own_html(padding=True)
    changes.select(told(_commits(frame)), run, [old, new, file]).then(
        told(_changed(frame)), [run, old, new], changed, show_progress="hidden"
    )
    for box in (old, new):
        box.input(told(_changed(frame)), [run, old, new], changed, show_progress="hidden")
    file.input(told(_file(frame)), [run, file], content, show_progress="hidden")


# ------------------------------------------------------------------------- documents


def _messages(frame: Frame, run: str, request: gr.Request) -> list[tuple[int, Message]]:
    served = frame.door.served
    entries = served.desk.seen(who_asks(request), run)
    published = ((e.seq, e.event) for e in entries if isinstance(e.event, MessagePublished))
    return [(seq, Message.model_validate(event.message)) for seq, event in published]


def _choices(frame: Frame) -> Any:
    def choices(run: str, request: gr.Request) -> Any:
        words = words_of(frame.locale)
        found = [
            (f"{seq} · {message.sender} · {message.artifact.kind()}", str(seq))
            for seq, message in _messages(frame, run, request)
            if any(path.endswith(".md") for path in files_of(message.artifact, words))
        ]
        return gr.update(choices=found, value=found[-1][1] if found else None)

    return choices


def _document(frame: Frame) -> Any:
    def document(run: str, chosen: str | None, request: gr.Request) -> str:
        if not chosen:
            return frame.t["no_documents"]
        for seq, message in _messages(frame, run, request):
            if str(seq) == chosen:
                texts = files_of(message.artifact, words_of(frame.locale)).values()
                return plain("\n\n".join(texts)) + diagram(message)
        return frame.t["no_documents"]

    return document


def diagram(message: Message) -> str:
    """How the files of a design or plan depend on each other, as a Mermaid diagram; '' for other kinds."""
    match message.artifact:
        case SystemDesign(files=files):
            edges = [(file.path, file.depends_on) for file in files]
        case TaskPlan(tasks=tasks):
            edges = [(task.path, task.depends_on) for task in tasks]
        case _:
            return ""
    numbers = {path: f"f{number}" for number, (path, _) in enumerate(edges)}
    nodes = [f'  {numbers[path]}["{_name(path)}"]' for path, _ in edges]
    arrows = [
        f"  {numbers[path]} --> {numbers[on]}" for path, needs in edges for on in needs if on in numbers
    ]
    return "\n\n```mermaid\n" + "\n".join(["graph LR", *nodes, *arrows]) + "\n```\n"


def _name(path: str) -> str:
    """A path as a label in which nothing is syntax."""
    return re.sub(r"[^\w./ -]", "_", path)


# --------------------------------------------------------------------------- changes


def _commits(frame: Frame) -> Any:
    def commits(run: str, request: gr.Request) -> list[Any]:
        frame.door.served.desk.find(who_asks(request), run)
        tree = frame.door.served.factory.browse(run).tree()
        found = [(f"{commit[:8]} {summary}", commit) for commit, summary in tree.commits]
        olds = [(frame.t["before_run"], _WHOLE), *found]
        newest = found[-1][1] if found else None
        before = olds[-2][1] if len(olds) > 1 else _WHOLE
        paths = [*tree.program, *tree.documents]
        return [
            gr.update(choices=olds, value=before),
            gr.update(choices=found, value=newest),
            gr.update(choices=paths, value=None),
        ]

    return commits


def _changed(frame: Frame) -> Any:
    def changed(run: str, old: str | None, new: str | None, request: gr.Request) -> str:
        frame.door.served.desk.find(who_asks(request), run)
        base = "" if old in (None, _WHOLE) else old
        text = frame.door.served.factory.browse(run).diff(base or "", new or "")
        return str(diff(text)) or frame.t["no_changes"]

    return changed


def _file(frame: Frame) -> Any:
    def file(run: str, path: str | None, request: gr.Request) -> str:
        if not path:
            return ""
        frame.door.served.desk.find(who_asks(request), run)
        content = frame.door.served.factory.browse(run).file(path)
        return str(code(content.decode("utf-8", "replace"), path))

    return file
