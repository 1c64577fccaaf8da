"""The tables of a server for many: organisations, their users, keys, runs, webhooks, teams, relay use.

They stand beside the tables of runs and need none of their columns: a database without them is one that
nobody served from, and a run without an owner is one that the machine's operator made.
"""

from sqlalchemy import JSON, Column, Double, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()

_ID = String(40)

organisations = Table(
    "organisations",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("created", Double, nullable=False),
    Column("quota", JSON, nullable=False),
)

projects = Table(
    "projects",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("organisation", _ID, nullable=False),
    Column("name", String(80), nullable=False),
    Column("created", Double, nullable=False),
    UniqueConstraint("organisation", "name"),
)

users = Table(
    "users",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("organisation", _ID, nullable=False),
    Column("name", String(80), nullable=False),
    Column("created", Double, nullable=False),
    Column("disabled", Double),
    UniqueConstraint("organisation", "name"),
)

keys = Table(
    "api_keys",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("organisation", _ID, nullable=False),
    Column("project", _ID, nullable=False),
    Column("user", _ID, nullable=False),
    Column("name", String(80), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("models", JSON, nullable=False),
    Column("quota", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double),
    Column("revoked", Double),
)
Index("api_keys_by_organisation", keys.c.organisation)
"""`digest`: SHA-256 of the secret half. Its 192 random bits need no slow hash."""

run_owners = Table(
    "run_owners",
    metadata,
    Column("run", _ID, primary_key=True),
    Column("organisation", _ID, nullable=False),
    Column("project", _ID, nullable=False),
    Column("user", _ID, nullable=False),
    Column("created", Double, nullable=False),
    Column("tokens", Integer),
    Column("usd", Double),
)
Index("run_owners_by_organisation", run_owners.c.organisation, run_owners.c.created)
"""`tokens` and `usd`: what the run used, once it has ended; until then the ledger knows."""

idempotency = Table(
    "idempotency",
    metadata,
    Column("organisation", _ID, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("run", _ID, nullable=False),
    Column("created", Double, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("organisation", _ID, nullable=False),
    Column("project", _ID, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", String(80), nullable=False),
    Column("events", JSON, nullable=False),
    Column("created", Double, nullable=False),
)
Index("webhooks_by_organisation", webhooks.c.organisation)

published_teams = Table(
    "published_teams",
    metadata,
    Column("organisation", _ID, primary_key=True),
    Column("project", _ID, primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("file", Text, nullable=False),
    Column("created", Double, nullable=False),
)
"""`project` is '' for a team of the whole organisation."""

relay_usage = Table(
    "relay_usage",
    metadata,
    Column("key", _ID, primary_key=True),
    Column("model", String(200), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("organisation", _ID, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("usd", Double, nullable=False),
)
Index("relay_usage_by_organisation", relay_usage.c.organisation, relay_usage.c.day)
