"""Why a server says no: errors that only callers of another process can meet."""

from makery.kernel.errors import LimitReached, UserError


class Unauthenticated(UserError):
    """No key, or none that opens anything."""


class Forbidden(UserError):
    """The key is good, but not for that."""


class NotFound(UserError):
    """There is no such thing, or it is somebody else's: the two are not told apart."""


class Conflict(UserError):
    """It cannot be done in the present state."""


class TooMany(LimitReached):
    """Too much at once, or too often; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class QuotaReached(LimitReached):
    """What the organisation or the key may use is used up."""
