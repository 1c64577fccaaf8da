"""What all objects on the wire have in common."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _clean(text: str) -> str:
    """Refuses what no database or log should have to hold."""
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in text):
        raise ValueError("must not have control characters")
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _encodable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not have null characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode") from None
    return text


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        raise ValueError("must be plain JSON: valid Unicode, finite numbers, not nested too deeply") from None
    if size > LARGEST_DOCUMENT:
        raise ValueError(f"must not be larger than {LARGEST_DOCUMENT >> 20} MiB")
    return value


LARGEST_DOCUMENT = 4 << 20
Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_clean)]
Text = Annotated[str, AfterValidator(_encodable)]
Document = Annotated[dict[str, Any], AfterValidator(_storable)]
"""A JSON object that is handed on to where artifacts are checked."""


class Wire(BaseModel):
    """Base of all: what a newer server adds is ignored by an older client."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Asked(BaseModel):
    """Base of what is sent to the server: an unknown field is a slip, and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
