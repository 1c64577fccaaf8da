"""Models as the interfaces show them."""

from datetime import date

from makery.kernel.artifact import Frozen


class ModelRow(Frozen):
    """One model of the catalogue."""

    name: str
    provider: str
    base_url: str
    key_variables: tuple[str, ...] = ()
    """Environment variables of which one may hold the key."""
    has_key: bool | None = None
    """Whether the key is there, never the key itself; None if none is needed."""
    context: int
    """Tokens of prompt and answer together."""
    usd_per_million_in: float | None = None
    """Price of a million prompt tokens; 0 if it is free, None if it is not known."""
    usd_per_million_out: float | None = None
    price_checked: date | None = None
    """The day on which the price was read."""


class Trial(Frozen):
    """What one short question to a model showed."""

    model: str
    works: bool
    message: str
    """One sentence: what works, or what is wrong and what to do."""
    exit_status: int = 0
    """The status that a run with this model would end with."""
