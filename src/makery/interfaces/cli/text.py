"""Numbers and times as people read them."""

from datetime import UTC, datetime

from makery.app.meter import Tally


def when(seconds: float) -> datetime:
    """A Unix time as local time, to the second."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).astimezone()


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def usage(tally: Tally) -> str:
    """`12 calls, 3,400 tokens (1,200 cached), 0.0000 USD`."""
    tokens, cached = tally.usage.total, tally.usage.cached_tokens
    served = f" ({cached:,} cached)" if cached else ""
    return f"{tally.calls} calls, {tokens:,} tokens{served}, {tally.usd:.4f} USD"


def printable(text: str) -> str:
    """Text without what could command a terminal."""
    return "".join(c for c in text if c in "\n\t" or ord(c) > 0x9F or 0x20 <= ord(c) < 0x7F)
