"""Writes docs/api.md from the OpenAPI document that the server serves.

Usage: python scripts/api_reference.py [--check]

With --check nothing is written: exit status 1 if the page is stale.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
HEAD = """\
# API reference

Written by `python scripts/api_reference.py` from the server's OpenAPI document, `/api/v1/openapi.json`;
a test fails when it is stale. How the parts belong together: [Server](server.md).

Every operation wants a key as `Authorization: Bearer KEY`, `/health` and `/ready` aside. Errors are
problem+json; below, only answers that an operation has beside the common ones are listed.

Common errors:

{errors}
"""
TITLES = {
    "runs": "Runs",
    "results": "Results",
    "teams": "Teams",
    "inventory": "What there is",
    "access": "Access",
    "relay": "Relay",
    "health": "Health",
}
Json = Mapping[str, Any]


def document() -> Json:
    """Give the OpenAPI document of a server with all its parts."""
    from makery.app.factory import Factory
    from makery.app.settings import Settings
    from makery.interfaces.server import whole_application

    with tempfile.TemporaryDirectory() as home:
        return whole_application(Factory(Settings(home=Path(home)))).openapi()


def page() -> str:
    """Give the whole page."""
    found = document()
    common = _common(found)
    parts = [HEAD.format(errors="\n".join(f"- {status}: {text}" for status, text in common.items()))]
    for tag, title in TITLES.items():
        parts.append(f"## {title}\n")
        parts += [
            _operation(found, method, path, described, common)
            for method, path, described in _operations(found)
            if described["tags"][0] == tag
        ]
    parts.append("## Objects\n")
    parts += [_object(name, schema) for name, schema in _objects(found)]
    return "\n".join(parts).rstrip("\n") + "\n"


def _operations(found: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in found["paths"].items():
        for method, described in methods.items():
            yield method.upper(), path, described


def _common(found: Json) -> dict[str, str]:
    """Answers that operations on runs have in common."""
    answers = found["paths"]["/api/v1/runs"]["get"]["responses"]
    return {status: answer["description"] for status, answer in answers.items() if status != "200"}


def _operation(found: Json, method: str, path: str, described: Json, common: Json) -> str:
    lines = [f"### {method} {path}\n", _text(described.get("description") or described["summary"]), ""]
    rows = [_row(parameter) for parameter in described.get("parameters", ()) if parameter["in"] != "cookie"]
    if rows:
        lines += ["| parameter | in | type | meaning |", "| --- | --- | --- | --- |", *rows, ""]
    lines += _body(found, described.get("requestBody", {}).get("content", {}))
    for status, answer in described["responses"].items():
        if common.get(status) != answer["description"]:
            lines.append(f"{status}: {_text(_answer(answer))}\n")
    return "\n".join(lines)


def _row(parameter: Json) -> str:
    schema = parameter["schema"]
    meaning = parameter.get("description") or schema.get("description", "")
    return f"| `{parameter['name']}` | {parameter['in']} | {_type(schema)} | {_cell(meaning)} |"


def _body(found: Json, content: Json) -> Iterator[str]:
    for media, described in content.items():
        schema = described["schema"]
        name = _type(schema).strip("`").partition("`")[0]
        known = found["components"]["schemas"].get(name, {})
        if media == "multipart/form-data":
            fields = known["properties"].items()
            told = "; ".join(f"`{field}`: {_cell(one['description']).rstrip('.')}" for field, one in fields)
            yield f"Body, `{media}`: {told}\n"
            continue
        yield f"Body, `{media}`: {_type(schema)}\n"
        examples = [described["example"]] if "example" in described else known.get("examples", [])[:1]
        for example in examples:
            yield f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"


def _answer(answer: Json) -> str:
    kinds = [
        f"{_type(described.get('schema', {}))} as `{media}`"
        for media, described in answer.get("content", {}).items()
    ]
    said = answer["description"].rstrip(".").replace("Successful Response", "done")
    return f"{said}; {', '.join(kinds)}." if kinds else f"{said}."


def _objects(found: Json) -> Iterator[tuple[str, Json]]:
    """Those with fields of their own; pages of a list are told by their type."""
    for name, schema in sorted(found["components"]["schemas"].items()):
        if schema.get("properties") and not name.startswith(
            ("Page_", "Body_", "HTTPValidation", "Validation")
        ):
            yield name, schema


def _object(name: str, schema: Json) -> str:
    must = schema.get("required", ())
    rows = [
        f"| `{field}`{'' if field in must else ' (optional)'} | {_type(described)} | "
        f"{_cell(described.get('description', ''))} |"
        for field, described in schema["properties"].items()
    ]
    head = [f"### {name}\n", _text(schema.get("description", "")), ""]
    table = ["| field | type | meaning |", "| --- | --- | --- |", *rows, ""]
    return "\n".join([*head, *table, *_shown(schema)])


def _shown(schema: Json) -> list[str]:
    """An example of an object; what is asked for has one beside the operation."""
    return [
        f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"
        for example in schema.get("examples", ())[:1]
    ]


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"page of `{name[5:].rstrip('_')}`" if name.startswith("Page_") else f"`{name}`"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(map(_type, schema[several])))
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value, ensure_ascii=False)}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))


def _text(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write or compare the page; give the exit status."""
    text = page()
    if arguments == ["--check"]:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write("docs/api.md is stale: run `python scripts/api_reference.py`.\n")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
