"""The chat page over the relay: streamed, counted, with history, choice of model, stop, edit and retry."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from api_server import PATIENCE_SECONDS, TOKEN, caller, make_factory, served
from gui_server import application
from playwright.sync_api import Page, expect
from relay_upstream import UPSTREAM_KEY, USAGE, Upstream, answer, event

from makery.interfaces.gui.rendering import plain

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"
SAYS = (f"**Number {{n}}** {EVIL}\n\n", "```python\nprint({n})\n```\n\n", "The end.")


class Talker(Upstream):
    """Answers the n-th chat with Markdown; after the first piece it waits until it may go on."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.go_on = threading.Event()
        self.go_on.set()

    async def _pieces(self, asked: dict[str, Any]) -> AsyncIterator[bytes]:
        number = len(self.asked)
        for text in SAYS:
            yield event(answer("delta", {"content": text.format(n=number)}, None))
            await asyncio.to_thread(self.go_on.wait, PATIENCE_SECONDS)
        yield event(answer("delta", {}, "stop"))
        yield event({**answer("delta", {}, None), "choices": [], "usage": USAGE})
        yield b"data: [DONE]\n\n"

    async def _endless(self) -> AsyncIterator[bytes]:
        while True:  # at the pace of a model: the page shows each word
            yield event(answer("delta", {"content": "word "}, None))
            await asyncio.sleep(0.05)

    @property
    def heard(self) -> list[list[tuple[str, str]]]:
        """Of each chat: who said what."""
        return [[(one["role"], one["content"]) for one in asked["messages"]] for asked in self.asked]


@pytest.fixture(scope="module")
def accounts() -> tuple[Talker, Talker]:
    return Talker("first"), Talker("second")


