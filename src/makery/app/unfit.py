"""What pydantic found unfit, in our own words."""

from typing import Any

from pydantic import ValidationError

_WORDS = {
    "int": "has to be a whole number",
    "float": "has to be a number",
    "finite_number": "has to be a finite number",
    "bool": "has to be true or false",
    "string": "has to be a text",
    "model": "is a section with settings of its own, not one value",
    "dict": "is a section with settings of its own, not one value",
    "path": "has to be a path",
    "missing": "is missing",
    "extra_forbidden": "is not known",
}
"""By the beginning of pydantic's name for the kind of error."""


def first_unfit(error: ValidationError) -> tuple[tuple[str, ...], str]:
    """Where the first unfit value stands and, as the rest of a sentence, what it has to be."""
    found = error.errors(include_url=False, include_input=False)[0]
    return tuple(map(str, found["loc"])), _words(found["type"], found.get("ctx", {}))


def _words(kind: str, context: dict[str, Any]) -> str:
    match kind:
        case "literal_error" | "enum":
            return f"has to be {context['expected']}"
        case "greater_than_equal":
            return f"has to be {context['ge']:g} or more"
        case "greater_than":
            return f"has to be more than {context['gt']:g}"
        case "less_than_equal":
            return f"has to be {context['le']:g} or less"
        case "value_error":
            return f"is not usable: {context['error']}".rstrip(".")
        case _:
            near = (words for name, words in _WORDS.items() if kind.startswith(name))
            return next(near, "has a value that does not fit")
