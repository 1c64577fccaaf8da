"""Strangers see nothing of the page, and callers only their own."""

from collections.abc import Callable

import httpx2
import pytest
from api_server import TOKEN, Gate, caller
from playwright.sync_api import Page, expect

from makery.interfaces.gui.texts import LOCALES, locale_of, texts_of

HELLO = "The program prints hello."


def test_strangers_are_asked_for_a_key_and_get_nothing_else(url: str) -> None:
    with caller(url, "") as client:
        assert client.get("/gui/en/").headers["location"] == "/gui/login"
        assert client.get("/gui/live/01abc").status_code == 401
        assert client.get("/gui/step/01abc/1").status_code == 401
        for path in ("config", "gradio_api/info", "gradio_api/queue/data?session_hash=x"):
            assert client.get(f"/gui/en/{path}").status_code in (401, 404), path
        join = {"data": [], "fn_index": 0, "session_hash": "x"}
        assert client.post("/gui/en/gradio_api/queue/join", json=join).status_code == 401
        upload = client.post("/gui/en/gradio_api/upload", files={"files": b"x"})
        assert upload.status_code == 401


def test_gradio_s_doors_that_no_page_needs_are_shut_for_everybody(url: str) -> None:
    with caller(url) as client:
        for path in (
            "gradio_api/proxy=http://127.0.0.1:1/",
            "gradio_api/file=http://127.0.0.1:1/",
            "gradio_api/file=https://example.com/",
            "gradio_api/runs",
            "monitoring",
            "gradio_api/openapi.json",
        ):
            assert client.get(f"/gui/en/{path}").status_code == 404, path
        assert client.get("/gui/en/gradio_api/file=/etc/passwd").status_code in (403, 404)


def test_pages_may_load_from_and_talk_to_nobody_else(url: str) -> None:
    with caller(url) as client:
        policy = client.get("/gui/en/").headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_another_site_cannot_press_the_page_s_buttons(url: str) -> None:
    headers = {"Cookie": f"makery_token={TOKEN}", "Sec-Fetch-Site": "cross-site"}
    with httpx2.Client(base_url=url, headers=headers, trust_env=False) as client:
        join = {"data": [], "fn_index": 0, "session_hash": "x"}
        assert client.post("/gui/en/gradio_api/queue/join", json=join).status_code == 403
        assert client.post("/gui/login", data={"key": TOKEN}).status_code == 403


def test_one_organisation_s_page_shows_nothing_of_another(
    url: str, key_of: Callable[..., str], gate: Gate
) -> None:
    gate.open()
    with caller(url) as operator:
        run = operator.post(
            "/api/v1/runs", json={"requirement": HELLO, "mode": "direct", "ask": ["delivery"]}
        ).json()["id"]
        while operator.post(f"/api/v1/runs/{run}/answer", json={"decision": "approve"}).status_code != 200:
            pass
        assert len(operator.get("/api/v1/labels").text.splitlines()) == 1
    with caller(url, key_of("other", "runs:read", "runs:write")) as client:
        assert client.get(f"/gui/live/{run}").status_code == 404
        assert client.get(f"/gui/step/{run}/2").status_code == 404
        assert client.get(f"/api/v1/runs/{run}/labels").status_code == 404
        assert client.get("/api/v1/labels").text == ""


@pytest.mark.browser
def test_a_key_lets_in_and_a_wrong_one_does_not(stranger: Page, url: str) -> None:
    stranger.goto(f"{url}/")
    stranger.get_by_label("Key").fill("<script>window.hit=1</script>")
    stranger.get_by_role("button").click()
    expect(stranger.get_by_role("alert")).to_be_visible()
    stranger.get_by_label("Key").fill(TOKEN)
    stranger.get_by_role("button").click()
    stranger.locator("#mk-requirement").wait_for()


def test_every_language_has_the_same_words() -> None:
    names = [set(texts_of(locale)) for locale in LOCALES]
    assert names[0] == names[1]
    assert all(text.strip() for locale in LOCALES for text in texts_of(locale).values())


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de-DE,de", "en"), ("", "en"), ("en-GB", "en")],
)
def test_the_browser_s_language_is_taken(accepted: str, locale: str) -> None:
    assert locale_of(accepted) == locale
