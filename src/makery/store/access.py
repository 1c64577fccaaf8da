"""Who may use a server: organisations, their projects and users, and the keys that were issued."""

import time
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError, StorageFailure
from makery.store.access_tables import keys, metadata, organisations, projects, users
from makery.store.database import Database
from makery.store.runs import new_id

LOCAL = "local"
"""The organisation of the machine's own operator: it is always there, and unowned runs are its."""
DEFAULT = "default"
"""The project that every organisation has."""

Scope = Literal["runs:read", "runs:write", "relay", "admin", "operator"]
"""`admin` rules one organisation; `operator` the server."""


class Quota(Frozen):
    """What may be used; None is no limit."""

    concurrent_runs: int | None = None
    runs_per_day: int | None = None
    tokens_per_month: int | None = None
    usd_per_month: float | None = None


class KeyQuota(Frozen):
    """What one relay key may use in all; None is no limit."""

    tokens: int | None = None
    usd: float | None = None
    requests_per_minute: int | None = None


class Organisation(Frozen):
    """A tenant: nothing of it is seen by another."""

    id: str
    name: str
    created: float
    quota: Quota = Quota()


class Project(Frozen):
    """A part of an organisation to which keys can be confined."""

    id: str
    organisation: str
    name: str
    created: float


class User(Frozen):
    """A person of an organisation; disabled ones' keys do not open anything."""

    id: str
    organisation: str
    name: str
    created: float
    disabled: float | None = None


class Key(Frozen):
    """An issued key. The key itself is not kept, only a digest of its secret half."""

    id: str
    organisation: str
    project: str = ""
    """'' opens all projects of the organisation."""
    user: str = ""
    name: str
    digest: str
    scopes: tuple[Scope, ...]
    models: tuple[str, ...] = ()
    """Models that it may use on the relay; empty for all."""
    quota: KeyQuota = KeyQuota()
    created: float
    expires: float | None = None
    revoked: float | None = None


class Access:
    """Keeps the register.

    Args:
        database: where it is kept.
        clock: Unix time in seconds.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        database.make(metadata)
        self._found_local()

    # ------------------------------------------------------------- organisations

    def add_organisation(self, name: str, quota: Quota) -> Organisation:
        """A new organisation with its default project.

        Raises:
            InputError: the name is taken.
        """
        now = self._clock()
        made = Organisation(id=new_id(now), name=name, created=now, quota=quota)
        self._insert(organisations, made, f"An organisation called {name!r}")
        self._insert(projects, self._default_project(made.id), "The project")
        return made

    def organisations(self) -> tuple[Organisation, ...]:
        """All, oldest first."""
        return self._all(organisations, Organisation)

    def organisation(self, id: str) -> Organisation | None:  # noqa: A002 - its name in the API
        """The one of that id."""
        return next(iter(self._all(organisations, Organisation, id=id)), None)

    def set_quota(self, organisation: str, quota: Quota) -> None:
        """Replace an organisation's quota."""
        self._update(organisations, organisation, quota=quota.model_dump(mode="json"))

    # ------------------------------------------------------- projects and users

    def add_project(self, organisation: str, name: str) -> Project:
        """A new project.

        Raises:
            InputError: the name is taken.
        """
        now = self._clock()
        made = Project(id=new_id(now), organisation=organisation, name=name, created=now)
        self._insert(projects, made, f"A project called {name!r}")
        return made

    def projects(self, organisation: str) -> tuple[Project, ...]:
        """An organisation's, oldest first."""
        return self._all(projects, Project, organisation=organisation)

    def add_user(self, organisation: str, name: str) -> User:
        """A new user.

        Raises:
            InputError: the name is taken.
        """
        now = self._clock()
        made = User(id=new_id(now), organisation=organisation, name=name, created=now)
        self._insert(users, made, f"A user called {name!r}")
        return made

    def users(self, organisation: str) -> tuple[User, ...]:
        """An organisation's, oldest first."""
        return self._all(users, User, organisation=organisation)

    def disable_user(self, user: str) -> None:
        """Shut a user out: none of the user's keys opens anything from now on."""
        self._update(users, user, disabled=self._clock())

    # ----------------------------------------------------------------------- keys

    def add_key(self, key: Key) -> None:
        """Keep an issued key."""
        self._insert(keys, key, "The key")

    def keys(self, organisation: str) -> tuple[Key, ...]:
        """An organisation's, oldest first, revoked ones included."""
        return self._all(keys, Key, organisation=organisation)

    def usable_key(self, id: str) -> Key | None:  # noqa: A002 - its name in the API
        """The key of that id, unless it is revoked or expired or its user disabled."""
        now = self._clock()
        key = next(iter(self._all(keys, Key, id=id)), None)
        if key is None or key.revoked is not None or (key.expires is not None and key.expires <= now):
            return None
        owner = next(iter(self._all(users, User, id=key.user)), None) if key.user else None
        return None if owner is not None and owner.disabled is not None else key

    def revoke_key(self, id: str) -> None:  # noqa: A002 - its name in the API
        """End a key for good."""
        self._update(keys, id, revoked=self._clock())

    # -------------------------------------------------------------------- beneath

    def _default_project(self, organisation: str) -> Project:
        id_ = DEFAULT if organisation == LOCAL else new_id(self._clock())
        return Project(id=id_, organisation=organisation, name=DEFAULT, created=self._clock())

    def _found_local(self) -> None:
        if self.organisation(LOCAL) is not None:
            return
        local = Organisation(id=LOCAL, name=LOCAL, created=self._clock())
        try:
            self._insert(organisations, local, LOCAL)
            self._insert(projects, self._default_project(LOCAL), DEFAULT)
        except InputError:
            return  # another server did it at the same moment

    def _insert(self, table: Table, row: Frozen, what: str) -> None:
        try:
            with self._database.writing() as connection:
                connection.execute(insert(table).values(**row.model_dump(mode="json")))
        except StorageFailure as failure:
            if isinstance(failure.__cause__, IntegrityError):
                raise InputError(f"{what} is there already.", remedy="Choose another name.") from None
            raise

    def _update(self, table: Table, id_: str, **values: Any) -> None:
        with self._database.writing() as connection:
            connection.execute(update(table).where(table.c.id == id_).values(**values))

    def _all(self, table: Table, kind: Any, **equal: str) -> tuple[Any, ...]:
        wanted = select(table).order_by(table.c.created, table.c.id)
        for column, value in equal.items():
            wanted = wanted.where(table.c[column] == value)
        with self._database.reading() as connection:
            return tuple(kind.model_validate(dict(row._mapping)) for row in connection.execute(wanted))
