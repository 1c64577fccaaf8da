"""Gates, forks, chats, agents, settings: what people do beside looking on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import TOKEN, Gate, caller, served
from app_standins import PROGRAM, StandIns, settings_in
from gui_server import application
from playwright.sync_api import Page, expect

from makery.app.chatting import Turn, agent_order, chat_order
from makery.app.factory import Factory
from makery.interfaces.gui.pages.chat import turns_of
from makery.kernel.errors import InputError

HELLO = "The program prints hello."
EVIL = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"
ANSWERS = {
    "write_code": [PROGRAM] * 20,
    "speak": [f"Hello! {EVIL} `code`"] * 20,
}


@pytest.fixture
def talking(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose model also speaks."""
    settings = settings_in(tmp_path)
    with served(application(Factory(settings, parts=StandIns(settings, ANSWERS)))) as address:
        yield address


@pytest.mark.browser
def test_a_gate_is_answered_on_the_page(page: Page, gate: Gate, url: str) -> None:
    gate.open()
    page.get_by_label("one engineer").check()
    page.get_by_role("button", name="Ask me in between").click()
    page.get_by_label("delivery").check()
    page.locator("#mk-requirement textarea").fill(HELLO)
    page.locator("#mk-start").click()
    page.locator("#mk-approve").click()
    expect(page.locator(".mk-line", has_text="approve")).to_be_visible()
    page.locator(".mk-status[data-ended='1']").wait_for()
    expect(page.locator("#mk-approve")).to_be_hidden()
    with caller(url) as api:
        entries = api.get(f"/api/v1/runs/{page.url.split('id=')[1]}/ledger").json()["items"]
    replies = [json.loads(e["event"]["reply"]) for e in entries if e["event"]["type"] == "answered"]
    assert [reply["decision"] for reply in replies] == ["approve"]


@pytest.mark.browser
def test_a_run_goes_another_way_from_a_step(page: Page, gate: Gate, url: str) -> None:
    gate.open()
    with caller(url) as api:
        run = api.post("/api/v1/runs", json={"requirement": HELLO, "mode": "direct"}).json()["id"]
    page.goto(f"{url}/gui/en/run?id={run}")
    page.locator(".mk-status[data-ended='1']").wait_for()
    page.get_by_role("tab", name="Fork").click()
    page.locator("#mk-step input").click()
    page.get_by_role("option").first.click()
    page.locator("#mk-fork").click()
    page.wait_for_url(lambda address: "run?id=" in address and run not in address)
    expect(page.locator(".mk-line", has_text="another way")).to_contain_text(run)
    page.locator(".mk-status[data-ended='1']").wait_for()


@pytest.mark.browser
def test_a_chat_answers_and_what_is_said_stays_text(stranger: Page, talking: str) -> None:
    stranger.goto(f"{talking}/?token={TOKEN}")
    stranger.goto(f"{talking}/gui/en/chat")
    stranger.locator("#mk-say textarea").fill(f"Hi {EVIL}")
    stranger.locator("#mk-say textarea").press("Enter")
    expect(stranger.locator("#mk-chat .bot").last).to_contain_text("Hello!")
    expect(stranger.locator("#mk-chat .bot code").last).to_have_text("code")
    assert stranger.evaluate("window.hit") is None


@pytest.mark.browser
def test_a_model_is_tested_and_a_new_key_is_shown_once(page: Page, url: str) -> None:
    page.goto(f"{url}/gui/en/settings")
    page.locator("#mk-test").click()
    expect(page.locator("#mk-outcome")).to_contain_text("answered")
    page.get_by_role("tab", name="Keys for this server").click()
    page.locator("#mk-make-key").click()
    made = page.locator("#mk-made-key textarea, #mk-made-key input")
    expect(made).not_to_have_value("")
    with caller(url, made.input_value()) as client:
        assert client.get("/api/v1/me").json()["scopes"] == ["runs:read"]
    page.reload()
    page.get_by_role("tab", name="Keys for this server").click()
    expect(made).to_have_value("")


# ------------------------------------------------------------------ without a browser


def test_a_message_comes_with_the_turns_before_it() -> None:
    order = chat_order("And now?", [Turn("user", "Hi"), Turn("assistant", "Hello")])
    said = [json.loads(turn)["data"] for turn in order.inputs]
    assert [(turn["speaker"], turn["text"]) for turn in said] == [("user", "Hi"), ("assistant", "Hello")]
    assert order.requirement == "And now?"


def test_an_agent_has_a_name_a_goal_and_asks_nobody() -> None:
    order = agent_order("Sort things", name="Ada", team="goal", max_calls=5)
    team = json.loads(order.team)
    assert team["roles"]["agent"]["title"] == "Ada"
    assert not team.get("ask")
    assert (order.requirement, order.max_calls, order.yes) == ("Sort things", 5, True)
    with pytest.raises(InputError, match="No agent"):
        agent_order("x", team="../../etc/passwd")


def test_a_history_of_any_form_becomes_turns() -> None:
    history = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "text", "text": "b"}, {"type": "file", "path": "x"}]},
        {"role": "user", "content": None},
    ]
    assert turns_of(history) == [Turn("user", "a"), Turn("assistant", "b"), Turn("user", "")]
