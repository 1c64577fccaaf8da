"""The page's words: one file for each language beside this module; all have the same names."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, get_args

Locale = Literal["en", "zh"]
LOCALES: tuple[Locale, ...] = get_args(Locale)
DEFAULT: Locale = "en"
PACKAGE = "makery.interfaces.gui"
"""Where texts, templates and the pages' own script are."""
Texts = Mapping[str, str]


@cache
def texts_of(locale: Locale) -> Texts:
    """The words by name."""
    text = files(PACKAGE).joinpath("texts", f"{locale}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def locale_of(accepted: str) -> Locale:
    """The language that suits a browser's `Accept-Language` best; English where none does."""
    wished = (part.split(";")[0].strip().lower()[:2] for part in accepted.split(","))
    for wish in wished:
        if wish in LOCALES:
            return locale_named(wish)
    return DEFAULT


def locale_named(name: str) -> Locale:
    """The language of that name; English where there is none."""
    for locale in LOCALES:
        if locale == name:
            return locale
    return DEFAULT
