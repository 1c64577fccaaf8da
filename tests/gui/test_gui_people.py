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
from makery.app.models import ModelRow
from makery.interfaces.gui.pages import settings
from makery.interfaces.gui.pages.chat import turns_of
from makery.kernel.errors import InputError

HELLO = "The program prints hello."
EVIL = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"
KEYED = ModelRow(
    name="acme/one", provider="acme", base_url="", context=1, has_key=True, key_variables=("ACME_KEY",)
)
ANSWERS = {
    "write_code": [PROGRAM] * 20,
    "speak": [f"Hello! {EVIL} `code`"] * 20,
}


@pytest.fixture
def talking(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose model also speaks."""
    found = settings_in(tmp_path)
    with served(application(Factory(found, parts=StandIns(found, ANSWERS)))) as address:
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


def at_fork(page: Page, url: str) -> str:
    """Show the fork form of a new run that has ended, with the engineer's step chosen; the run's id."""
    with caller(url) as api:
        run = str(api.post("/api/v1/runs", json={"requirement": HELLO, "mode": "direct"}).json()["id"])
    page.goto(f"{url}/gui/en/run?id={run}")
    page.locator(".mk-status[data-ended='1']").wait_for()
    page.get_by_role("tab", name="Fork").click()
    page.locator("#mk-step input").click()
    page.get_by_role("option", name="engineer").first.click()
    return run


@pytest.mark.browser
def test_a_run_goes_another_way_from_a_step(page: Page, gate: Gate, url: str) -> None:
    gate.open()
    run = at_fork(page, url)
    page.locator("#mk-fork").click()
    page.wait_for_url(lambda address: "run?id=" in address and run not in address)
    expect(page.locator(".mk-line", has_text="another way")).to_contain_text(run)
    page.locator(".mk-status[data-ended='1']").wait_for()


@pytest.mark.browser
def test_what_is_rejected_at_a_gate_ends_the_run_and_is_a_label(page: Page, gate: Gate, url: str) -> None:
    gate.open()
    order = {"requirement": HELLO, "mode": "direct", "ask": ["delivery"]}
    with caller(url) as api:
        run = api.post("/api/v1/runs", json=order).json()["id"]
        page.goto(f"{url}/gui/en/run?id={run}")
        page.locator("#mk-note textarea").fill(f"too plain {EVIL}")
        page.locator("#mk-reject").click()
        expect(page.locator(".mk-status")).to_contain_text("The delivery was rejected: too plain")
        expect(page.locator("#mk-reject")).to_be_hidden()
        page.get_by_role("tab", name="Result").click()
        expect(page.locator("#mk-result [data-decision=reject]")).to_contain_text("too plain <img")
        page.goto(f"{url}/gui/en/runs")
        page.get_by_role("tab", name="Decisions").click()
        expect(page.locator("#mk-labels [data-decision=reject]")).to_contain_text("rejected")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download all").click()
        exported = Path(download.value.path()).read_text(encoding="utf-8")
        (label,) = api.get(f"/api/v1/runs/{run}/labels").json()["items"]
    assert json.loads(exported) == label
    assert (label["decision"], label["who"], label["after"]) == ("reject", "operator", None)
    assert label["before"]["kind"] == "Delivery"
    assert page.evaluate("window.hit") is None


@pytest.mark.browser
def test_a_run_is_given_up_for_good_on_the_page(page: Page, gate: Gate, url: str) -> None:
    with caller(url) as api:
        run = api.post("/api/v1/runs", json={"requirement": HELLO, "mode": "direct"}).json()["id"]
        page.goto(f"{url}/gui/en/run?id={run}")
        page.locator("#mk-cancel:not([disabled])").click()
        expect(page.locator(".mk-status")).to_contain_text("stopped")
        expect(page.locator("#mk-cancel")).to_be_disabled()
        expect(page.locator("#mk-resume")).to_be_disabled()
        assert api.get(f"/api/v1/runs/{run}").json()["state"] == "cancelled"


@pytest.mark.browser
def test_a_run_goes_on_from_an_edited_result(page: Page, gate: Gate, url: str) -> None:
    gate.open()
    run = at_fork(page, url)
    with caller(url) as api:
        page.get_by_role("button", name="Or put an edited result").click()
        editor = page.locator("#mk-fork-edit .cm-content")
        expect(editor).to_contain_text("print('hello')")
        data = api.get(f"/api/v1/runs/{run}/steps/write_code").json()["artifact"]["data"]
        data["files"][0]["content"] = "print('hello, edited')\n"
        editor.fill(json.dumps(data))
        page.locator("#mk-fork").click()
        page.wait_for_url(lambda address: "run?id=" in address and run not in address)
        page.locator(".mk-status[data-ended='1']").wait_for()
        other = page.url.split("id=")[1]
        assert api.get(f"/api/v1/runs/{other}/files/main.py").text == "print('hello, edited')\n"


@pytest.mark.browser
def test_the_live_page_says_what_is_left_and_how_long_it_lasts(page: Page, gate: Gate, url: str) -> None:
    order = {"requirement": HELLO, "mode": "direct", "max_tokens": 90_000, "max_minutes": 30, "max_usd": 2}
    with caller(url) as api:
        run = api.post("/api/v1/runs", json=order).json()["id"]
    page.goto(f"{url}/gui/en/run?id={run}")
    expect(page.locator("[data-spent=tokens]")).to_contain_text("0 / 90,000 (90,000 left)")
    expect(page.locator("[data-spent=usd]")).to_contain_text("(2.0000 left)")
    expect(page.locator("[data-clock]")).to_contain_text("/ 30:00 (")
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 300_000; }")
    expect(page.locator("[data-pace]")).to_contain_text("the limit “Time” is reached in about 2")
    gate.open()
    page.locator(".mk-status[data-ended='1']").wait_for()
    expect(page.locator("[data-pace]")).to_be_hidden()


@pytest.mark.browser
def test_a_key_of_a_provider_is_nowhere_on_the_page_once_it_is_kept(
    page: Page, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-never-shown-again"
    ring: dict[str, str] = {}
    monkeypatch.setattr(settings, "keep_key", ring.__setitem__)
    monkeypatch.setattr(settings, "_rows", lambda frame: (KEYED,))
    heard: list[str] = []
    page.goto(f"{url}/gui/en/settings")
    page.locator("#mk-provider input").click()
    page.get_by_role("option", name="acme").click()
    page.locator("#mk-key input").fill(secret)
    page.on("response", lambda answer: heard.append(answer.text()) if "/gui/" in answer.url else None)
    page.locator("#mk-keep").click()
    expect(page.locator("#mk-key input")).to_have_value("")
    assert ring == {"acme": secret}
    page.reload()
    expect(page.locator("#mk-models")).to_contain_text("acme")
    everything = (
        "() => document.documentElement.outerHTML + JSON.stringify({...localStorage, ...sessionStorage})"
    )
    assert secret not in page.evaluate(everything)
    values = "() => [...document.querySelectorAll('input, textarea')].map((box) => box.value)"
    assert secret not in page.evaluate(values)
    assert heard
    assert not any(secret in answer for answer in heard)


@pytest.mark.browser
def test_a_chat_without_accounts_says_that_the_server_s_own_model_answers(
    stranger: Page, talking: str
) -> None:
    stranger.goto(f"{talking}/?token={TOKEN}")
    stranger.goto(f"{talking}/gui/en/chat")
    expect(stranger.locator("#mk-way [data-way=own]")).to_contain_text("No relay account is configured")
    stranger.locator("#mk-team input").click()
    stranger.get_by_role("option", name="debate").click()
    expect(stranger.locator("#mk-way [data-way=team]")).to_be_visible()


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
