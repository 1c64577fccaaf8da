"""Places where a program can be broken, and a choice of them that reaches all of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

SHORT = 40


@dataclass(frozen=True)
class Site:
    """One possible change: bytes `start:end` of a file become `new`."""

    path: str
    scope: str
    """The function or other part of the file that it is in."""
    kind: str
    start: int
    end: int
    new: str
    place: str
    """For people: `todo.py:12 == became !=`."""

    def apply(self, text: str) -> str:
        """The file's text with the change."""
        data = text.encode()
        return (data[: self.start] + self.new.encode() + data[self.end :]).decode()


def spread(sites: Iterable[Site]) -> Iterator[Site]:
    """All sites, one function after the other and in each of them one kind after the other.

    The order depends on the sites alone: their order within a kind is that of a hash.
    """
    groups: defaultdict[tuple[str, str], list[Site]] = defaultdict(list)
    for site in sorted(sites, key=_shuffle):
        groups[site.path, site.scope].append(site)
    queues = [_kinds_in_turn(group) for _, group in sorted(groups.items(), key=lambda item: _hash(*item[0]))]
    for turn in range(max(map(len, queues), default=0)):
        yield from (queue[turn] for queue in queues if turn < len(queue))


def _kinds_in_turn(group: list[Site]) -> list[Site]:
    seen: Counter[str] = Counter()
    turns: list[tuple[int, int, Site]] = []
    for number, site in enumerate(group):
        turns.append((seen[site.kind], number, site))
        seen[site.kind] += 1
    return [site for _, _, site in sorted(turns, key=lambda turn: turn[:2])]


def _shuffle(site: Site) -> str:
    return _hash(site.path, site.scope, site.kind, str(site.start), site.new)


def _hash(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()


def short(text: str) -> str:
    """The text on one line, at most `SHORT` characters."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
