"""The commented settings file that `makery init` writes, generated from the settings' own docstrings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from makery.app.settings import Settings

_HEAD = """\
# Settings of Makery. Every line is a default, commented out: remove the `#` to change it.
# Strongest first: command-line options, environment (MAKERY_MODEL, MAKERY_EMBEDDED__THREADS, …),
# makery.toml in the current folder, this file.
"""


def template() -> str:
    """The text of a settings file in which every setting stands with its meaning and default."""
    return "\n".join([_HEAD, *_lines(Settings, "")]) + "\n"


def undocumented() -> list[str]:
    """Dotted names of the settings that have no docstring; empty is right."""
    return [name for name, field in _all_fields(Settings, "") if not field.description]


def write_template(path: Path) -> bool:
    """Write the file unless there is one; whether it was written."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template(), encoding="utf-8")
    return True


def _lines(section: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in section.model_fields.items():
        if not _is_section(field.annotation) and _entry_of(field) is None:
            yield from _setting(name, field.description or "", field.get_default(call_default_factory=True))
    for name, field in section.model_fields.items():
        entry = _entry_of(field)
        if _is_section(field.annotation):
            yield f"# {field.annotation.__doc__}"  # type: ignore[union-attr]
            yield f"[{prefix}{name}]"
            yield from _lines(field.annotation, f"{prefix}{name}.")  # type: ignore[arg-type]
        elif entry is not None:
            yield from _tables(entry, f"{prefix}{name}.{_EXAMPLES[name]}")


def _setting(name: str, meaning: str, default: Any) -> Iterator[str]:
    yield f"# {' '.join(meaning.split())}"
    yield f"# {name} = {_toml(default)}"
    yield ""


def _toml(value: Any) -> str:
    if value == ():
        return "[]"
    if isinstance(value, SecretStr):
        return '""'
    if isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    return "   # not set by default"


def _tables(entry: type[BaseModel], name: str) -> Iterator[str]:
    yield f"# {entry.__doc__} One table each."
    yield f"# [{name}]"
    for key, field in entry.model_fields.items():
        yield from _setting(key, field.description or "", field.default)


_EXAMPLES = {"providers": "openai", "upstreams": "first", "models": "embedded"}
"""A name that an entry may have, for each setting that holds tables."""


def _entry_of(field: FieldInfo) -> type[BaseModel] | None:
    """What the values of a setting are that holds tables by name; None for other settings."""
    values = get_args(field.annotation)[1:]
    return values[0] if values and _is_section(values[0]) else None


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _all_fields(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        yield f"{prefix}{name}", field
        entry = _entry_of(field)
        if _is_section(field.annotation):
            yield from _all_fields(field.annotation, f"{prefix}{name}.")  # type: ignore[arg-type]
        elif entry is not None:
            yield from _all_fields(entry, f"{prefix}{name}.NAME.")
