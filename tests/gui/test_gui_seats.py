"""Persons in seats on the page: the interpreter with its pictures, a choice, a role taken from a model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import HELPER, TEAM, TOKEN, caller, served
from app_standins import StandIns, settings_in
from gui_server import application
from playwright.sync_api import Page, expect

from makery.app.factory import Factory
from makery.kernel.cells import CellEnd
from makery.kernel.completion import Completion
from makery.kernel.tool import ToolCall
from makery.testing.fake_notebook import FakeNotebook

pytestmark = pytest.mark.browser

CELL = "```python\nprint(6 * 7)\n```"
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
"""A picture of one point."""
MANUAL = """
name: table
protocol: manual
roles:
  you: {goal: You are the user., human: always}
  ada: {goal: You answer.}
  bob: {goal: You answer.}
stop: {turns: 2}
"""


WRITES = Completion(
    text="",
    finish="stop",
    model="scripted",
    calls=(ToolCall(id="c1", tool="files_write", arguments={"path": "a.txt", "text": "hello"}),),
)


@pytest.fixture
def notebook() -> FakeNotebook:
    """A session whose second cell draws."""
    drawn = CellEnd(output="drawn", written=(("plot.png", DOT),))
    return FakeNotebook("43", drawn)


@pytest.fixture
def seats(tmp_path: Path, notebook: FakeNotebook) -> Iterator[str]:
    """The address of a server whose model writes two cells, and speaks."""
    settings = settings_in(tmp_path)
    answers = {"write_cell": [CELL, CELL, "There it is."], "speak": ["A line."] * 9}
    with served(application(Factory(settings, parts=StandIns(settings, answers, notebook=notebook)))) as url:
        yield url


def at_the_table(page: Page, url: str, team: str) -> None:
    """Open the page of teams and choose one."""
    page.goto(f"{url}/?token={TOKEN}")
    page.goto(f"{url}/gui/en/team")
    expect(page.locator("#mk-which input")).to_have_value("interpreter")
    if team != "interpreter":
        page.locator("#mk-which input").click()
        page.get_by_role("option", name=team, exact=True).click()
    page.locator("#mk-task textarea").fill("Talk.")


def test_code_is_edited_agreed_to_and_its_picture_shown(
    stranger: Page, seats: str, notebook: FakeNotebook
) -> None:
    at_the_table(stranger, seats, "interpreter")
    stranger.locator("#mk-start").click()
    expect(stranger.locator("#mk-draft")).to_contain_text("print(6 * 7)")
    stranger.locator("#mk-draft .cm-content").fill(CELL.replace("7", "8"))
    stranger.locator("#mk-edited").click()
    expect(stranger.locator(".mk-line", has_text="6 * 8")).to_be_visible()
    expect(stranger.locator("#mk-draft")).to_contain_text("print(6 * 7)")
    stranger.locator("#mk-all").click()
    expect(stranger.locator("#mk-question")).to_contain_text("There it is.")
    expect(stranger.locator(".mk-pool img")).to_have_js_property("naturalWidth", 1)
    stranger.locator("#mk-exit").click()
    stranger.locator(".mk-status[data-ended='1']").wait_for()
    expect(stranger.locator("#mk-exit")).to_be_hidden()
    assert "6 * 8" in notebook.runs[0].cell.code


def test_a_person_chooses_who_speaks(stranger: Page, seats: str) -> None:
    with caller(seats) as api:
        assert api.put("/api/v1/teams/table", json={"file": MANUAL}).status_code == 200
    at_the_table(stranger, seats, "table")
    stranger.locator("#mk-start").click()
    stranger.locator("#mk-choice").get_by_label("bob").check()
    stranger.locator("#mk-send").click()
    expect(stranger.locator(".mk-msg", has_text="bob: A line.")).to_be_visible()


def test_a_seat_is_taken_from_a_model(stranger: Page, seats: str) -> None:
    with caller(seats) as api:
        assert api.put("/api/v1/teams/pair", json={"file": TEAM}).status_code == 200
    at_the_table(stranger, seats, "pair")
    stranger.locator("#mk-seats").get_by_label("critic").check()
    stranger.locator("#mk-start").click()
    stranger.locator("#mk-say-seat textarea").fill("FINE <script>window.hit=1</script>")
    stranger.locator("#mk-send").click()
    expect(stranger.locator(".mk-msg", has_text="critic: FINE <script>")).to_be_visible()
    assert stranger.evaluate("window.hit") is None


def test_a_tool_is_used_after_a_person_agreed(stranger: Page, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    parts = StandIns(settings, {"speak": [WRITES, "It is there."]})
    with served(application(Factory(settings, parts=parts))) as url:
        with caller(url) as api:
            assert api.put("/api/v1/teams/helper", json={"file": HELPER}).status_code == 200
        at_the_table(stranger, url, "helper")
        stranger.locator("#mk-start").click()
        expect(stranger.locator("#mk-question")).to_contain_text("May files_write be used")
        expect(stranger.locator("#mk-pass")).to_be_hidden()
        stranger.locator("#mk-choice").get_by_label("yes").check()
        stranger.locator("#mk-send").click()
        expect(stranger.locator(".mk-msg", has_text="Wrote 5 characters")).to_be_visible()
