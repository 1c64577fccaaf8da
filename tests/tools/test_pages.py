"""Pages are read as text and as a picture; addresses of somebody's own machines are not."""

import gzip
import shutil
from pathlib import Path

import httpx
import pytest
from tools_world import Persons, call

from makery.kernel.ports import CommandResult
from makery.testing import FakeSandbox, MemoryWorkspace, ended
from makery.tools.page_fetch import MOST_BYTES, fetch_page
from makery.tools.pages import page_tools
from makery.tools.tool import ToolFailed
from makery.tools.toolset import ToolBelt

PUBLIC = "93.184.216.34"
PAGE = "<title>Tea</title><h1>Tea at four</h1><script>document.body.append('And cake.')</script>"


def answering(*responses: httpx.Response) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    asked: list[httpx.Request] = []
    left = iter(responses)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return next(left)

    return httpx.MockTransport(answer), asked


async def test_a_page_is_fetched_from_the_address_that_was_looked_up() -> None:
    transport, asked = answering(httpx.Response(200, html=PAGE))
    text = await fetch_page("https://example.org/tea?x=1", resolve=lambda _: [PUBLIC], transport=transport)
    assert text == PAGE
    assert str(asked[0].url) == f"https://{PUBLIC}/tea?x=1" and asked[0].headers["host"] == "example.org"
    assert asked[0].extensions["sni_hostname"] == "example.org"


async def test_a_redirect_into_a_private_network_is_not_followed() -> None:
    known = {"example.org": [PUBLIC], "inner": ["10.0.0.7"]}
    transport, asked = answering(httpx.Response(302, headers={"location": "http://inner/secret"}))
    with pytest.raises(ToolFailed, match=r"private address 10\.0\.0\.7"):
        await fetch_page("http://example.org/", resolve=known.__getitem__, transport=transport)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("url", "addresses", "says"),
    [
        ("http://localhost/", ["127.0.0.1"], "private address 127.0.0.1"),
        ("http://a/", [PUBLIC, "169.254.169.254"], "private address 169.254.169.254"),
        ("http://a/", ["::ffff:10.0.0.1"], "private address"),
        ("http://a/", [], "is not known"),
        ("file:///etc/passwd", [PUBLIC], "is no address of a web page"),
        ("http://user@a/", [PUBLIC], "is no address of a web page"),
        ("http://a:b/", [PUBLIC], "is no address of a web page"),
    ],
)
async def test_what_is_no_public_page_is_refused_before_anything_is_sent(url, addresses, says) -> None:
    transport, asked = answering()
    with pytest.raises(ToolFailed, match=says):
        await fetch_page(url, resolve=lambda _: addresses, transport=transport)
    assert asked == []


@pytest.mark.parametrize(
    ("response", "says"),
    [
        (httpx.Response(404), "answered 404"),
        (
            httpx.Response(200, content=b"x", headers={"content-type": "image/png"}),
            "is no page but image/png",
        ),
        (httpx.Response(200, content=b"x" * (MOST_BYTES + 1)), "larger than 4 MiB"),
    ],
)
async def test_an_answer_that_is_no_page_is_told(response, says) -> None:
    with pytest.raises(ToolFailed, match=says):
        await fetch_page("http://a/", resolve=lambda _: [PUBLIC], transport=answering(response)[0])


async def test_a_page_that_comes_packed_unasked_is_refused_before_it_is_unpacked() -> None:
    packed = httpx.Response(
        200, headers={"content-encoding": "gzip"}, content=gzip.compress(b"x" * 9_000_000)
    )
    transport, _ = answering(packed)
    with pytest.raises(ToolFailed, match="packed"):
        await fetch_page("http://example.org/", resolve=lambda _: [PUBLIC], transport=transport)


async def test_redirects_without_end_are_given_up_on() -> None:
    transport, asked = answering(*[httpx.Response(302, headers={"location": "/again"})] * 9)
    with pytest.raises(ToolFailed, match="more than 5 times"):
        await fetch_page("http://a/", resolve=lambda _: [PUBLIC], transport=transport)
    assert len(asked) == 5


def shown(text: str, picture: bytes = b"PNG") -> CommandResult:
    return ended(0, text).model_copy(update={"collected": (("page.png", picture),)})


async def fetched(url: str) -> str:
    return PAGE


async def test_a_web_page_gives_its_text_and_a_picture_after_a_person_agreed() -> None:
    sandbox, workspace = FakeSandbox().when(lambda c: True, shown("Tea\n\nTea at four\n")), MemoryWorkspace()
    people = Persons("yes", "no")
    belt = ToolBelt(page_tools(workspace, sandbox, fetch=fetched), people=people)
    outcome = await belt.call(call("pages_read", url="https://example.org/tea"), ["*"])
    assert outcome.text.startswith("Tea\n\nTea at four") and "pages/https-example-org-tea.png" in outcome.text
    assert workspace.as_bytes()["pages/https-example-org-tea.png"] == b"PNG"
    assert (await belt.call(call("pages_read", url="https://example.org/tea"), ["*"])).failed
    (ran,) = sandbox.commands
    assert dict(ran.files) == {"fetched.html": PAGE} and not ran.network


async def test_a_browser_that_fails_is_told_in_its_last_line() -> None:
    sandbox = FakeSandbox().when(lambda c: True, ended(1, "", "long trace\nNo chromium"))
    belt = ToolBelt(page_tools(MemoryWorkspace(contents={"a.html": PAGE}), sandbox), people=Persons())
    outcome = await belt.call(call("pages_view", path="a.html"), ["*"])
    assert outcome.failed and "could not show a.html: No chromium" in outcome.text
    missing = await belt.call(call("pages_view", path="b.html"), ["*"])
    assert missing.failed and "There are: a.html" in missing.text


@pytest.mark.sandboxed
@pytest.mark.browser
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
@pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="Chromium is not installed")
async def test_a_page_of_the_workspace_is_seen_as_a_browser_shows_it() -> None:
    from makery.sandbox.choose import choose

    workspace = MemoryWorkspace(contents={"tea.html": PAGE})
    belt = ToolBelt(page_tools(workspace, choose(unsafe_local=False)), people=Persons())
    outcome = await belt.call(call("pages_view", path="tea.html"), ["*"])
    assert not outcome.failed, outcome.text
    assert outcome.text.startswith("Tea\n") and "And cake." in outcome.text
    assert workspace.as_bytes()["pages/tea-html.png"].startswith(b"\x89PNG")
