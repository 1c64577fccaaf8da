"""What an order may ask for on a server: which models, how much, and whether it was given before."""

import hashlib
from pathlib import Path
from typing import TypeVar

from makery.app.access import Principal
from makery.app.options import AnyOrder, ForkOptions, ResumeOptions, RunOptions
from makery.app.refusals import Forbidden, QuotaReached
from makery.kernel.budget import Limits
from makery.store.ownership import Owner

Bounded = TypeVar("Bounded", bound=RunOptions | ResumeOptions | ForkOptions)


def refuse_addresses(who: Principal, model: str | None) -> None:
    """Only the operator may have the server call any address, or open any file as a model.

    Raises:
        Forbidden: somebody else names one.
    """
    if model and ("@" in model or model.lower().endswith(".gguf")) and not who.may("operator"):
        raise Forbidden(
            f"This key may not name addresses or files as models: {model[:80]!r}.",
            remedy="Choose one of GET /api/v1/models.",
        )


def bounded(order: Bounded, wanted: Limits, room: Limits) -> Bounded:
    """The order with limits no larger than what may be used.

    Args:
        order: sets limits of its own.
        wanted: the limits that the run would have without a quota.
        room: what may be used.

    Raises:
        QuotaReached: money is limited, but what the run costs would not be known.
    """
    if room.usd is not None and order.allow_unknown_price:
        raise QuotaReached(
            "This organisation has a quota of money, and a model without a known price would get around it.",
            remedy="Choose a model whose price is known: GET /api/v1/models",
        )
    changes: dict[str, float] = {}
    if room.tokens is not None:
        changes["max_tokens"] = room.tokens if wanted.tokens is None else min(wanted.tokens, room.tokens)
    if room.usd is not None:
        changes["max_usd"] = room.usd if wanted.usd is None else min(wanted.usd, room.usd)
    return order.model_copy(update=changes)


def limits_of_fork(order: ForkOptions, origin: RunOptions, below: Limits) -> Limits:
    """The limits that a fork would have: its own, else those that its origin was ordered with."""
    given = {name: getattr(order, name) for name in ("max_tokens", "max_usd", "max_minutes", "max_calls")}
    changed = {name: value for name, value in given.items() if value is not None}
    return origin.model_copy(update=changed).limits(below)


def digest_of(order: AnyOrder | ForkOptions, archive: Path | None, owner: Owner) -> str:
    """What tells two orders under one idempotency key apart."""
    parts = hashlib.sha256(f"{order.model_dump_json()}\n{owner.project}\n".encode())
    if archive is not None:
        with archive.open("rb") as file:
            parts.update(hashlib.file_digest(file, "sha256").digest())
    return parts.hexdigest()
