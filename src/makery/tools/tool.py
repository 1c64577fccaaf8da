"""One tool: what a model is told of it, and how it is done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from makery.kernel.errors import InputError, ModelError
from makery.kernel.tool import ToolSpec

Work = Callable[[dict[str, Any]], Awaitable[str]]


class ToolFailed(ModelError):
    """A tool could not do what was asked; the message is for the model that asked."""


@dataclass(frozen=True)
class Tool:
    """A specification and the work behind it. The work raises `ToolFailed` with advice for the model."""

    spec: ToolSpec
    work: Work
    safe: bool = False
    """May be used without asking: reaches nothing private, changes nothing outside the run's workspace."""


def function_tool(
    function: Callable[..., Any], *, name: str = "", safe: bool = False, reads: bool | None = None
) -> Tool:
    """A tool from a typed Python function, sync or async: schema from its signature, text from its docstring.

    Args:
        function: what it does.
        name: instead of the function's.
        safe: it may be used without asking.
        reads: it changes nothing, so that it may be used beside others; as `safe` if not given.

    Raises:
        InputError: the function has no docstring, or a signature that no schema can be made of.
    """
    from pydantic import ValidationError
    from pydantic.errors import PydanticUserError
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.tools import Tool as Described

    try:
        described = Described(function, takes_ctx=False, name=name or function.__name__)
    except (PydanticUserError, UserError, TypeError, ValueError, NameError) as error:
        raise InputError(f"The function {function!r} cannot be a tool: {error}") from error
    schema = described.function_schema
    if not described.description:
        raise InputError(
            f"The function {described.name!r} has no docstring, so no model could know what it does."
        )

    async def work(arguments: dict[str, Any]) -> str:
        try:
            given = schema.validator.validate_python(arguments)
        except ValidationError as error:
            raise ToolFailed(_wrong_arguments(error)) from error
        return as_text(await schema.call(given, None))  # type: ignore[arg-type]

    description = " ".join(described.description.split())
    spec = ToolSpec(
        name=described.name,
        description=description,
        parameters=schema.json_schema,
        reads=safe if reads is None else reads,
    )
    return Tool(spec, work, safe)


def as_text(value: object) -> str:
    """A result as a model reads it: text as it is, anything else as JSON."""
    import pydantic_core

    if isinstance(value, str):
        return value
    return pydantic_core.to_json(value, fallback=str).decode()


def _wrong_arguments(error: Any) -> str:
    problems = (
        f"{'.'.join(map(str, detail['loc'])) or 'arguments'}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False)
    )
    return f"Wrong arguments: {'; '.join(problems)}."
