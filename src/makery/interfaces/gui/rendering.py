"""Texts that models and users wrote, as HTML that cannot act: Markdown, code, differences.

Everything here returns `Markup` in which only our own tags are tags.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

from makery.interfaces.gui.texts import PACKAGE

LONGEST = 200_000
"""Characters of one text that are shown; the whole is in the download."""


@cache
def _environment() -> Environment:
    loader = PackageLoader(PACKAGE, "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters["clock"] = clock
    return made


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: 75 is 1:15."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def page(template: str, **given: Any) -> Markup:
    """A template of `templates/` with values; text in them stays text."""
    return Markup(_environment().get_template(f"{template}.html").render(**given))  # noqa: S704 - escapes


def markdown(text: str) -> Markup:
    """Markdown as HTML: no HTML of its own, no pictures, links that open elsewhere."""
    shown = _reader().render(_shortened(text))
    return Markup(f'<div class="mk-prose">{shown}</div>')  # noqa: S704 - the reader escapes


def plain(text: str) -> str:
    """Markdown without HTML and pictures of its own. Gradio cleans it too: this is the first of two locks.

    A space of no width makes that no tag begins, in text and in code alike.
    """
    return re.sub(r"<(?=[A-Za-z/!?])", "<\u200b", text).replace("![", "[")


def code(text: str, path: str) -> Markup:
    """A file's text, coloured after its name."""
    return _coloured(_shortened(text), _lexer_of(path))


def diff(text: str) -> Markup:
    """A unified difference, coloured."""
    return _coloured(_shortened(text), get_lexer_by_name("diff")) if text else Markup("")


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """The unified difference between two sets of files."""
    return "".join(_differences(old, new))


def style() -> str:
    """The style sheet of coloured code, for light and dark pages."""
    light = HtmlFormatter(style="default").get_style_defs(".mk-code")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".dark .mk-code")
    return f"{light}\n{dark}\n"


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*old, *new}):
        before, after = (files.get(path, "").splitlines(keepends=True) for files in (old, new))
        for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"):
            yield line if line.endswith("\n") else f"{line}\n"


def _coloured(text: str, lexer: Any) -> Markup:
    shown = highlight(text, lexer, HtmlFormatter(cssclass="mk-code", wrapcode=True))
    return Markup(shown)  # noqa: S704 - Pygments escapes


def _lexer_of(path: str) -> Any:
    try:
        return get_lexer_for_filename(PurePosixPath(path).name, stripnl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False)


def _fenced(text: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""
    return str(_coloured(text, lexer))


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "highlight": _fenced}).enable("table").disable("image")
    # Where a model's text leads to must not learn where it was clicked, nor reach back into this page.
    reader.add_render_rule("link_open", _link)
    return reader


def _link(self: Any, tokens: Any, index: int, options: Any, environment: Any) -> str:
    tokens[index].attrs.update({"target": "_blank", "rel": "noopener noreferrer nofollow"})
    return self.renderToken(tokens, index, options, environment)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[…]\n"
