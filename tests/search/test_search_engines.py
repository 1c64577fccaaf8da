"""Each adapter against a stand-in that answers in the engine's own wire format."""

from collections.abc import Callable

import pytest

from makery.kernel.errors import (
    AuthenticationFailed,
    ProviderError,
    ProviderGarbage,
    ProviderUnavailable,
    RateLimited,
)
from makery.kernel.ports import SearchEngine, SearchResult
from makery.search.bing import Bing
from makery.search.duckduckgo import DuckDuckGo
from makery.search.searxng import SearXNG
from makery.search.serpapi import SerpApi
from makery.search.serper import Serper
from makery.search.tavily import Tavily

KEY = "key-never-to-be-shown"

ENGINES: dict[str, Callable[[str], SearchEngine]] = {
    "searxng": SearXNG,
    "serper": lambda url: Serper(KEY, url),
    "serpapi": lambda url: SerpApi(KEY, url),
    "tavily": lambda url: Tavily(KEY, url),
    "bing": lambda url: Bing(KEY, url),
    "duckduckgo": DuckDuckGo,
}

every_engine = pytest.mark.parametrize("make", ENGINES.values(), ids=ENGINES)


# --------------------------------------------------------------------- wire formats


async def test_searxng_is_asked_for_json_and_its_content_becomes_the_snippet(serve, reply):
    server = serve(
        lambda asked: reply(
            {
                "query": asked.query["q"],
                "number_of_results": 2,
                "results": [
                    {
                        "url": "https://docs.python.org/3/library/csv.html",
                        "title": "csv — CSV File Reading and Writing",
                        "content": "The csv module reads and writes tabular data.",
                        "engine": "bing",
                        "engines": ["bing", "qwant"],
                        "positions": [1, 2],
                        "score": 3.0,
                        "category": "general",
                    },
                    {"url": "https://example.org/", "title": "Second", "content": None},
                ],
                "answers": [],
                "corrections": [],
                "infoboxes": [],
                "suggestions": [],
                "unresponsive_engines": [["google", "timeout"]],
            }
        )
    )
    found = await SearXNG(server.url + "/").search("csv python", most=1)
    assert found == [
        SearchResult(
            title="csv — CSV File Reading and Writing",
            url="https://docs.python.org/3/library/csv.html",
            snippet="The csv module reads and writes tabular data.",
        )
    ]
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", "/search")
    assert asked.query == {"q": "csv python", "format": "json"}


async def test_searxng_without_json_says_which_setting_of_the_instance_to_change(serve, reply):
    server = serve(lambda _: reply("<h1>Forbidden</h1>", status=403, kind="text/html"))
    with pytest.raises(ProviderError, match=r"settings\.yml") as caught:
        await SearXNG(server.url).search("anything")
    assert not isinstance(caught.value, AuthenticationFailed)


async def test_serper_gets_the_key_in_its_header_and_its_organic_links_are_hits(serve, reply):
    server = serve(
        lambda asked: reply(
            {
                "searchParameters": {**asked.json, "type": "search", "engine": "google"},
                "organic": [
                    {"title": "贪吃蛇", "link": "https://zh.wikipedia.org/", "snippet": "游戏", "position": 1}
                ],
                "peopleAlsoAsk": [
                    {"question": "Who?", "snippet": "…", "title": "t", "link": "https://x.org"}
                ],
                "credits": 1,
            }
        )
    )
    found = await Serper(KEY, server.url).search("贪吃蛇", most=5)
    assert found == [SearchResult(title="贪吃蛇", url="https://zh.wikipedia.org/", snippet="游戏")]
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["x-api-key"]) == ("POST", "/search", KEY)
    assert asked.json == {"q": "贪吃蛇", "num": 5}


async def test_serper_without_credit_is_not_taken_for_a_faulty_request(serve, reply):
    server = serve(lambda _: reply({"message": "Not enough credits", "statusCode": 400}, status=400))
    with pytest.raises(ProviderError, match="no credit left"):
        await Serper(KEY, server.url).search("anything")


