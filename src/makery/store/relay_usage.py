"""What relay keys used, by key, model and day."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from makery.kernel.artifact import Frozen
from makery.store.access_tables import metadata, relay_usage
from makery.store.database import Database


class RelayUse(Frozen):
    """One call, or many of the same key, model and day added up."""

    key: str
    organisation: str
    model: str
    day: str
    """UTC, `2026-11-27`."""
    calls: int = 1
    prompt_tokens: int
    completion_tokens: int
    usd: float


class RelayUsage:
    """Keeps the counts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.make(metadata)

    def add(self, uses: Iterable[RelayUse]) -> None:
        """Add calls to what is counted, in one transaction."""
        with self._database.writing() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            for use in uses:
                row = dialect.insert(relay_usage).values(**use.model_dump())
                counted = ("calls", "prompt_tokens", "completion_tokens", "usd")
                added = {name: relay_usage.c[name] + row.excluded[name] for name in counted}
                same = ["key", "model", "day"]
                connection.execute(row.on_conflict_do_update(index_elements=same, set_=added))

    def spent(self, key: str) -> tuple[int, float]:
        """All tokens and USD that a key has used."""
        tokens = func.coalesce(func.sum(relay_usage.c.prompt_tokens + relay_usage.c.completion_tokens), 0)
        usd = func.coalesce(func.sum(relay_usage.c.usd), 0.0)
        with self._database.reading() as connection:
            row = connection.execute(select(tokens, usd).where(relay_usage.c.key == key)).one()
        return int(row[0]), float(row[1])

    def rows(self, organisation: str, *, since: str = "", until: str = "") -> tuple[RelayUse, ...]:
        """An organisation's use by day, key and model; days are inclusive, '' is no bound."""
        wanted = select(relay_usage).where(relay_usage.c.organisation == organisation)
        if since:
            wanted = wanted.where(relay_usage.c.day >= since)
        if until:
            wanted = wanted.where(relay_usage.c.day <= until)
        ordered = wanted.order_by(relay_usage.c.day, relay_usage.c.key, relay_usage.c.model)
        with self._database.reading() as connection:
            return tuple(RelayUse.model_validate(dict(row._mapping)) for row in connection.execute(ordered))
