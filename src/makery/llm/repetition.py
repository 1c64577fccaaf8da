"""Watches a stream for endless repetition, without cutting code that merely looks alike.

What counts is *exact* periodicity of the tail: tables, boards, ASCII art and style sheets repeat almost,
or exactly but not often. How often is too often depends on what is repeated:

* prose and statements (two or more words): `SENTENCES` times;
* a longer passage: `PASSAGES` times;
* markup, cells, digits, rules (`<td></td>`, `0, `, `----`): many more, since boards and maps are written so;
* blanks: a run longer than any indentation;
* numbered lines that are equal but for their numbers (`A17 --> A18`): `NUMBERED` of them.
"""

import re
from dataclasses import dataclass

WINDOW = 6144
"""Characters of the tail that are looked at."""
SENTENCES = 16
PASSAGE_LENGTH = 200
PASSAGES = 6
CELLS = 90
CELLS_LENGTH = 1500
"""Repeats of something wordless, and the characters they cover together."""
BLANKS = 400
NUMBERED = 220
_SENTENCES_LENGTH = 240
_STEP = 64
_PROBE = 12
_WORD = re.compile(r"[^\W\d_]{2,}")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Loop:
    """Where a text began to repeat itself."""

    start: int
    """Offset after the first occurrence of what is repeated: what stands before it is worth keeping."""
    unit: str
    repeats: int

    def __str__(self) -> str:
        shown = " ".join(self.unit.split())[:60]
        return f"{shown!r} {self.repeats} times in a row"


class RepetitionGuard:
    """Feed it a stream; it says when the stream only repeats itself."""

    def __init__(self) -> None:
        self.text = ""
        """All that was fed."""
        self._looked = 0
        self._shape = ""
        self._same_shape = 0
        self._line_start = 0

    def feed(self, piece: str) -> Loop | None:
        """Add a piece of the stream; a `Loop` if it should be cut."""
        self.text += piece
        loop = self._numbered_lines() if "\n" in piece else None
        if loop is None and len(self.text) - self._looked >= _STEP:
            self._looked = len(self.text)
            loop = find_loop(self.text)
        return loop

    def _numbered_lines(self) -> Loop | None:
        *lines, _ = self.text[self._line_start :].split("\n")
        for line in lines:
            self._line_start += len(line) + 1
            shape = _NUMBER.sub("0", line)
            self._same_shape = self._same_shape + 1 if shape == self._shape and shape.strip() else 1
            self._shape = shape
            if self._same_shape >= NUMBERED and _WORD.search(line):
                return Loop(self._line_start, line, self._same_shape)
        return None


def find_loop(text: str) -> Loop | None:
    """The repetition at the end of a text that is too much, or None."""
    tail = text[-WINDOW:]
    blanks = len(tail) - len(tail.rstrip())
    if blanks > BLANKS:
        return Loop(len(text) - blanks, tail[-blanks:], blanks)
    if tail.count(tail[-_PROBE:]) < PASSAGES:
        return None
    for period, length in _periods(tail):
        unit = tail[-period:]
        if _too_often(unit, length // period, length):
            return Loop(len(text) - length + period, unit, length // period)
    return None


def _periods(tail: str) -> list[tuple[int, int]]:
    """Each smallest period of a suffix, with the longest suffix that has it, shortest period first."""
    backwards = tail[::-1]
    border = [0] * len(backwards)
    longest: dict[int, int] = {}
    k = 0
    for i in range(1, len(backwards)):
        while k and backwards[i] != backwards[k]:
            k = border[k - 1]
        k += backwards[i] == backwards[k]
        border[i] = k
        longest[i + 1 - k] = i + 1
    return sorted((p, n) for p, n in longest.items() if n >= 2 * p)


def _too_often(unit: str, repeats: int, length: int) -> bool:
    words = set(_WORD.findall(unit))
    if "<" in unit and ">" in unit:
        words = set()
    if len(unit) >= PASSAGE_LENGTH and repeats >= PASSAGES and words:
        return True
    if len(words) >= 2 and repeats >= SENTENCES and length >= _SENTENCES_LENGTH:
        return True
    return repeats >= CELLS and length >= CELLS_LENGTH