async def test_serpapi_is_asked_for_google_and_its_organic_results_are_hits(serve, reply):
    server = serve(
        lambda _: reply(
            {
                "search_metadata": {"id": "6", "status": "Success"},
                "search_parameters": {"engine": "google", "q": "curses"},
                "organic_results": [
                    {
                        "position": 1,
                        "title": "Curses",
                        "link": "https://docs.python.org/",
                        "snippet": "How to",
                    },
                    {"position": 2, "title": "No snippet", "link": "https://example.org/"},
                ],
            }
        )
    )
    found = await SerpApi(KEY, server.url).search("curses")
    assert [(hit.title, hit.snippet) for hit in found] == [("Curses", "How to"), ("No snippet", "")]
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", "/search.json")
    assert asked.query == {"engine": "google", "q": "curses", "num": "8", "api_key": KEY}


async def test_serpapi_without_hits_is_an_empty_list_although_it_says_error(serve, reply):
    server = serve(
        lambda _: reply(
            {
                "search_metadata": {"status": "Success"},
                "error": "Google hasn't returned any results for this query.",
            }
        )
    )
    assert await SerpApi(KEY, server.url).search("qwxzv") == []


async def test_serpapi_failed_search_with_status_200_is_an_error(serve, reply):
    server = serve(
        lambda _: reply({"search_metadata": {"status": "Error"}, "error": "We could not process it."})
    )
    with pytest.raises(ProviderError, match="could not process"):
        await SerpApi(KEY, server.url).search("anything")


async def test_tavily_gets_the_key_as_a_bearer_token_and_never_more_than_it_allows(serve, reply):
    server = serve(
        lambda asked: reply(
            {
                "query": asked.json["query"],
                "answer": None,
                "images": [],
                "results": [
                    {"title": "2048", "url": "https://e.org/2048", "content": "Slide.", "score": 0.9},
                    {"title": "other", "url": "https://e.org/", "content": "…", "score": 0.1},
                ],
                "response_time": "1.2",
                "request_id": "1",
            }
        )
    )
    found = await Tavily(KEY, server.url).search("2048", most=50)
    assert found[0] == SearchResult(title="2048", url="https://e.org/2048", snippet="Slide.")
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["authorization"]) == ("POST", "/search", f"Bearer {KEY}")
    assert asked.json == {"query": "2048", "max_results": 20}


@pytest.mark.parametrize("status", [432, 433])
async def test_tavily_used_up_plan_says_so(serve, reply, status):
    server = serve(lambda _: reply({"detail": {"error": "limit"}}, status=status))
    with pytest.raises(ProviderError, match="limit is used up"):
        await Tavily(KEY, server.url).search("anything")


async def test_bing_gets_the_key_in_its_header_and_its_web_pages_are_hits(serve, reply):
    server = serve(
        lambda asked: reply(
            {
                "_type": "SearchResponse",
                "queryContext": {"originalQuery": asked.query["q"]},
                "webPages": {
                    "webSearchUrl": "https://www.bing.com/search?q=csv",
                    "totalEstimatedMatches": 2,
                    "value": [
                        {
                            "id": "https://api.bing.microsoft.com/api/v7/#WebPages.0",
                            "name": "csv — CSV 文件读写",
                            "url": "https://docs.python.org/3/library/csv.html",
                            "isFamilyFriendly": True,
                            "displayUrl": "https://docs.python.org/3/library/csv.html",
                            "snippet": "Reads and writes tabular data.",
                            "dateLastCrawled": "2025-07-30T10:00:00.0000000Z",
                            "language": "en",
                        },
                        {"name": "No snippet", "url": "https://example.org/"},
                    ],
                },
                "rankingResponse": {"mainline": {"items": []}},
            }
        )
    )
    found = await Bing(KEY, server.url + "/").search("csv 读写", most=90)
    assert [(hit.title, hit.snippet) for hit in found] == [
        ("csv — CSV 文件读写", "Reads and writes tabular data."),
        ("No snippet", ""),
    ]
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", "/v7.0/search")
    assert asked.headers["ocp-apim-subscription-key"] == KEY
    assert asked.query == {"q": "csv 读写", "count": "50", "responseFilter": "Webpages"}


async def test_bing_without_hits_leaves_the_pages_out(serve, reply):
    server = serve(lambda _: reply({"_type": "SearchResponse", "queryContext": {"originalQuery": "qwxzv"}}))
    assert await Bing(KEY, server.url).search("qwxzv") == []


