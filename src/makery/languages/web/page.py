"""What a page loads and the scripts it holds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

SCRIPT = re.compile(r"(<script\b[^>]*>)(.*?)(</script\s*>)", re.DOTALL | re.IGNORECASE)
SOURCE = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
EVENT_ATTRIBUTE = re.compile(r"""\son[a-z]+\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
PAGES = (".html", ".htm")


@dataclass(frozen=True)
class Reference:
    """A file or address that a page loads."""

    tag: str
    url: str
    line: int

    @property
    def external(self) -> bool:
        """Whether it comes from the network."""
        return self.url.startswith("//") or urlsplit(self.url).scheme in ("http", "https")

    def local(self, page: str) -> str:
        """The path in the program's folder; '' for what is not a file."""
        parts = urlsplit(self.url)
        if self.external or parts.scheme or not parts.path:
            return ""
        return normpath(str(PurePosixPath(page).parent / unquote(parts.path)))


@dataclass(frozen=True)
class InlineScript:
    """Script text inside a page, at characters `start:end`."""

    start: int
    end: int
    text: str


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Reference] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        url = values.get("href") if tag == "link" else values.get("src")
        if url and tag in ("link", "script", "img", "audio", "video", "source", "iframe"):
            self.found.append(Reference(tag, url.strip(), self.getpos()[0]))


def references(html: str) -> list[Reference]:
    """Scripts, style sheets and media that a page loads."""
    parser = _References()
    parser.feed(html)
    return parser.found


def inline_scripts(html: str) -> Iterator[InlineScript]:
    """Scripts written in the page itself."""
    for match in SCRIPT.finditer(html):
        if not SOURCE.search(match.group(1)) and _is_javascript(match.group(1)) and match.group(2).strip():
            yield InlineScript(match.start(2), match.end(2), match.group(2))


def _is_javascript(tag: str) -> bool:
    kind = re.search(r"""\btype\s*=\s*["']?([^"'\s>]+)""", tag, re.IGNORECASE)
    return kind is None or kind.group(1).lower() in ("module", "text/javascript", "application/javascript")


def pages(files: Mapping[str, str]) -> dict[str, str]:
    """The HTML files."""
    return {path: text for path, text in files.items() if path.lower().endswith(PAGES)}


def scripts(files: Mapping[str, str]) -> dict[str, str]:
    """The JavaScript files."""
    return {path: text for path, text in files.items() if path.lower().endswith((".js", ".mjs"))}
