"""Tools: what a model may ask to have done, and what came of it."""

from typing import Any

from pydantic import Field

from makery.kernel.artifact import Frozen


class ToolSpec(Frozen):
    """A tool as a model is told of it."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")
    """What all providers take."""
    description: str
    parameters: dict[str, Any]
    """JSON Schema of an object: the arguments."""
    reads: bool = Field(default=False, exclude=True)
    """It changes nothing, so that it may be used beside others. No model is told."""

    @property
    def signature(self) -> str:
        """`weather(city: string, days: integer = 3)`, for prompts and tables."""
        required = self.parameters.get("required", ())
        given = self.parameters.get("properties", {}).items()
        return (
            f"{self.name}({', '.join(_argument(name, schema, name in required) for name, schema in given)})"
        )


class ToolCall(Frozen):
    """One wish of a model."""

    id: str
    """Distinguishes the calls of one answer."""
    tool: str
    arguments: dict[str, Any]


class ToolOutcome(Frozen):
    """What came of a call: text for the model to read, whether it worked or not."""

    call: str
    """The call's id."""
    tool: str
    text: str
    failed: bool = False


def _argument(name: str, schema: dict[str, Any], required: bool) -> str:
    kind = schema.get("type") or "any"
    shown = f"{name}: {kind if isinstance(kind, str) else '|'.join(kind)}"
    return shown if required else f"{shown} = {schema.get('default', '…')!r}"
