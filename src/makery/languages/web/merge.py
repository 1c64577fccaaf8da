"""Putting a model's corrected page, script or functions into the files they came from."""

import re
from collections.abc import Mapping

from makery.kernel.errors import MalformedOutput
from makery.languages.web.tokens import Token, closing, tokens

PAGE = re.compile(r"<!doctype html|<html[\s>]", re.IGNORECASE)
TAG = re.compile(r"</?script[^>]*>", re.IGNORECASE)


def merge(files: Mapping[str, str], snippet: str) -> dict[str, str]:
    """The files with the page replaced, if the snippet is one, else each function it defines.

    Functions are found by their names: `function move(…) {…}`, `const move = (…) => {…}`, and methods
    `move(…) {…}` of a class or an object.

    Raises:
        MalformedOutput: the snippet is no page and defines no function that the program has.
    """
    if PAGE.search(snippet):
        page = next((path for path in files if path.endswith((".html", ".htm"))), "index.html")
        return {**files, page: snippet}
    changed = dict(files)
    code = TAG.sub("", snippet)
    replaced = False
    for name, text in functions(code).items():
        for path, content in changed.items():
            old = functions(content).get(name) if path.endswith((".js", ".html", ".htm")) else None
            if old is not None:
                changed[path] = content.replace(old, text, 1)
                replaced = True
                break
    if not replaced:
        raise MalformedOutput(
            "The corrected code defines no function that the program has.",
            text=snippet,
            remedy="Send whole functions with the names they have in the program.",
        )
    return changed


def functions(code: str) -> dict[str, str]:
    """The source text of each named function or method, the outermost first."""
    found = list(tokens(code))
    texts: dict[str, str] = {}
    index = 0
    while index < len(found):
        body = _body(found, index)
        end = closing(found, body) if body is not None else None
        if end is None:
            index += 1
            continue
        name = found[index + 1].text if found[index].text == "function" else found[index].text
        texts.setdefault(name, code[found[index].start : found[end].end])
        index = body + 1 if body is not None else index + 1
    return texts


KEYWORDS = frozenset({"if", "for", "while", "switch", "catch", "with", "function", "return", "else"})


def _body(found: list[Token], index: int) -> int | None:
    """The index of the brace that opens the function starting at a token; None if none starts there."""
    word = found[index]
    if word.kind != "word":
        return None
    if word.text == "function":
        named = index + 2 < len(found) and found[index + 1].kind == "word" and found[index + 2].text == "("
        return _brace_after(found, index + 2) if named else None
    if word.text in KEYWORDS or index + 1 >= len(found):
        return None
    follower = found[index + 1].text
    if follower == "(" and (index == 0 or found[index - 1].text not in ("function", "new", ".")):
        return _brace_after(found, index + 1)
    if follower == "=" and index + 2 < len(found) and found[index + 2].text == "(":
        return _brace_after(found, index + 2, arrow=True)
    return None


def _brace_after(found: list[Token], opener: int, *, arrow: bool = False) -> int | None:
    end = closing(found, opener)
    if end is None:
        return None
    brace = end + 1
    if arrow:
        if brace >= len(found) or found[brace].text != "=>":
            return None
        brace += 1
    return brace if brace < len(found) and found[brace].text == "{" else None
