"""Repairs of a browser program that need no model and change nothing else."""

import re
from collections.abc import Mapping

from makery.languages.text import strip_fences, unix
from makery.languages.web.page import pages, references, scripts

TEXT = (".html", ".htm", ".css", ".js", ".mjs")
PAGE = re.compile(r"<!doctype html|<html\b", re.IGNORECASE)
END = re.compile(r"</html\s*>", re.IGNORECASE)


def mend(files: Mapping[str, str]) -> dict[str, str]:
    """The files without stray fences and prose, and pages that load the scripts beside them."""
    mended = {path: _clean(path, text) if path.endswith(TEXT) else text for path, text in files.items()}
    return _load_scripts(mended)


def _clean(path: str, text: str) -> str:
    text = unix(text)
    if re.search(r"^[ \t]*(```|~~~)[\w.+-]*[ \t]*$", text, re.MULTILINE) and _is_wrapped(path, text):
        text = unix(strip_fences(text))
    return _only_page(text) if path.endswith((".html", ".htm")) else text


def _is_wrapped(path: str, text: str) -> bool:
    """Fences around a file, not inside it: a template string may hold some."""
    first = text.lstrip().split("\n", 1)[0]
    if path.endswith((".html", ".htm")):
        return not PAGE.match(text.lstrip())
    return first.startswith(("```", "~~~")) or text.rstrip().endswith("```")


def _only_page(text: str) -> str:
    """What stands between the page's first and last tag."""
    start = PAGE.search(text)
    ends = list(END.finditer(text))
    if not start or not ends or ends[-1].start() < start.start():
        return text
    return f"{text[start.start() : ends[-1].end()]}\n"


def _load_scripts(files: dict[str, str]) -> dict[str, str]:
    """Add the script tag for a sibling that nothing loads, where there is one page and one such script."""
    html, javascript = pages(files), scripts(files)
    if len(html) != 1 or not javascript:
        return files
    ((path, text),) = html.items()
    loaded = {reference.local(path) for reference in references(text)}
    everything = "\n".join([text, *javascript.values()])
    missing = [
        name for name in javascript if name not in loaded and name.rsplit("/", 1)[-1] not in everything
    ]
    if loaded & javascript.keys() or len(missing) != 1:
        return files
    tag = f'<script src="{missing[0]}"></script>'
    place = text.lower().rfind("</body>")
    place = len(text) if place < 0 else place
    return {**files, path: f"{text[:place]}{tag}\n{text[place:]}"}
