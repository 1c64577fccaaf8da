"""The words of documents and reports in the user's language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

Locale = Literal["en", "zh"]
Words = Mapping[str, str]


@cache
def words_of(locale: Locale) -> Words:
    """The words by name; both languages have the same names."""
    text = files("makery.app").joinpath("texts", f"{locale}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))