async def test_bing_used_up_quota_is_not_taken_for_a_wrong_key(serve, reply):
    error = {"code": "InsufficientAuthorization", "message": "Out of call volume quota."}
    server = serve(lambda _: reply({"_type": "ErrorResponse", "errors": [error]}, status=403))
    with pytest.raises(ProviderError, match="quota is used up") as caught:
        await Bing(KEY, server.url).search("anything")
    assert not isinstance(caught.value, AuthenticationFailed)


DUCKDUCKGO_PAGE = """<!DOCTYPE html><html><body><div id="links" class="results">
<div class="result results_links results_links_deep result--ad ">
 <div class="links_main links_deep result__body"><h2 class="result__title">
  <a rel="nofollow" class="result__a" href="https://duckduckgo.com/y.js?ad_domain=shop.example&amp;u3=x">Buy</a>
 </h2><a class="result__snippet" href="https://duckduckgo.com/y.js?x">Cheap!</a></div></div>
<div class="result results_links results_links_deep web-result ">
 <div class="links_main links_deep result__body"><h2 class="result__title">
  <a rel="nofollow" class="result__a"
     href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fdocs.python.org%2F3%2Flibrary%2Fcsv.html%3Fa%3D1%26b%3D2&amp;rut=0a"
     >csv
     &mdash; CSV File Reading</a></h2>
  <div class="result__extras"><a class="result__url"
     href="//duckduckgo.com/l/?uddg=x"> docs.python.org </a></div>
  <a class="result__snippet" href="//duckduckgo.com/l/?uddg=x">Reads &amp; writes <b>CSV</b> files.</a>
 </div></div>
<div class="result results_links results_links_deep web-result ">
 <h2 class="result__title"><a rel="nofollow" class="result__a" href="https://example.org/">Direct</a></h2>
</div></div></body></html>"""


async def test_duckduckgo_hits_are_read_from_its_page_without_redirects_and_advertisements(serve, reply):
    server = serve(lambda _: reply(DUCKDUCKGO_PAGE, kind="text/html; charset=UTF-8"))
    found = await DuckDuckGo(server.url).search("csv & python")
    assert found == [
        SearchResult(
            title="csv — CSV File Reading",
            url="https://docs.python.org/3/library/csv.html?a=1&b=2",
            snippet="Reads & writes CSV files.",
        ),
        SearchResult(title="Direct", url="https://example.org/", snippet=""),
    ]
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.form) == ("POST", "/html/", {"q": "csv & python"})


async def test_duckduckgo_puzzle_for_humans_is_a_rate_limit(serve, reply):
    page = '<div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div>'
    server = serve(lambda _: reply(page, status=202, kind="text/html"))
    with pytest.raises(RateLimited, match="asks for a human"):
        await DuckDuckGo(server.url).search("anything")


async def test_duckduckgo_page_that_says_no_results_is_an_empty_list(serve, reply):
    page = '<div class="result result--no-result"><div class="no-results">No results.</div></div>'
    server = serve(lambda _: reply(page, kind="text/html"))
    assert await DuckDuckGo(server.url).search("qwxzv") == []


# ----------------------------------------------------------- what holds for every engine


@every_engine
@pytest.mark.parametrize(
    ("status", "error"),
    [(401, AuthenticationFailed), (429, RateLimited), (500, ProviderUnavailable), (404, ProviderError)],
)
async def test_a_status_becomes_its_typed_error_and_never_shows_the_key(serve, reply, make, status, error):
    server = serve(lambda _: reply({"error": "no"}, status=status, headers={"Retry-After": "7"}))
    with pytest.raises(ProviderError) as caught:
        await make(server.url).search("anything")
    assert type(caught.value) is error
    assert KEY not in str(caught.value)
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 7.0


@every_engine
@pytest.mark.parametrize("body", ["<html>Welcome</html>", "[1, 2]", '{"half": ', ""])
async def test_an_answer_that_is_no_result_list_is_garbage_not_silence(serve, reply, make, body):
    server = serve(lambda _: reply(body, kind="text/html"))
    with pytest.raises(ProviderGarbage, match="not its protocol"):
        await make(server.url).search("anything")


@every_engine
async def test_a_dead_address_is_unavailable_and_the_key_stays_hidden(make):
    with pytest.raises(ProviderUnavailable, match="gave no answer") as caught:
        await make("http://127.0.0.1:9").search("anything")
    assert KEY not in str(caught.value)


@every_engine
def test_the_key_is_not_in_the_repr(make):
    assert KEY not in repr(make("http://127.0.0.1:9"))
