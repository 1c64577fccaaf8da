"""What all pages have: the bar at the top, and how an error reaches whoever looks."""

import asyncio
import functools
import html
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import gradio as gr

from makery.interfaces.gui.door import Door
from makery.interfaces.gui.rendering import page
from makery.interfaces.gui.texts import LOCALES, Locale, Texts
from makery.kernel.errors import MakeryError

PAGES = ("build", "runs", "chat", "agent", "team", "settings")
"""The pages of the bar, in its order. The first is at the top of the address."""
T = TypeVar("T")


@dataclass(frozen=True)
class Frame:
    """What a page is made with."""

    door: Door
    locale: Locale
    t: Texts

    @property
    def base(self) -> str:
        """The address below which the pages of this language are."""
        return f"/gui/{self.locale}"

    def bar(self, current: str) -> None:
        """Put the bar at the top of the page under construction."""
        other = next(locale for locale in LOCALES if locale != self.locale)
        shown = page("bar", t=self.t, base=self.base, pages=PAGES, current=current, other=other)
        own_html(str(shown))


def own_html(value: str = "", **more: Any) -> gr.HTML:
    """A place for HTML that `rendering` made: no script of its own, and styled by us alone."""
    classes = ["mk-own", *more.pop("elem_classes", [])]
    return gr.HTML(value, js_on_load=None, apply_default_css=False, elem_classes=classes, **more)


def told(work: Callable[..., T]) -> Callable[..., Awaitable[T]]:
    """The same work for a page's button: off the event loop, and what it refuses is told, not swallowed.

    Gradio shows messages as HTML, so that what is in them has to be escaped.
    """

    @functools.wraps(work)
    async def telling(*args: Any) -> T:
        try:
            if inspect.iscoroutinefunction(work):
                return await work(*args)
            return await asyncio.to_thread(work, *args)
        except MakeryError as error:
            raise gr.Error(html.escape(str(error)), duration=12, print_exception=False) from None

    return telling


def as_it_stands(editor: str) -> str:
    """A click's script that takes the text of an editor at that moment for the last of the inputs.

    Gradio hears of an edit a moment later, and what was there before would be sent.
    """
    return _AS_IT_STANDS.replace("EDITOR", editor)


_AS_IT_STANDS = """(...given) => {
    const code = document.querySelector("#EDITOR .cm-content");
    const editor = (code?.cmTile?.root ?? code?.cmView?.rootView)?.view;
    return editor ? [...given.slice(0, -1), editor.state.doc.toString()] : given;
}"""
