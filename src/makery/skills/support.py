"""Which sentences of an answer its own sources do not support. Decided by the text, not by a model.

A sentence is supported by the results that it refers to, like [2], if they hold each of its numbers and,
where both are in one script, one of its longer words. So a made-up number or a foreign subject is found; a
claim that turns the meaning of the same words round is not.
"""

import re
from collections.abc import Iterator, Sequence

_REFERENCE = re.compile(r"\[(\d{1,2})\]")
_SENTENCE = re.compile(
    r"[^.!?。！？\n]+(?:[.!?](?!\s|$)[^.!?。！？\n]*)*[.!?。！？]?(?:\s*\[\d{1,2}\])*[.!?。！？]?"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W\d_]{4,}")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def unsupported(text: str, results: Sequence[str]) -> tuple[str, ...]:
    """The sentences without support, as they stand.

    Args:
        text: an answer that refers to results as [1], [2], …
        results: their texts, in that order.
    """
    return tuple(sentence for sentence in _sentences(text) if not _is_supported(sentence, results))


def _sentences(text: str) -> Iterator[str]:
    found = (match.group().strip() for match in _SENTENCE.finditer(text))
    return (sentence for sentence in found if re.search(r"\w", _REFERENCE.sub("", sentence)))


def _is_supported(sentence: str, results: Sequence[str]) -> bool:
    numbers = [int(number) for number in _REFERENCE.findall(sentence)]
    quoted = " ".join(results[number - 1] for number in numbers if 1 <= number <= len(results))
    claim = _REFERENCE.sub("", sentence)
    return bool(quoted) and _figures(claim) <= _figures(quoted) and _shares_words(claim, quoted)


def _figures(text: str) -> set[str]:
    return {number.replace(",", "") for number in _NUMBER.findall(text)}


def _shares_words(claim: str, quoted: str) -> bool:
    chinese, words = _pairs(claim), _words(claim)
    if chinese and _pairs(quoted):
        return bool(chinese & _pairs(quoted))
    if chinese or not words or not _words(quoted):
        return True  # two scripts, or nothing to compare: only the numbers count
    return bool(words & _words(quoted))


def _words(text: str) -> set[str]:
    # Beginnings, so that `prints` is found in `printed`.
    return {word[:5].casefold() for word in _WORD.findall(_CHINESE.sub(" ", text))}


def _pairs(text: str) -> set[str]:
    return {
        text[at : at + 2]
        for at in range(len(text) - 1)
        if re.fullmatch(r"[\u3400-\u9fff]{2}", text[at : at + 2])
    }
