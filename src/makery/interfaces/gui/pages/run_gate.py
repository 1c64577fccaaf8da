"""The form at a gate: what the run made, and what a person says to it."""

import json
from typing import Any

import gradio as gr

from makery.app.artifacts import read_artifact
from makery.app.questions import OpenQuestion
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.entries import body
from makery.interfaces.gui.pages.frame import Frame, as_it_stands, own_html, told
from makery.kernel.errors import InputError
from makery.kernel.gates import Decision
from makery.kernel.message import USER, Message


def add(frame: Frame, run: Any) -> tuple[list[Any], Any]:
    """Put the form where Gradio collects it; its parts, as `asked` fills them, and the gate that it shows."""
    t = frame.t
    with gr.Group(visible=False, elem_classes="mk-form") as group:
        title = gr.Markdown(elem_classes="mk-ask")
        gate = gr.Textbox(elem_classes="mk-off")
        shown = own_html(padding=True)
        with gr.Accordion(t["edit_document"], open=False):
            document = gr.Code(language="json", label=t["document"], elem_id="mk-document", max_lines=30)
        note = gr.Textbox(label=t["note"], lines=2, elem_id="mk-note")
        with gr.Row():
            approve = gr.Button(t["approve"], variant="primary", elem_id="mk-approve")
            edit = gr.Button(t["send_edited"], elem_id="mk-edit")
            reject = gr.Button(t["reject"], variant="stop", elem_id="mk-reject")
    parts = [group, title, gate, shown, document, note]
    inputs = [run, gate, note, document]
    buttons: tuple[tuple[Any, Decision], ...] = ((approve, "approve"), (edit, "edit"), (reject, "reject"))
    for button, decision in buttons:
        js = as_it_stands("mk-document")
        event = button.click(told(_decided(frame, decision)), inputs, note, js=js, show_progress="minimal")
        event.success(told(asked(frame)), [run, gate], parts, show_progress="hidden")
    return parts, gate


def asked(frame: Frame) -> Any:
    """Fills the form with the oldest open question, or hides it; what is being typed for that gate stays."""

    def ask(run: str, gate: str, request: gr.Request) -> list[Any]:
        questions = frame.door.served.desk.questions(who_asks(request), run)
        if not questions or questions[0].gate == gate:
            return [gr.update(visible=bool(questions)), *[gr.update()] * 5]
        return _form(frame, questions[0])

    return ask


def _form(frame: Frame, question: OpenQuestion) -> list[Any]:
    t = frame.t
    data = question.document["data"]
    artifact = read_artifact(json.dumps(question.document))
    message = Message(id="", sender=USER, artifact=artifact)
    return [
        gr.update(visible=True),
        f"### {t['gate_asks'].format(gate=t[f'gate_{question.gate}'])}",
        question.gate,
        str(body(message, (), frame.locale)),
        json.dumps(data, ensure_ascii=False, indent=2),
        "",
    ]


def _decided(frame: Frame, decision: Decision) -> Any:
    async def decide(run: str, gate: str, note: str, document: str, request: gr.Request) -> str:
        edited = _read(document) if decision == "edit" else None
        who = who_asks(request)
        await frame.door.served.desk.answer(who, run, decision, gate=gate, note=note, document=edited)
        return ""

    return decide


def _read(document: str) -> dict[str, Any]:
    try:
        read = json.loads(document)
    except json.JSONDecodeError as error:
        raise InputError(f"The edited document is no JSON: {error}.") from None
    if not isinstance(read, dict):
        raise InputError("The edited document is no JSON object.")
    return read
