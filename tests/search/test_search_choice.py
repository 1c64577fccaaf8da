"""Which search engine the settings name."""

import pytest
from pydantic import SecretStr

from makery.kernel.errors import SettingsError
from makery.search.bing import Bing
from makery.search.choose import SearchSettings, choose
from makery.search.duckduckgo import DuckDuckGo
from makery.search.searxng import SearXNG
from makery.search.serpapi import SerpApi
from makery.search.serper import Serper
from makery.search.tavily import Tavily

SECRET = SecretStr("s3")


@pytest.mark.parametrize(
    ("settings", "engine"),
    [
        (SearchSettings(searxng_url="http://localhost:8888"), SearXNG("http://localhost:8888")),
        (SearchSettings(tavily_key=SECRET), Tavily("s3")),
        (SearchSettings(serper_key=SECRET), Serper("s3")),
        (SearchSettings(serpapi_key=SECRET), SerpApi("s3")),
        (SearchSettings(bing_key=SECRET, bing_url="https://b"), Bing("s3", "https://b")),
        (SearchSettings(engine="duckduckgo"), DuckDuckGo()),
        (SearchSettings(engine="serper", serper_key=SECRET, searxng_url="http://x"), Serper("s3")),
    ],
)
def test_the_named_engine_or_the_first_that_is_set_up_is_chosen(settings, engine):
    assert choose(settings) == engine


def test_nothing_is_asked_anywhere_unless_an_engine_is_set_up():
    with pytest.raises(SettingsError, match=r"search\.searxng_url.*duckduckgo"):
        choose(SearchSettings())


def test_a_named_engine_without_its_key_says_which_setting_to_set():
    with pytest.raises(SettingsError, match=r"search\.tavily_key"):
        choose(SearchSettings(engine="tavily", serper_key=SECRET))


def test_bing_without_an_address_says_that_one_is_needed_and_why():
    with pytest.raises(SettingsError, match=r"own service has ended.*search\.bing_url"):
        choose(SearchSettings(bing_key=SECRET))


def test_keys_are_not_shown_in_the_settings_repr():
    assert "s3" not in repr(SearchSettings(tavily_key=SECRET))
