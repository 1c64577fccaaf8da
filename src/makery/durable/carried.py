"""Errors that cross from the process that does some work to the one that waits for it."""

import json
from typing import Any

from makery.kernel import errors
from makery.kernel.errors import ContractViolation, MakeryError

_OWN = ("text", "needed", "available", "retry_after", "limit")
"""Fields that some kinds of errors have beside `message` and `remedy`; see `makery.kernel.errors`."""


class Carried(Exception):
    """An error written down as JSON: of what is raised in a workflow, DBOS keeps the text."""


def packed(error: Exception) -> Carried:
    """The error, ready to be carried; what is none of ours is a bug of ours."""
    if not isinstance(error, MakeryError):
        error = ContractViolation(f"{type(error).__name__}: {error}")
    own = {name: getattr(error, name) for name in _OWN if hasattr(error, name)}
    fields = {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy, **own}
    return Carried(json.dumps(fields))


def unpacked(text: str) -> MakeryError:
    """The error that was packed into a text."""
    try:
        fields: dict[str, Any] = json.loads(text)
        kind = getattr(errors, fields.pop("kind"))
        return kind(fields.pop("message"), **fields)
    except (ValueError, KeyError, AttributeError, TypeError):
        return ContractViolation(text)
