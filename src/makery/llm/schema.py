"""Checks a JSON value against the part of JSON Schema that pydantic models use."""

from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def violation(value: object, schema: Schema) -> str:
    """What is wrong with the value and where, in a sentence for the model that wrote it; '' if nothing is."""
    return next(_violations(value, schema, schema, "the document"), "")


def _violations(value: object, schema: Schema, root: Schema, where: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _violations(value, _resolve(schema["$ref"], root), root, where)
        return
    for choices in (schema.get("anyOf"), schema.get("oneOf")):
        if choices:
            yield from _of_choices(value, choices, root, where)
    for part in schema.get("allOf", ()):
        yield from _violations(value, part, root, where)
    yield from _of_type(value, schema, where)
    yield from _of_constants(value, schema, where)
    if isinstance(value, dict):
        yield from _of_object(value, schema, root, where)
    elif isinstance(value, list):
        yield from _of_array(value, schema, root, where)
    else:
        yield from _of_bounds(value, schema, where)


def _resolve(reference: str, root: Schema) -> Schema:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _of_choices(value: object, choices: list[Schema], root: Schema, where: str) -> Iterator[str]:
    tried = [next(_violations(value, choice, root, where), "") for choice in choices]
    if all(tried):
        yield (
            tried[0] if len(tried) == 1 else f"{where} fits none of the allowed forms: {'; or '.join(tried)}"
        )


def _of_type(value: object, schema: Schema, where: str) -> Iterator[str]:
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else wanted or []
    if names and not any(_is(value, name) for name in names):
        yield f"{where} must be {' or '.join(names)}, but is {_name(value)}"


def _is(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))


def _name(value: object) -> str:
    return next((name for name in _TYPES if _is(value, name)), type(value).__name__)


def _of_constants(value: object, schema: Schema, where: str) -> Iterator[str]:
    if "const" in schema and value != schema["const"]:
        yield f"{where} must be {schema['const']!r}, but is {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} must be one of {schema['enum']}, but is {value!r}"


def _of_object(value: dict[str, Any], schema: Schema, root: Schema, where: str) -> Iterator[str]:
    known: dict[str, Schema] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where} lacks the required key {name!r}"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        place = f"{where} › {name}"
        if name in known:
            yield from _violations(item, known[name], root, place)
        elif others is False:
            yield f"{where} has the unknown key {name!r}; known are {sorted(known)}"
        elif isinstance(others, dict):
            yield from _violations(item, others, root, place)


def _of_array(value: list[Any], schema: Schema, root: Schema, where: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{where} needs at least {schema['minItems']} items, but has {len(value)}"
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        yield f"{where} may have at most {schema['maxItems']} items, but has {len(value)}"
    fixed = schema.get("prefixItems", [])
    for number, item in enumerate(value):
        form = fixed[number] if number < len(fixed) else schema.get("items")
        if isinstance(form, dict):
            yield from _violations(item, form, root, f"{where} › item {number + 1}")


_BOUNDS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "minimum": ("at least", lambda value, bound: value >= bound),
    "maximum": ("at most", lambda value, bound: value <= bound),
    "exclusiveMinimum": ("more than", lambda value, bound: value > bound),
    "exclusiveMaximum": ("less than", lambda value, bound: value < bound),
}


def _of_bounds(value: object, schema: Schema, where: str) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield f"{where} needs at least {schema['minLength']} characters"
        if "maxLength" in schema and len(value) > schema["maxLength"]:
            yield f"{where} may have at most {schema['maxLength']} characters"
    if isinstance(value, int | float) and not isinstance(value, bool):
        for key, (words, holds) in _BOUNDS.items():
            if key in schema and not holds(value, schema[key]):
                yield f"{where} must be {words} {schema[key]}, but is {value}"
