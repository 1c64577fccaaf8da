"""Which search engine a user's settings name."""

from typing import Literal, assert_never

from pydantic import SecretStr

from makery.kernel.artifact import Frozen
from makery.kernel.errors import SettingsError
from makery.kernel.ports import SearchEngine

EngineName = Literal["searxng", "tavily", "serper", "serpapi", "bing", "duckduckgo"]

ORDER: tuple[EngineName, ...] = ("searxng", "tavily", "serper", "serpapi", "bing")
"""`auto` takes the first that is set up. DuckDuckGo is never among them: it needs no setting, and a
question must not leave the machine unless somebody chose where it goes."""


class SearchSettings(Frozen):
    """What is set up for searching the web."""

    engine: EngineName | Literal["auto"] = "auto"
    searxng_url: str = ""
    """Base address of a SearXNG instance that offers JSON."""
    tavily_key: SecretStr = SecretStr("")
    serper_key: SecretStr = SecretStr("")
    serpapi_key: SecretStr = SecretStr("")
    bing_key: SecretStr = SecretStr("")
    bing_url: str = ""
    """Base address of a service that speaks Bing's format; Microsoft's own has ended."""


def choose(settings: SearchSettings) -> SearchEngine:
    """Give the engine that is named or, for `auto`, the first that is set up.

    Raises:
        SettingsError: none is set up, or the named one lacks its key or address.
    """
    name = _named(settings)
    value = _value(settings, name)
    if name != "duckduckgo" and not value:
        raise SettingsError(
            f"The search engine {name!r} is chosen, but its setting is empty.",
            remedy=f"Set search.{_setting(name)}.",
        )
    if name == "bing" and not settings.bing_url:
        raise SettingsError(
            "The search engine 'bing' needs an address: Microsoft's own service has ended.",
            remedy="Set search.bing_url to the base address of a service that speaks its format.",
        )
    return _engine(name, value, settings.bing_url)


def _named(settings: SearchSettings) -> EngineName:
    if settings.engine != "auto":
        return settings.engine
    for name in ORDER:
        if _value(settings, name):
            return name
    # A role reads this text, so that runs are recorded with it: Bing, which few can use, is not named.
    raise SettingsError(
        "No search engine is set up.",
        remedy="Set one of search.searxng_url, search.tavily_key, search.serper_key, search.serpapi_key, "
        "or search.engine = 'duckduckgo', which needs no key.",
    )


def _setting(name: EngineName) -> str:
    return "searxng_url" if name == "searxng" else f"{name}_key"


def _value(settings: SearchSettings, name: EngineName) -> str:
    if name == "duckduckgo":
        return ""
    value = getattr(settings, _setting(name))
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _engine(name: EngineName, value: str, bing_url: str) -> SearchEngine:
    # The adapters bring an HTTP client with them: imported when one is wanted.
    match name:
        case "searxng":
            from makery.search.searxng import SearXNG

            return SearXNG(value)
        case "tavily":
            from makery.search.tavily import Tavily

            return Tavily(value)
        case "serper":
            from makery.search.serper import Serper

            return Serper(value)
        case "serpapi":
            from makery.search.serpapi import SerpApi

            return SerpApi(value)
        case "bing":
            from makery.search.bing import Bing

            return Bing(value, bing_url)
        case "duckduckgo":
            from makery.search.duckduckgo import DuckDuckGo

            return DuckDuckGo()
        case _:
            assert_never(name)
