"""The tables of workers, beside those of runs: made when a worker, or a run for one, comes."""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

workers = Table(
    "workers",
    metadata,
    Column("executor", String(200), primary_key=True),
    Column("version", String(64), nullable=False),
    Column("place", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("joined", Double, nullable=False),
)

reservations = Table(
    "reservations",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("tokens", BigInteger, nullable=False),
    Column("usd", Double, nullable=False),
)
"""What model calls under way may cost, or did cost and is not in the ledger yet."""

blobs = Table(
    "blobs",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

run_files = Table(
    "run_files",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
)
Index("run_files_by_digest", run_files.c.digest)
"""`kind`: `file` of the workspace, with digest '' once it is removed; `bundle` of commits."""
