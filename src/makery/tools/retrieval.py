"""Finds the tools that a need calls for, so that not all of a thousand stand in the prompt.

Full-text search with SQLite's FTS5: stemmed words, BM25 (Robertson and Zaragoza 2009, "The Probabilistic
Relevance Framework"), the name counting more than the description. Chinese is split into pairs of characters.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from makery.kernel.tool import ToolSpec

_SYNONYM = 0.5
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can do for from how i in is it its me my need of on or please that the "
        "this to want what which with you",
    )
)


class ToolIndex:
    """An index of tool specifications in memory."""

    def __init__(self, specs: Iterable[ToolSpec]) -> None:
        self._specs = tuple(specs)
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        self._base.execute("CREATE VIRTUAL TABLE tools USING fts5(name, said, tokenize='porter unicode61')")
        rows = ((number, *_document(spec)) for number, spec in enumerate(self._specs, start=1))
        self._base.executemany("INSERT INTO tools(rowid, name, said) VALUES (?, ?, ?)", rows)

    def find(self, need: str, *, most: int = 5) -> tuple[ToolSpec, ...]:
        """The tools that fit a need best, at most so many; none if no word of it occurs."""
        wanted = [word for word in words(need) if word not in _COMMON]
        if not wanted:
            return ()
        scores: dict[int, float] = {}
        for word in dict.fromkeys(wanted):
            for row, score in self._scored(word).items():
                scores[row] = scores.get(row, 0.0) + score
        best = sorted(scores, key=lambda row: (-scores[row], row))[:most]
        return tuple(self._specs[row - 1] for row in best)

    def _scored(self, word: str) -> dict[int, float]:
        """The tools with a word, or with another that often names the same action, which counts less."""
        found: dict[int, float] = {}
        for form, weight in ((word, 1.0), *((other, _SYNONYM) for other in _synonyms().get(word, ()))):
            rows = self._base.execute(
                "SELECT rowid, bm25(tools, 3.0, 1.0) FROM tools WHERE tools MATCH ?", (f'"{form}"',)
            )
            for row, rank in rows:
                found[row] = max(found.get(row, 0.0), -rank * weight)
        return found

    def close(self) -> None:
        """Free the index."""
        self._base.close()


@lru_cache(maxsize=1)
def _synonyms() -> Mapping[str, tuple[str, ...]]:
    """The verbs that tools are named by: a small, closed vocabulary, in groups of the same meaning."""
    found: dict[str, tuple[str, ...]] = {}
    for line in Path(__file__).with_name("synonyms.txt").read_text(encoding="utf-8").splitlines():
        group = tuple(line.split())
        for word in group:
            found[word] = (*found.get(word, ()), *(other for other in group if other != word))
    return found


def words(text: str) -> Sequence[str]:
    """The words of a text or a name, in small letters; Chinese in pairs of characters."""
    found = [word.lower() for word in _WORD.findall(text)]
    for run in _HAN.findall(text):
        found += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
    return found


def _document(spec: ToolSpec) -> tuple[str, str]:
    arguments = spec.parameters.get("properties", {}).items()
    told = (f"{name} {schema.get('description', '')}" for name, schema in arguments)
    return " ".join(words(spec.name)), " ".join(words(" ".join((spec.description, *told))))
