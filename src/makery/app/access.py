"""Who is calling: keys are issued, recognised, and forgotten here."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from makery.app.refusals import Forbidden, NotFound, Unauthenticated
from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError
from makery.store.access import LOCAL, Access, Key, KeyQuota, Scope
from makery.store.runs import new_id

PREFIX = "mk"
REMEMBERED_SECONDS = 2.0
"""How long a recognised key is not looked up again: so long one that another process revoked still opens."""

_INCLUDED: dict[Scope, frozenset[Scope]] = {
    "runs:read": frozenset(),
    "runs:write": frozenset({"runs:read"}),
    "relay": frozenset(),
    "admin": frozenset({"runs:read", "runs:write", "relay"}),
    "operator": frozenset({"runs:read", "runs:write", "relay", "admin"}),
}


class Principal(Frozen):
    """On whose behalf something is done."""

    organisation: str
    project: str = ""
    """'' for all projects of the organisation."""
    user: str = ""
    key: str = ""
    """The key's id; '' for the token that the server printed."""
    scopes: frozenset[Scope]
    models: tuple[str, ...] = ()
    quota: KeyQuota = KeyQuota()

    def may(self, scope: Scope) -> bool:
        """Whether a scope is among the principal's, or included in one of them."""
        return any(scope == own or scope in _INCLUDED[own] for own in self.scopes)

    def require(self, scope: Scope) -> None:
        """Insist on a scope.

        Raises:
            Forbidden: the principal does not have it.
        """
        if not self.may(scope):
            raise Forbidden(
                f"This key lacks the scope {scope!r}.", remedy="Ask an administrator for a key that has it."
            )


class Issued(NamedTuple):
    """A new key, and the only time that it is seen whole."""

    key: Key
    text: str


class Doorkeeper:
    """Recognises callers.

    Args:
        access: the register of keys.
        token: opens everything as the machine's operator; '' for none.
        clock: Unix time in seconds.
    """

    def __init__(self, access: Access, *, token: str = "", clock: Callable[[], float] = time.time) -> None:
        self.access = access
        self._token = _digest(token) if token else ""
        self._clock = clock
        self._known: dict[str, tuple[Key, float]] = {}
        self._lock = threading.Lock()

    def recognise(self, text: str) -> Principal:
        """Whose key that is.

        Raises:
            Unauthenticated: nobody's, or it is expired or revoked; which of these is not told.
        """
        if self._is_token(text):
            return _OPERATOR
        id_, secret = _parts(text)
        return _opened(self._usable(id_) if id_ else None, secret)

    def known(self, text: str) -> Principal | None:
        """As `recognise`, but only if that needs no look into the register; None if it does."""
        if self._is_token(text):
            return _OPERATOR
        id_, secret = _parts(text)
        with self._lock:
            key, until = self._known.get(id_, (None, 0.0))
        return _opened(key, secret) if key is not None and self._clock() < until else None

    def issue(
        self,
        who: Principal,
        *,
        name: str,
        scopes: tuple[Scope, ...],
        organisation: str = "",
        project: str = "",
        user: str = "",
        models: tuple[str, ...] = (),
        quota: KeyQuota | None = None,
        days: float | None = None,
    ) -> Issued:
        """A new key, no more powerful than whoever asks for it.

        Raises:
            Forbidden: it would be.
            NotFound: there is no such organisation, project or user.
        """
        home = organisation or who.organisation
        self._check(who, home, project, user, scopes)
        now = self._clock()
        secret = secrets.token_urlsafe(24)
        key = Key(
            id=new_id(now),
            organisation=home,
            project=project or who.project,
            user=user,
            name=name,
            digest=_digest(secret),
            scopes=scopes,
            models=models,
            quota=quota or KeyQuota(),
            created=now,
            expires=None if days is None else now + days * 86_400,
        )
        self.access.add_key(key)
        return Issued(key, f"{PREFIX}_{key.id}_{secret}")

    def revoke(self, who: Principal, key: str) -> None:
        """End a key of the caller's organisation for good, at once in this process.

        Raises:
            NotFound: the organisation has none of that id.
        """
        who.require("admin")
        mine = {known.id: known for known in self.access.keys(who.organisation)}
        if key not in mine or who.project not in ("", mine[key].project):
            raise NotFound(f"There is no key {key!r}.", remedy="List them: GET /api/v1/keys")
        self.access.revoke_key(key)
        self.forget()

    def forget(self) -> None:
        """Look every key up again: something about them has changed."""
        with self._lock:
            self._known.clear()

    def _is_token(self, text: str) -> bool:
        return bool(self._token) and hmac.compare_digest(_digest(text), self._token)

    def _usable(self, id_: str) -> Key | None:
        now = self._clock()
        with self._lock:
            key, until = self._known.get(id_, (None, 0.0))
        if key is not None and now < until:
            return key
        key = self.access.usable_key(id_)
        if key is not None:
            end = (
                now + REMEMBERED_SECONDS
                if key.expires is None
                else min(key.expires, now + REMEMBERED_SECONDS)
            )
            with self._lock:
                self._known[id_] = (key, end)
        return key

    def _check(self, who: Principal, home: str, project: str, user: str, scopes: tuple[Scope, ...]) -> None:
        who.require("admin")
        if home != who.organisation:
            who.require("operator")
            if self.access.organisation(home) is None:
                raise NotFound(f"There is no organisation {home!r}.")
        for scope in scopes:
            who.require(scope)
        if who.project and project not in ("", who.project):
            raise Forbidden("This key is confined to its project, and so are the keys it makes.")
        if who.project and user not in ("", who.user):
            raise Forbidden("This key is confined to a project, and does not speak for other users.")
        if project and project not in {known.id for known in self.access.projects(home)}:
            raise NotFound(f"There is no project {project!r}.", remedy="List them: GET /api/v1/projects")
        if user and user not in {known.id for known in self.access.users(home)}:
            raise NotFound(f"There is no user {user!r}.", remedy="List them: GET /api/v1/users")
        if not scopes:
            raise InputError("A key without scopes opens nothing.", remedy='Name some: ["runs:read"]')


_OPERATOR = Principal(organisation=LOCAL, scopes=frozenset[Scope]({"operator"}))


def _parts(text: str) -> tuple[str, str]:
    """Id and secret of a key; '' and '' if it has not the form of one."""
    prefix, _, rest = text.partition("_")
    id_, _, secret = rest.partition("_")
    return (id_, secret) if prefix == PREFIX and len(text) < 200 else ("", "")


def _opened(key: Key | None, secret: str) -> Principal:
    if key is None or not hmac.compare_digest(_digest(secret), key.digest):
        raise Unauthenticated(
            "This key opens nothing here: it is unknown, expired or revoked.",
            remedy="Send a valid one as `Authorization: Bearer KEY`.",
        )
    return Principal(
        organisation=key.organisation,
        project=key.project,
        user=key.user,
        key=key.id,
        scopes=frozenset(key.scopes),
        models=key.models,
        quota=key.quota,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
