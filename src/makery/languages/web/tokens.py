"""A tokenizer for JavaScript, just good enough to leave strings, comments and regular expressions alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |(?P<template>`(?:\\.|[^`\\])*`)
    |(?P<number>0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_$][\w$]*)
    |(?P<operator>>>>=|===|!==|>>>|\*\*=|<<=|>>=|&&=|\|\|=|\?\?=|\.\.\.|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\+=|-=|\*=|/=|%=|<<|>>|\*\*|[{}()\[\];,<>+\-*/%&|^!~?:=.@\#\\])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
REGEX = re.compile(r"/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
BEFORE_REGEX = frozenset(
    {
        *("(", ",", "=", ":", "[", "!", "&", "|", "?", "{", "}", ";", "+", "-", "*", "%", "<", ">", "~", "^"),
        *("=>", "&&", "||", "==", "===", "!=", "!==", "return", "typeof", "case", "in", "of"),
    }
)
"""After these a slash begins a regular expression; after a value it divides."""


@dataclass(frozen=True)
class Token:
    """A piece of source text at characters `start:end`."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """All tokens but white space and comments."""
    position = 0
    before = "("
    while position < len(text):
        regex = REGEX.match(text, position) if text[position] == "/" and before in BEFORE_REGEX else None
        match = regex or TOKEN.match(text, position)
        if match is None:
            return
        kind = "regex" if regex else str(match.lastgroup)
        if kind not in ("space", "comment"):
            before = match.group() if kind in ("operator", "word") else "value"
            yield Token(kind, match.group(), match.start(), match.end())
        position = match.end()


def closing(found: list[Token], index: int) -> int | None:
    """The index of the bracket that closes the one at `index`; None if none does."""
    pairs = {"{": "}", "(": ")", "[": "]"}
    depth = 0
    opener, closer = found[index].text, pairs[found[index].text]
    for number in range(index, len(found)):
        if found[number].kind == "operator":
            depth += (found[number].text == opener) - (found[number].text == closer)
            if depth == 0:
                return number
    return None
