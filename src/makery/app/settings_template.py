"""The commented settings file that `makery init` writes, generated from the settings' own docstrings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from makery.app.settings import ProviderSettings, Settings

_HEAD = """\
# Settings of Makery. Every line is a default, commented out: remove the `#` to change it.
# Strongest first: command-line options, environment (MAKERY_MODEL, MAKERY_EMBEDDED__THREADS, …),
# makery.toml in the current folder, this file.
"""


def template() -> str:
    """The text of a settings file in which every setting stands with its meaning and default."""
    return "\n".join([_HEAD, *_lines(Settings, ""), *_providers()]) + "\n"


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
    subsections: list[tuple[str, FieldInfo]] = []
    for name, field in section.model_fields.items():
        if _is_section(field.annotation):
            subsections.append((name, field))
        elif name != "providers":
            yield from _setting(name, field.description or "", field.get_default(call_default_factory=True))
    for name, field in subsections:
        yield f"# {field.annotation.__doc__}"  # type: ignore[union-attr]
        yield f"[{prefix}{name}]"
        yield from _lines(field.annotation, f"{prefix}{name}.")  # type: ignore[arg-type]


def _setting(name: str, meaning: str, default: Any) -> Iterator[str]:
    yield f"# {' '.join(meaning.split())}"
    yield f"# {name} = {_toml(default)}"
    yield ""


def _toml(value: Any) -> str:
    if isinstance(value, SecretStr):
        return '""'
    if isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    return "   # not set by default"


def _providers() -> Iterator[str]:
    yield f"# {ProviderSettings.__doc__} One table each."
    yield "# [providers.openai]"
    for name, field in ProviderSettings.model_fields.items():
        yield from _setting(name, field.description or "", field.default)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _all_fields(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        yield f"{prefix}{name}", field
        if _is_section(field.annotation):
            yield from _all_fields(field.annotation, f"{prefix}{name}.")  # type: ignore[arg-type]
    if section is Settings:
        yield from _all_fields(ProviderSettings, "providers.NAME.")
