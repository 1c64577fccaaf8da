"""What a character remembers now: recent, important, and about what is at hand.

The memory stream of Park et al. 2023 (Generative Agents, arXiv:2304.03442): three scores between 0 and 1,
added with equal weight. Relevance is the rarity of the words in common instead of an embedding's angle, and
recency counts from when a memory was made, not from when it was last thought of.
"""

from collections.abc import Sequence

from makery.kernel.dialogue import Memory
from makery.skills.society.recall import shared_rarity

DECAY = 0.99
"""Of recency, for each hour or round. (Park et al. take 0.995 for each hour since the last retrieval.)"""


def retrieved(stream: Sequence[Memory], need: str, *, now: int, most: int = 8) -> tuple[str, ...]:
    """The texts of at most so many memories, in the order in which they were made."""
    recency = [DECAY ** max(0, now - memory.at) for memory in stream]
    importance = [float(memory.importance) for memory in stream]
    relevance = shared_rarity([memory.text for memory in stream], need)
    scores = [sum(parts) for parts in zip(*map(_scaled, (recency, importance, relevance)), strict=True)]
    best = sorted(range(len(stream)), key=lambda number: (scores[number], number), reverse=True)[:most]
    return tuple(stream[number].text for number in sorted(best))


def _scaled(values: Sequence[float]) -> list[float]:
    """From 0 for the least to 1 for the most."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    return [(value - low) / (high - low) if high > low else 1.0 for value in values]
