"""A stream kept up to a cap: the beginning and the end, with a note of what was cut between them."""


class CappedOutput:
    """Takes bytes without bound and keeps at most `cap` of them: the first half and the last half.

    Errors come last and introductions first: the middle of a flood is what a reader misses least.
    """

    def __init__(self, cap: int) -> None:
        self._room = cap // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0
        """Bytes that came, kept or not."""

    def take(self, piece: bytes) -> None:
        """Keep what there is room for."""
        self.total += len(piece)
        free = self._room - len(self._head)
        self._head += piece[:free]
        self._tail += piece[free:] if free else piece
        if len(self._tail) > 4 * self._room + 65536:
            del self._tail[: -self._room or None]

    @property
    def cut(self) -> int:
        """Bytes that were not kept."""
        return max(0, self.total - 2 * self._room)

    def text(self) -> str:
        """What was kept, as UTF-8 with replacement characters for what is not."""
        if not self.cut:
            return (self._head + self._tail).decode("utf-8", errors="replace")
        head = self._head.decode("utf-8", errors="replace")
        tail = self._tail[-self._room :] if self._room else b""
        return f"{head}\n[… {self.cut} bytes were cut here …]\n{tail.decode('utf-8', errors='replace')}"
