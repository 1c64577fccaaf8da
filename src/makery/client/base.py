"""What all objects on the wire have in common."""

from typing import Annotated

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


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_clean)]
Text = Annotated[str, AfterValidator(_encodable)]


class Wire(BaseModel):
    """Base of all: what a newer server adds is ignored by an older client."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Asked(BaseModel):
    """Base of what is sent to the server: an unknown field is a slip, and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
