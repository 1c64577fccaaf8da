"""Settings: which models can be asked, keys for them, keys for others, how this machine is."""

from typing import Any, get_args

import gradio as gr

from makery.app.keeping_keys import keep_key
from makery.interfaces.gui.door import who_asks
from makery.interfaces.gui.pages.build import offer_models
from makery.interfaces.gui.pages.frame import Frame, own_html, told
from makery.interfaces.gui.rendering import page
from makery.kernel.errors import InputError
from makery.store.access import Scope

_DAYS = 90


def add(frame: Frame) -> None:
    """Put the page's parts where Gradio collects them."""
    t = frame.t
    frame.bar("settings")
    gr.Markdown(f"## {t['page_settings']}")
    with gr.Tabs():
        with gr.Tab(t["providers"]):
            _add_providers(frame)
        with gr.Tab(t["keys"]):
            _add_keys(frame)
        with gr.Tab(t["machine"]) as machine:
            diagnosis = own_html(elem_id="mk-machine")
    machine.select(told(_diagnosed(frame)), None, diagnosis, show_progress="minimal")


def _add_providers(frame: Frame) -> None:
    t = frame.t
    with gr.Row(equal_height=True):
        model = gr.Dropdown([], label=t["model"], allow_custom_value=True, elem_id="mk-tested", scale=3)
        test = gr.Button(t["test"], variant="primary", elem_id="mk-test")
    outcome = own_html(elem_id="mk-outcome")
    with gr.Row(equal_height=True):
        provider = gr.Dropdown([], label=t["provider"], elem_id="mk-provider")
        key = gr.Textbox(
            label=t["provider_key"], info=t["provider_key_hint"], type="password", elem_id="mk-key"
        )
        keep = gr.Button(t["keep_key"], elem_id="mk-keep")
    listed = own_html(elem_id="mk-models")
    offer_models(frame, model)
    gr.on(None, told(_listed(frame)), None, [listed, provider], show_progress="hidden")
    test.click(told(_tested(frame)), model, outcome, show_progress="minimal")
    keep.click(told(_kept(frame)), [provider, key], [key, listed], show_progress="minimal")


def _rows(frame: Frame) -> Any:
    return frame.door.served.factory.models()


def _listed(frame: Frame) -> Any:
    def listed(request: gr.Request) -> list[Any]:
        who_asks(request)
        rows = _rows(frame)
        providers = sorted({row.provider for row in rows if row.has_key is not None})
        return [str(page("models", rows=rows, t=frame.t)), gr.update(choices=providers, value=None)]

    return listed


def _tested(frame: Frame) -> Any:
    async def test(model: str | None, request: gr.Request) -> str:
        who = who_asks(request)
        who.require("runs:write")
        served = frame.door.served
        if model and model not in {row.name for row in _rows(frame)}:
            who.require("operator")  # any address may be named
        trial = await served.host.call(served.factory.try_model(model or None))
        return str(page("trial", trial=trial, t=frame.t))

    return test


def _kept(frame: Frame) -> Any:
    def keep(provider: str | None, key: str, request: gr.Request) -> list[Any]:
        who_asks(request).require("operator")
        if not provider:
            raise InputError(frame.t["choose_provider"])
        keep_key(provider, key)
        return ["", str(page("models", rows=_rows(frame), t=frame.t))]

    return keep


# ------------------------------------------------------------------------ keys for others


def _add_keys(frame: Frame) -> None:
    t = frame.t
    gr.Markdown(t["keys_intro"])
    with gr.Row(equal_height=True):
        name = gr.Textbox(label=t["key_name"], max_length=80, elem_id="mk-key-name")
        scopes = gr.CheckboxGroup(list(get_args(Scope)), value=["runs:read"], label=t["key_scopes"])
        days = gr.Number(label=t["key_days"], value=_DAYS, minimum=1)
        make = gr.Button(t["make_key"], elem_id="mk-make-key")
    made = gr.Textbox(label=t["key_once"], buttons=["copy"], interactive=False, elem_id="mk-made-key")
    make.click(told(_issued(frame)), [name, scopes, days], made, show_progress="minimal")


def _issued(frame: Frame) -> Any:
    def issue(name: str, scopes: list[Scope], days: float | None, request: gr.Request) -> str:
        doors = frame.door.served.doors
        return doors.issue(who_asks(request), name=name or "key", scopes=tuple(scopes), days=days).text

    return issue


def _diagnosed(frame: Frame) -> Any:
    def diagnose(request: gr.Request) -> str:
        who_asks(request).require("operator")
        return str(page("machine", found=frame.door.served.factory.diagnose(), t=frame.t))

    return diagnose
