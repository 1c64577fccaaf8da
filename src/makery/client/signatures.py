"""Whether a message to a webhook came from the server that it was made at."""

import hashlib
import hmac
import time
from collections.abc import Callable

HEADER = "Makery-Signature"
TOLERANCE_SECONDS = 300.0


def verify_signature(
    secret: str,
    body: bytes,
    header: str,
    *,
    tolerance: float = TOLERANCE_SECONDS,
    clock: Callable[[], float] = time.time,
) -> bool:
    """Whether a message is genuine and not a copy of an old one.

    Args:
        secret: what the server showed when the webhook was made.
        body: the message, byte for byte.
        header: the value of `Makery-Signature`.
        tolerance: how old it may be, in seconds.
        clock: Unix time in seconds.
    """
    moment, given = _field(header, "t"), _field(header, "v1")
    if not (moment.isascii() and moment.isdigit() and len(moment) < 16):
        return False
    if abs(clock() - int(moment)) > tolerance:
        return False
    expected = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def _field(header: str, name: str) -> str:
    found = (part.removeprefix(f"{name}=") for part in header.split(",") if part.startswith(f"{name}="))
    return next(found, "")
