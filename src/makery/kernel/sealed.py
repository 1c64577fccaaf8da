"""Text with a checksum, for what is kept in a place that may give back something else than was put in.

SQLite does not checksum its pages: one flipped bit on the disk turns a recorded answer into another answer.
PostgreSQL checksums them only where its server was set up so.
"""

from hashlib import blake2b

_MARK = "#b2:"
_BYTES = 8
"""Against accidents; 64 bits miss one damage in 10^19. Nobody is kept from forging here."""
_HEAD = len(_MARK) + 2 * _BYTES + 1


class Damaged(ValueError):
    """A text is not the one that was sealed."""


def checksum(*parts: str) -> str:
    """16 hexadecimal digits that follow from the parts and from where one ends and the next begins."""
    text = "\x1f".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()


def sealed(text: str) -> str:
    """The text behind its checksum."""
    return f"{_MARK}{checksum(text)}:{text}"


def unsealed(text: str) -> str:
    """What was sealed; a text that never was, from before there were seals, as it is.

    Raises:
        Damaged: it has changed since.
    """
    if not text.startswith(_MARK):
        return text
    inner = text[_HEAD:]
    if text != sealed(inner):
        raise Damaged("its checksum does not fit")
    return inner
