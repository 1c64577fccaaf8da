"""Which words mean the same, in English and Chinese: WordNet 3.0 and the Chinese Open Wordnet, cut down.

A table of the verbs that tools are named by stands beside it (`synonyms.txt`): a meaning that is right for
tools (`issue`, `open`: create) is none of the first ones in a dictionary.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

LONGEST = 5
"""Characters of a Chinese word in the table."""
_HAN = re.compile(r"[\u3400-\u9fff]+")
_ENDINGS = (("ies", "y"), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("es", ""), ("s", ""))


def verbs_like(word: str) -> tuple[str, ...]:
    """The words by which tools name the same action; none if there are no others."""
    return _first(_table("synonyms.txt"), word)


def words_like(word: str) -> tuple[str, ...]:
    """The words of the same meanings, in small letters, English and Chinese; those of the base form, too."""
    return _first(_table("thesaurus.txt"), word)


def chinese_words(text: str) -> Iterator[str]:
    """The Chinese words of a text that the table knows, the longest from each place, none inside another."""
    known = _table("thesaurus.txt")
    for run in _HAN.findall(text):
        at = 0
        while at < len(run):
            sizes = range(min(LONGEST, len(run) - at), 1, -1)
            size = next((size for size in sizes if run[at : at + size] in known), 0)
            if size:
                yield run[at : at + size]
            at += size or 1


def _first(table: Mapping[str, tuple[str, ...]], word: str) -> tuple[str, ...]:
    return next((table[form] for form in _forms(word) if form in table), ())


def _forms(word: str) -> Iterator[str]:
    """The word, and what it may be a form of: `pupils`, `studies`, `booking`, `made` is not."""
    yield word
    yield from (word.removesuffix(end) + to for end, to in _ENDINGS if word.endswith(end) and len(word) > 4)


@lru_cache(maxsize=2)
def _table(name: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines():
        group = [] if line.startswith("#") else line.split()
        for word in group:
            others = (other.replace("_", " ") for other in group if other != word)
            found.setdefault(word, {}).update(dict.fromkeys(others))
    return {word: tuple(others) for word, others in found.items()}
