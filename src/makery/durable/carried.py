"""Errors that cross from the process that does some work to the one that waits for it."""

from typing import Any

from dbos import PortableWorkflowError

from makery.kernel import errors
from makery.kernel.errors import ContractViolation, MakeryError

_OWN = ("text", "needed", "available", "retry_after", "limit")
"""Fields that some kinds of errors have beside `message` and `remedy`; see `makery.kernel.errors`."""


def packed(error: Exception) -> PortableWorkflowError:
    """The error in the form in which DBOS keeps one; what is none of ours is a bug of ours."""
    if not isinstance(error, MakeryError):
        error = ContractViolation(f"{type(error).__name__}: {error}")
    own = {name: getattr(error, name) for name in _OWN if hasattr(error, name)}
    data: dict[str, Any] = {"message": error.message, "remedy": error.remedy, **own}
    return PortableWorkflowError(message=str(error), name=type(error).__name__, data=data)


def unpacked(error: PortableWorkflowError) -> MakeryError:
    """The error of the kind that was packed."""
    kind = getattr(errors, error.name, None)
    if not (isinstance(kind, type) and issubclass(kind, MakeryError) and isinstance(error.data, dict)):
        return ContractViolation(f"{error.name}: {error.message}")
    fields: dict[str, Any] = dict(error.data)
    return kind(fields.pop("message"), **fields)
