"""From a requirement to a run that is watched: the first page, and the live view."""

import re

import pytest
from api_server import Gate, caller
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

HELLO = "The program prints hello."


def start(page: Page, requirement: str = HELLO) -> str:
    """Order a program by one engineer; the run's id."""
    page.get_by_label("one engineer").check()
    page.locator("#mk-requirement textarea").fill(requirement)
    page.locator("#mk-start").click()
    page.wait_for_url("**/run?id=*")
    return page.url.split("id=")[1]


def test_a_requirement_becomes_a_run_that_is_watched_to_its_verdict(page: Page, gate: Gate, url: str) -> None:
    run = start(page)
    expect(page.locator(".mk-awake", has_text="engineer")).to_be_visible()
    gate.open()
    expect(page.locator(".mk-status")).to_contain_text("verified")
    expect(page.locator(".mk-checks .mk-passed")).to_have_count(1)
    expect(page.locator("[data-panel=cost] tbody tr")).to_contain_text("engineer")
    with caller(url) as api:
        assert api.get(f"/api/v1/runs/{run}").json()["state"] == "ended"


def test_a_message_opens_with_its_code_in_colour(page: Page, gate: Gate) -> None:
    gate.open()
    start(page)
    program = page.locator(".mk-msg[data-kind=SourceCode]").first
    program.locator("summary").first.click()
    expect(program.locator(".mk-code .nb", has_text="print")).to_be_visible()


def test_a_run_that_the_api_began_is_seen_and_stopped_on_the_page(page: Page, url: str) -> None:
    with caller(url) as api:
        run = api.post("/api/v1/runs", json={"requirement": HELLO, "mode": "direct"}).json()["id"]
        page.goto(f"{url}/gui/en/run?id={run}")
        page.locator("#mk-pause:not([disabled])").click()
        expect(page.locator(".mk-status")).to_contain_text("stopped")
        assert api.get(f"/api/v1/runs/{run}").json()["state"] == "paused"


def test_a_stopped_run_goes_on_where_it_was(page: Page, gate: Gate) -> None:
    start(page)
    page.locator("#mk-pause:not([disabled])").click()
    page.locator("#mk-resume:not([disabled])").wait_for()
    gate.open()
    page.locator("#mk-resume").click()
    expect(page.locator(".mk-status")).to_contain_text("verified")
    expect(page.locator(".mk-line", has_text="goes on")).to_have_count(1)


def test_what_models_write_is_shown_on_demand(page: Page, gate: Gate) -> None:
    start(page)
    page.get_by_label("Show what the models write").check()
    page.locator(".mk-pool .mk-msg").first.wait_for()
    gate.open()
    expect(page.locator(".mk-texts")).to_contain_text("print('hello')")


def test_an_order_that_cannot_be_taken_is_told(page: Page) -> None:
    page.locator("#mk-requirement textarea").fill("   ")
    page.locator("#mk-start").click()
    expect(page.locator(".mk-told")).to_contain_text("requirement")


def test_an_example_fills_the_form(page: Page) -> None:
    page.get_by_role("button", name="2048 in the browser").click()
    expect(page.locator("#mk-requirement textarea")).to_have_value(re.compile("2048"))


def test_the_page_speaks_chinese_and_dark(page: Page, url: str) -> None:
    page.goto(f"{url}/gui/zh/")
    expect(page.locator("#mk-start")).to_contain_text("开始")
    page.locator("[data-theme]").click()
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    page.reload()
    page.locator("#mk-start").wait_for()
    expect(page.locator("body")).to_have_class(re.compile("dark"))


def test_the_page_fits_on_a_phone(page: Page, gate: Gate) -> None:
    gate.open()
    page.set_viewport_size({"width": 390, "height": 800})
    start(page)
    expect(page.locator(".mk-status")).to_contain_text("verified")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
