"""Takes the JSON document out of a model's answer and checks it against the schema that was asked for."""

import json
import re
from typing import Any

from makery.kernel.errors import MalformedOutput
from makery.llm.schema import violation

_FENCE = re.compile(r"```[\w+-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.S)
_START = re.compile(r"[\[{]")


def document(text: str, schema: dict[str, Any], *, cut: bool = False) -> str:
    """The JSON text in an answer, without fences and talk around it, valid against the schema.

    Args:
        text: The model's answer.
        schema: JSON Schema of what was asked for.
        cut: Whether the answer stopped at the cap on its length.

    Raises:
        MalformedOutput: there is none; the message says what to mend, for the model to read.
    """
    if not text.strip():
        raise MalformedOutput("The answer is empty; a JSON document was asked for.", text=text)
    found, value, error = _parse(text)
    if error:
        reason = (
            "It was cut off at the length limit: be much shorter." if cut else f"It is not JSON: {error}."
        )
        raise MalformedOutput(reason, text=text)
    wrong = violation(value, schema)
    if wrong:
        raise MalformedOutput(f"The JSON document does not fit the schema: {wrong}.", text=text)
    return found


def _parse(text: str) -> tuple[str, Any, str]:
    fenced = _FENCE.search(text)
    error = "it has no { or ["
    for candidate in (text.strip(), fenced[1].strip() if fenced else "", _from_first_bracket(text)):
        if not candidate:
            continue
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(candidate)
        except json.JSONDecodeError as problem:
            error = f"{problem.msg} at line {problem.lineno}, column {problem.colno}"
            continue
        if isinstance(value, dict | list):
            return _strict(candidate[:end], value), value, ""
    return "", None, error


def _strict(text: str, value: Any) -> str:
    # Small models put raw line breaks into strings; whoever reads the text later need not cope with that.
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return json.dumps(value, ensure_ascii=False)
    return text


def _from_first_bracket(text: str) -> str:
    start = _START.search(text)
    return text[start.start() :].strip() if start else ""
