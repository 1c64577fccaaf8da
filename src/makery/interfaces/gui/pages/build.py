"""The first page: what is wanted, with which files, by whom, for how much."""

import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from makery.app.access import Principal
from makery.app.factory import Factory
from makery.app.options import BuildOptions, ordered
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.frame import Frame, told
from makery.interfaces.gui.texts import PACKAGE

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz")
_GATES = ("prd", "design", "plan", "delivery")
_MODES = ("auto", "direct", "duo", "company")
_FIELDS = (
    "requirement",
    "mode",
    "model",
    "ask",
    "ask_minutes",
    "silence",
    "max_minutes",
    "max_tokens",
    "max_usd",
    "max_calls",
    "seed",
    "replay",
)
"""Fields of the order in the order of the page's inputs; the files come last."""
LIMITS = (("minutes", None), ("tokens", 0), ("usd", None), ("calls", 0))
"""The limits of a run, and the decimals of each; Gradio makes an empty number 0 when it shows it."""
GO = "(run) => { if (run) window.location.assign('%s/run?id=' + encodeURIComponent(run)); }"


def add(frame: Frame) -> None:
    """Put the page's parts where Gradio collects them."""
    t = frame.t
    frame.bar("build")
    gr.Markdown(f"## {t['build_title']}\n{t['build_intro']}")
    with gr.Row():
        with gr.Column(scale=3):
            requirement = gr.Textbox(
                label=t["requirement"],
                placeholder=t["requirement_hint"],
                lines=9,
                max_lines=24,
                elem_id="mk-requirement",
                autofocus=True,
            )
            given = gr.File(label=t["files"], file_count="multiple", height=110, elem_id="mk-files")
        inputs = _choices(frame)
    start = gr.Button(t["start"], variant="primary", elem_id="mk-start")
    made = gr.Textbox(visible=False)
    _add_examples(frame, requirement, inputs[0])
    _connect(frame, [requirement, *inputs, given], start, made)


def _choices(frame: Frame) -> list[Any]:
    t = frame.t
    modes = [(t[f"mode_{name}"], name) for name in _MODES]
    gates = [(t[f"gate_{name}"], name) for name in _GATES]
    with gr.Column(scale=2):
        mode = gr.Radio(modes, value="auto", label=t["mode"], elem_id="mk-mode")
        model = gr.Dropdown(
            [], label=t["model"], info=t["model_hint"], allow_custom_value=True, elem_id="mk-model"
        )
        with gr.Accordion(t["gates"], open=False):
            ask = gr.CheckboxGroup(gates, label=t["gates_label"], info=t["gates_hint"])
            with gr.Row():
                minutes = gr.Number(label=t["ask_minutes"], value=None)
                silences = [(t["silence_approve"], "approve"), (t["silence_stop"], "stop")]
                silence = gr.Radio(silences, value="approve", label=t["silence"])
        with gr.Accordion(t["budget"], open=False), gr.Row():
            limits = [
                gr.Number(label=t[f"limit_{name}"], value=None, precision=precision, info=t["limit_hint"])
                for name, precision in LIMITS
            ]
        with gr.Accordion(t["more"], open=False):
            seed = gr.Number(label=t["seed"], value=None, precision=0)
            replay = gr.Textbox(label=t["replay"], info=t["replay_hint"], elem_id="mk-replay")
    offer_models(frame, model)
    return [mode, model, ask, minutes, silence, *limits, seed, replay]


def offer_models(frame: Frame, model: Any) -> None:
    """Fill a choice of models with those that can be asked, when the page is loaded."""

    def models(request: gr.Request) -> Any:
        who_asks(request)
        return gr.update(choices=models_to_ask(frame.door.served.factory), value=None)

    gr.on(None, told(models), None, model, show_progress="hidden")


def models_to_ask(factory: Factory) -> list[str]:
    """The names of the models whose keys are there."""
    rows = factory.models()
    return [row.name for row in rows if row.has_key is not False and not row.name.endswith("/MODEL")]


def _add_examples(frame: Frame, requirement: Any, mode: Any) -> None:
    text = files(PACKAGE).joinpath("texts", f"examples.{frame.locale}.toml")
    found = tomllib.loads(text.read_text(encoding="utf-8"))["examples"]
    gr.Examples(
        [[example["requirement"], example["mode"]] for example in found],
        [requirement, mode],
        label=frame.t["examples"],
        example_labels=[example["title"] for example in found],
    )


def _connect(frame: Frame, inputs: list[Any], start: Any, made: Any) -> None:
    async def order(request: gr.Request, *values: Any) -> str:
        *fields, given = values
        return await _ordered(frame, who_asks(request), dict(zip(_FIELDS, fields, strict=True)), given or [])

    event = start.click(told(order), inputs, made, show_progress="minimal")
    event.success(None, made, None, js=GO % frame.base)


async def _ordered(frame: Frame, who: Principal, fields: dict[str, Any], given: Sequence[str]) -> str:
    """The id of the run that was begun."""
    if fields["replay"]:
        who.require("operator")  # only the operator may have the server open any file
    wanted = {name: value for name, value in fields.items() if value}
    options = ordered(BuildOptions, **{"requirement": "", **wanted}, yes=not fields["ask"])
    with tempfile.TemporaryDirectory(prefix="makery-upload-") as folder:
        archive = _archive(given, Path(folder)) if given else None
        started = await frame.door.served.desk.start(who, options, archive=archive)
    return started.run.record.id


def _archive(given: Sequence[str], folder: Path) -> Path:
    """One archive as it came, or several files in one that is made here."""
    paths = [Path(name) for name in given]
    packed = folder / "files.zip"
    if len(paths) == 1 and paths[0].name.endswith(_ARCHIVES):
        return Path(shutil.copy(paths[0], folder / "archive"))
    with zipfile.ZipFile(packed, "w") as into:
        for path in paths:
            into.write(path, path.name)
    return packed
