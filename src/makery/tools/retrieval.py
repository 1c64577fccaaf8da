"""Finds the tools that a need calls for, so that not all of a thousand stand in the prompt.

Full-text search with SQLite's FTS5: stemmed words, BM25 (Robertson and Zaragoza 2009, "The Probabilistic
Relevance Framework"), the name counting more than the description. A word also finds what names the same
thing by another word, which counts less; a Chinese one finds English tools that way. Parts of words
(character n-grams) decide where whole words do not.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from makery.kernel.tool import ToolSpec
from makery.tools.thesaurus import chinese_words, verbs_like, words_like

_VERB, _ALIKE, _PART = 0.5, 0.7, 0.05
"""What another word for the same action, another word of the same meaning, and parts of words count."""
_GRAM = 4
"""Characters of a part of an English word."""
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
        self._base.execute("CREATE VIRTUAL TABLE parts USING fts5(name, said)")
        rows = [(number, *_document(spec)) for number, spec in enumerate(self._specs, start=1)]
        self._base.executemany("INSERT INTO tools(rowid, name, said) VALUES (?, ?, ?)", rows)
        grams = ((number, _grams(name), _grams(said)) for number, name, said in rows)
        self._base.executemany("INSERT INTO parts(rowid, name, said) VALUES (?, ?, ?)", grams)

    def find(self, need: str, *, most: int = 5) -> tuple[ToolSpec, ...]:
        """The tools that fit a need best, at most so many; none if nothing of it occurs, by any word."""
        scores = Counter[int]()
        for forms in _asked(need):
            scores.update(self._scored(forms))
        for row, score in self._alike(need).items():
            scores[row] += score  # type: ignore[assignment]
        best = sorted(scores, key=lambda row: (-scores[row], row))[:most]
        return tuple(self._specs[row - 1] for row in best)

    def _scored(self, forms: dict[str, float]) -> dict[int, float]:
        """The tools with one of these forms, each by the best."""
        found: dict[int, float] = {}
        for form, weight in forms.items():
            for row, score in self._matches("tools", f'"{form}"'):
                found[row] = max(found.get(row, 0.0), score * weight)
        return found

    def _alike(self, need: str) -> dict[int, float]:
        wanted = " ".join(word for word in words(need) if word not in _COMMON)
        grams = dict.fromkeys(_grams(wanted).split())
        if not grams:
            return {}
        query = " OR ".join(f'"{gram}"' for gram in grams)
        return {row: score * _PART for row, score in self._matches("parts", query)}

    def _matches(self, table: str, query: str) -> Iterator[tuple[int, float]]:
        sql = f"SELECT rowid, -bm25({table}, 3.0, 1.0) FROM {table} WHERE {table} MATCH ?"  # noqa: S608 - ours
        yield from self._base.execute(sql, (query,))

    def close(self) -> None:
        """Free the index."""
        self._base.close()


def words(text: str) -> Sequence[str]:
    """The words of a text or a name, in small letters; Chinese in pairs of characters."""
    found = [word.lower() for word in _WORD.findall(text)]
    for run in _HAN.findall(text):
        found += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
    return found


def _asked(need: str) -> Iterator[dict[str, float]]:
    """For each word of a need the forms under which it is looked for, and what each counts."""
    terms = [*words(need), *chinese_words(need)]
    for word in dict.fromkeys(term for term in terms if term not in _COMMON):
        alike = {form: _ALIKE for other in words_like(word) for form in (" ".join(words(other)),) if form}
        yield {**alike, **dict.fromkeys(verbs_like(word), _VERB), word: 1.0}


def _grams(text: str) -> str:
    """The parts of a text's words, each word with its ends marked."""
    marked = (f"0{word}0" for word in text.split() if word.isascii() and len(word) >= _GRAM - 1)
    return " ".join(word[at : at + _GRAM] for word in marked for at in range(len(word) - _GRAM + 1))


def _document(spec: ToolSpec) -> tuple[str, str]:
    arguments = spec.parameters.get("properties", {}).items()
    told = (f"{name} {schema.get('description', '')}" for name, schema in arguments)
    return " ".join(words(spec.name)), " ".join(words(" ".join((spec.description, *told))))