@pytest.fixture(scope="module")
def served_chat(accounts: tuple[Talker, Talker], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose relay has two accounts, one for all tests: Gradio takes long to set up."""
    first, second = accounts
    with served(first.app) as one, served(second.app) as other:
        key = {"api_key": UPSTREAM_KEY}
        upstreams = {
            "first": {"base_url": f"{one}/v1", "models": ["large", "shared", "small"], **key},
            "second": {"base_url": f"{other}/v1", "models": ["shared"], **key},
        }
        folder = tmp_path_factory.mktemp("chat")
        factory = make_factory(folder, relay={"upstreams": upstreams, "cool_down_seconds": 0.001})
        with served(application(factory)) as address:
            yield address


@pytest.fixture
def talker(accounts: tuple[Talker, Talker]) -> Talker:
    """The account that alone has most of the models; both are as new."""
    for account in accounts:
        account.asked.clear()
        account.fault = ""
        account.go_on.set()
        account.left.clear()
    return accounts[0]


@pytest.fixture
def chat(stranger: Page, served_chat: str, talker: Talker) -> Page:
    """The chat page, opened."""
    return opened(stranger, served_chat)


def opened(page: Page, url: str, key: str = TOKEN) -> Page:
    """The chat page as whoever has that key sees it."""
    page.context.add_cookies([{"name": "makery_token", "value": key, "url": url}])
    page.goto(f"{url}/gui/en/chat")
    page.locator("#mk-way [data-way]").wait_for()
    return page


def say(page: Page, text: str) -> None:
    page.locator("#mk-say textarea").fill(text)
    page.locator("#mk-say textarea").press("Enter")


def choose(page: Page, model: str) -> None:
    page.locator("#mk-chat-model input").click()
    page.get_by_role("option", name=model).click()


def tokens(url: str) -> int:
    """What the relay has counted."""
    with caller(url) as api:
        rows = api.get("/api/v1/relay/usage").json()["items"]
    return sum(row["prompt_tokens"] + row["completion_tokens"] for row in rows)


def counted(page: Page, url: str, before: int) -> int:
    """What came to it, once something did: it is written a moment later."""
    while (now := tokens(url)) == before:
        page.wait_for_timeout(100)
    return now - before


def test_an_answer_grows_as_the_account_streams_it_and_the_relay_counts_it(
    chat: Page, served_chat: str, talker: Talker
) -> None:
    before = tokens(served_chat)
    expect(chat.locator("#mk-way")).to_contain_text("relay")
    talker.go_on.clear()
    say(chat, f"Hi {EVIL}")
    said = chat.locator("#mk-chat .bot").last
    expect(said.locator("strong")).to_have_text("Number 1")
    expect(said).not_to_contain_text("The end.")
    talker.go_on.set()
    expect(said).to_contain_text("The end.")
    expect(said.locator("pre code")).to_contain_text("print(1)")
    assert chat.evaluate("window.hit") is None
    assert talker.heard == [[("user", f"Hi {EVIL}")]]
    assert counted(chat, served_chat, before) == USAGE["total_tokens"]
    with caller(served_chat) as api:
        assert api.get("/api/v1/runs").json()["items"] == []


def test_the_chosen_model_is_asked(chat: Page, talker: Talker) -> None:
    expect(chat.locator("#mk-chat-model input")).to_have_value("large")
    choose(chat, "small")
    say(chat, "Hi")
    expect(chat.locator("#mk-chat .bot").last).to_contain_text("The end.")
    assert [asked["model"] for asked in talker.asked] == ["small"]


def test_an_answer_is_asked_for_again(chat: Page, talker: Talker) -> None:
    say(chat, "Again")
    expect(chat.locator("#mk-chat .bot").last).to_contain_text("The end.")
    expect(chat.locator("#mk-say textarea")).to_be_enabled()
    chat.get_by_role("button", name="Retry").click()
    expect(chat.locator("#mk-chat .bot").last).to_contain_text("Number 2")
    expect(chat.locator("#mk-chat .bot")).to_have_count(1)
    assert talker.heard == [[("user", "Again")]] * 2


def test_an_earlier_message_is_edited_and_what_followed_it_is_gone(chat: Page, talker: Talker) -> None:
    for number, text in enumerate(("One", "Two"), 1):
        say(chat, text)
        expect(chat.locator("#mk-chat .bot")).to_have_count(number)
        expect(chat.locator("#mk-chat .bot").last).to_contain_text("The end.")
        expect(chat.locator("#mk-say textarea")).to_be_enabled()
    chat.locator("#mk-chat .user").first.hover()
    chat.get_by_role("button", name="Edit").first.click()
    chat.locator("#mk-chat textarea").fill("Other")
    chat.get_by_role("button", name="Submit").first.click()
    expect(chat.locator("#mk-chat .bot")).to_have_count(1)
    expect(chat.locator("#mk-chat .bot").last).to_contain_text("Number 3")
    first, second, edited = talker.heard
    assert [text for _, text in second] == ["One", first_answer(1), "Two"]
    assert edited == [("user", "Other")]
    assert first == [("user", "One")]


def first_answer(number: int) -> str:
    """What the browser hands back of an answer: the page shows tags as text."""
    return plain("".join(SAYS).format(n=number))


def test_an_answer_is_stopped_and_the_account_let_go(chat: Page, served_chat: str, talker: Talker) -> None:
    before = tokens(served_chat)
    talker.fault = "endless"
    say(chat, "Talk on and on")
    expect(chat.locator("#mk-chat .bot").last).to_contain_text("word")
    chat.locator("#mk-say .stop-button").click()
    assert talker.left.wait(PATIENCE_SECONDS)
    assert counted(chat, served_chat, before) > 0


def test_chats_are_kept_over_reloads_in_both_languages(chat: Page, served_chat: str, talker: Talker) -> None:
    say(chat, "Remember the seven seas")
    expect(chat.locator("#mk-chat .bot").last).to_contain_text("The end.")
    for place in ("en", "zh"):  # two applications, as after a start of the server
        past = chat.get_by_text("Remember the seven seas")
        chat.wait_for_function("localStorage.getItem('makery-chats')?.length > 100")
        chat.goto(f"{served_chat}/gui/{place}/chat")
        past.first.click()
        expect(chat.locator("#mk-chat .user").last).to_have_text(re.compile("seven seas"))
        expect(chat.locator("#mk-chat .bot").last).to_contain_text("Number 1")
    say(chat, "And now?")
    expect(chat.locator("#mk-chat .bot").last).to_contain_text("Number 2")
    assert [text for _, text in talker.heard[-1]][::2] == ["Remember the seven seas", "And now?"]


def test_an_account_that_fails_is_not_noticed(chat: Page, accounts: tuple[Talker, Talker]) -> None:
    accounts[0].fault = "500"
    choose(chat, "shared")
    say(chat, "Hi")
    expect(chat.locator("#mk-chat .bot").last).to_contain_text("The end.")
    assert accounts[1].heard == [[("user", "Hi")]]


def test_a_key_s_models_quota_and_scopes_hold_on_the_page(
    stranger: Page, served_chat: str, talker: Talker
) -> None:
    with caller(served_chat) as api:

        def key(**more: Any) -> str:
            return api.post("/api/v1/keys", json={"name": "k", **more}).raise_for_status().json()["key"]

        poor = key(scopes=["relay"], models=["small"], quota={"tokens": 50})
        other = key(scopes=["runs:read", "runs:write"])
    page = opened(stranger, served_chat, poor)
    expect(page.locator("#mk-chat-model input")).to_have_value("small")
    say(page, "Hi")
    expect(page.get_by_text("quota of 50 tokens")).to_be_visible()
    assert talker.asked == []
    opened(page, served_chat, other)
    expect(page.locator("#mk-way")).to_contain_text("may not use the relay")
