"""All pages of one language as one Gradio application."""

import gradio as gr
from gradio import themes

from makery.interfaces.gui.door import Door
from makery.interfaces.gui.pages import agent, build, chat, run, runs, settings, team
from makery.interfaces.gui.pages.frame import Frame
from makery.interfaces.gui.texts import Locale, texts_of

CACHE_SECONDS = (3600, 86_400)
"""How often uploads are looked through, and how old they get."""


def THEME() -> themes.Base:  # noqa: N802 - made anew for each application
    """The look: fonts of the reader's system, so that nothing is fetched from elsewhere."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans CJK SC", "sans-serif"]
    return themes.Soft(font=fonts, font_mono=["ui-monospace", "Consolas", "monospace"], primary_hue="blue")


def site(door: Door, locale: Locale) -> tuple[gr.Blocks, frozenset[str]]:
    """The pages, and their paths."""
    t = texts_of(locale)
    frame = Frame(door, locale, t)
    with gr.Blocks(title="Makery", analytics_enabled=False, delete_cache=CACHE_SECONDS) as blocks:
        build.add(frame)
    _answer_at_once(blocks, set())
    paths = {"/"}
    others = {
        "run": run.add,
        "runs": runs.add,
        "chat": chat.add,
        "agent": agent.add,
        "team": team.add,
        "settings": settings.add,
    }
    for name, add in others.items():
        with blocks.route(t[f"page_{name}"], f"/{name}", show_in_navbar=False):
            before = set(blocks.fns)
            add(frame)
        if name != "chat":  # whose answers come in pieces
            _answer_at_once(blocks, before)
        paths.add(f"/{name}")
    return blocks, frozenset(paths)


def _answer_at_once(blocks: gr.Blocks, before: set[int]) -> None:
    """Have what was added answer in the same request.

    Gradio's queue answers over a stream of the page, which it closes after each answer; a click that comes
    in that very moment is lost, for the end of the old stream takes the new event with it
    (`gradio.routes`, 6.31, `sse_stream`).
    """
    for number in blocks.fns.keys() - before:
        blocks.fns[number].queue = False
