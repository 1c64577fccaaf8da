"""Models as the interfaces show them."""

from makery.kernel.artifact import Frozen


class ModelRow(Frozen):
    """One model of the catalogue."""

    name: str
    provider: str
    base_url: str
    key_variable: str
    key: str
    """Whether it is there, never the key itself: `found`, `missing`, `not needed`."""
    context: int
    price: str
    """US dollars per million tokens in and out, with the day it was read; `free`, or `unknown`."""

    def cells(self) -> tuple[str, ...]:
        """The row of a table."""
        return self.name, self.base_url, self.key_variable, self.key, str(self.context), self.price


class Trial(Frozen):
    """What one short question to a model showed."""

    model: str
    works: bool
    message: str
    """One sentence: what works, or what is wrong and what to do."""
    exit_status: int = 0
    """The status that a run with this model would end with."""
