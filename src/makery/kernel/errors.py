"""Every error that Makery raises on purpose, in one tree ordered by who has to act.

    MakeryError
    ├── UserError            the user: wrong input, wrong settings                    exit 2
    │   ├── InputError           a requirement, a path or an option is not usable
    │   └── SettingsError        a setting or a key is missing or wrong
    ├── ModelError           the model answered, but not usably: a retry with a change may help
    │   ├── MalformedOutput      the completion does not have the asked form
    │   ├── Repetition           the stream repeated itself and was cut
    │   └── ContextOverflow      the prompt does not fit the model's context; nothing was cut silently
    ├── ProviderError        the endpoint, not the model
    │   ├── AuthenticationFailed a wrong or missing key                                exit 5
    │   ├── UnknownModel         the endpoint does not have that model                 exit 5
    │   ├── RateLimited          429, `retry_after` seconds if it said so
    │   ├── ProviderUnavailable  refused, 5xx, timed out, hung up half way
    │   └── ProviderGarbage      answered something that is not its own protocol
    ├── EnvironmentFailure   this machine lacks something: says the command that mends it
    │   ├── SandboxUnavailable                                                         exit 5
    │   ├── ModelUnavailable                                                           exit 5
    │   └── StorageFailure       full disk, read-only folder, unreadable database
    │       └── OtherVersion         another version of Makery is in the middle of it
    ├── LimitReached         a budget; the run can be continued with more              exit 4
    │   └── PriceUnknown         no price for the model: stop and ask
    ├── Rejected             the user does not want what was made, at a gate                  exit 3
    ├── Interrupted          Ctrl-C; the run can be continued                          exit 130
    └── ContractViolation    a bug of ours: a skill, role or protocol broke its contract  exit 1

Exceptions carry data and never log. The exit status is an attribute, so that interfaces need no table.
"""

from typing import ClassVar


class MakeryError(Exception):
    """Base of all. `message` says what is wrong and where; `remedy` what to do about it."""

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UserError(MakeryError):
    """Something the user gave cannot be used."""

    exit_status = 2


class InputError(UserError):
    """A requirement, a path or an option is not usable."""


class SettingsError(UserError):
    """A setting or a key is missing or wrong."""


class ModelError(MakeryError):
    """The model answered, but not usably; a changed request may help."""

    exit_status = 5


class MalformedOutput(ModelError):
    """The completion does not have the form that was asked for."""

    def __init__(self, message: str, *, text: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.text = text


class Repetition(ModelError):
    """The stream repeated itself and was cut; `text` is what came before the cut."""

    def __init__(self, message: str, *, text: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.text = text


class ContextOverflow(ModelError):
    """The prompt and the asked-for completion exceed the context window, both in tokens."""

    def __init__(self, message: str, *, needed: int, available: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.needed = needed
        self.available = available


class ProviderError(MakeryError):
    """The endpoint failed, not the model."""

    exit_status = 5
    retryable: ClassVar[bool] = False


class AuthenticationFailed(ProviderError):
    """The endpoint refused the key."""


class UnknownModel(ProviderError):
    """The endpoint does not offer that model."""


class RateLimited(ProviderError):
    """The endpoint asked to slow down; `retry_after` is in seconds, None if it did not say."""

    retryable = True

    def __init__(self, message: str, *, retry_after: float | None = None, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class ProviderUnavailable(ProviderError):
    """The endpoint refused, failed (5xx), timed out or hung up half way."""

    retryable = True


class ProviderGarbage(ProviderError):
    """The endpoint answered something that is not its protocol."""

    retryable = True


class EnvironmentFailure(MakeryError):
    """This machine lacks something; `remedy` is the command that mends it."""

    exit_status = 5


class SandboxUnavailable(EnvironmentFailure):
    """No sandbox can be had here."""


class ModelUnavailable(EnvironmentFailure):
    """The model's weights or its engine cannot be had here."""


class StorageFailure(EnvironmentFailure):
    """The disk is full, a folder is read-only, or the database cannot be used."""

    exit_status = 2


class OtherVersion(StorageFailure):
    """Another version of Makery is in the middle of a step; this one must not finish it in its own way."""


class LimitReached(MakeryError):
    """A budget was used up; the run can be continued with a larger one."""

    exit_status = 4

    def __init__(self, message: str, *, limit: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.limit = limit


class PriceUnknown(LimitReached):
    """The model has no known price, and a money budget was not waived."""


class Rejected(MakeryError):
    """The user was asked, and does not want what was made."""

    exit_status = 3


class Interrupted(MakeryError):
    """The user stopped the run; it can be continued."""

    exit_status = 130


class ContractViolation(MakeryError):
    """A skill, role, team or adapter broke its contract: a bug of ours or of a plug-in."""
