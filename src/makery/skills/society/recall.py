"""Earlier results that matter now: those that share the rarest words with what is needed."""

import math
import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]{2}")


def recalled(texts: Sequence[str], need: str, *, most: int = 4) -> tuple[str, ...]:
    """At most so many texts, in their order; the newest ones where nothing is shared.

    The score is the sum of inverse document frequencies of the shared words (Spärck Jones 1972).
    """
    scores = shared_rarity(texts, need)
    best = sorted(range(len(texts)), key=lambda number: (scores[number], number), reverse=True)[:most]
    return tuple(texts[number] for number in sorted(best))


def shared_rarity(texts: Sequence[str], need: str) -> list[float]:
    """For each text the sum of inverse document frequencies of the words that it shares with the need."""
    documents = [set(_words(text)) for text in texts]
    spread = Counter(word for document in documents for word in document)
    wanted = set(_words(need))
    return [
        sum(math.log(1 + len(texts) / spread[word]) for word in document & wanted) for document in documents
    ]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
