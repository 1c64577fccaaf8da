"""Copies of a browser program whose JavaScript is broken in one place each."""

from collections.abc import Iterator, Mapping

from makery.kernel.ports import Mutant
from makery.languages.spread import Site, short, spread
from makery.languages.web.page import inline_scripts, pages, scripts
from makery.languages.web.tokens import Token, closing, tokens

OPERATORS = {
    "===": ("comparison", "!=="),
    "!==": ("comparison", "==="),
    "==": ("comparison", "!="),
    "!=": ("comparison", "=="),
    "<": ("comparison", "<="),
    "<=": ("comparison", "<"),
    ">": ("comparison", ">="),
    ">=": ("comparison", ">"),
    "&&": ("logic", "||"),
    "||": ("logic", "&&"),
    "+=": ("arithmetic", "-="),
    "-=": ("arithmetic", "+="),
    "+": ("arithmetic", "-"),
    "-": ("arithmetic", "+"),
    "*": ("arithmetic", "+"),
    "++": ("arithmetic", "--"),
    "%": ("arithmetic", "*"),
}
WORDS = {"true": "false", "false": "true"}
QUIET = frozenset({"console", "import", "export"})


def mutants(files: Mapping[str, str], *, most: int) -> list[Mutant]:
    """At most so many mutants, spread over files, functions and kinds; the same for the same files."""
    sites = [site for path, text in sorted(scripts(files).items()) for site in _sites(path, text, text, 0)]
    for path, text in sorted(pages(files).items()):
        for part in inline_scripts(text):
            sites += _sites(path, text, part.text, part.start)
    chosen: list[Mutant] = []
    for site in spread(sites):
        if len(chosen) == most:
            break
        broken = site.apply(files[site.path])
        chosen.append(Mutant(place=site.place, files=tuple({**files, site.path: broken}.items())))
    return chosen


def _sites(path: str, whole: str, script: str, start: int) -> Iterator[Site]:
    """Changes of one script that begins at character `start` of its file."""
    found = list(tokens(script))
    scopes = _scopes(found)
    for index, token in enumerate(found):
        change = _change(found, index)
        if change and not _is_quiet(found, index):
            kind, new = change
            line = whole.count("\n", 0, start + token.start) + 1
            begin = len(whole[: start + token.start].encode())
            end = begin + len(token.text.encode())
            place = f"{path}:{line} {short(token.text)} became {short(new)}"
            yield Site(path, scopes[index], kind, begin, end, new, place)


def _change(found: list[Token], index: int) -> tuple[str, str] | None:
    token = found[index]
    if token.kind == "number" and token.text.isdigit():
        return "constant", str(int(token.text) + 1)
    if token.kind == "string" and len(token.text) > 2:
        return "string", f"{token.text[:-1]}~{token.text[-1]}"
    if token.kind == "word" and token.text in WORDS:
        return "constant", WORDS[token.text]
    if token.kind != "operator" or token.text not in OPERATORS:
        return None
    around = [found[near].kind for near in (index - 1, index + 1) if 0 <= near < len(found)]
    joins_text = token.text in ("+", "+=") and any(kind in ("string", "template") for kind in around)
    unary = token.text in ("+", "-") and (index == 0 or found[index - 1].text in "([{,=:?;")
    return None if joins_text or unary else OPERATORS[token.text]


def _is_quiet(found: list[Token], index: int) -> bool:
    """Inside a statement of logging or importing."""
    for token in reversed(found[max(0, index - 12) : index]):
        if token.text in (";", "{", "}"):
            return False
        if token.text in QUIET:
            return True
    return found[index].text == "use strict"


def _scopes(found: list[Token]) -> list[str]:
    """The innermost named function of each token."""
    scopes = [""] * len(found)
    for index, token in enumerate(found):
        name = _function_name(found, index) if token.text == "{" else ""
        end = closing(found, index) if name else None
        if end is not None:
            scopes[index:end] = [name] * (end - index)
    return scopes


def _function_name(found: list[Token], index: int) -> str:
    """The name before the brackets of a body `name(…) {`; '' for other blocks."""
    if index < 3 or found[index - 1].text != ")":
        return ""
    depth = 0
    for number in range(index - 1, -1, -1):
        depth += (found[number].text == ")") - (found[number].text == "(")
        if depth == 0:
            name = found[number - 1].text if number and found[number - 1].kind == "word" else ""
            return "" if name in ("if", "for", "while", "switch", "catch", "function") else name
    return ""
