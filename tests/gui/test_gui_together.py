"""The page beside the command line and over restarts, and the ways in that take more than a text."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import TOKEN, Gate, caller, served
from app_standins import PROGRAM, StandIns, settings_in
from gui_server import application
from playwright.sync_api import Page, expect

from makery.app.factory import Factory

pytestmark = pytest.mark.browser

HELLO = "The program prints hello."
PATIENCE_SECONDS = 600
WATCH = "import sys; from makery.interfaces.cli.main import main; sys.argv[0] = 'makery'; main()"


ANSWERS = {
    "execute_task": ["Sorting is described.", "The guide is written."],
    "create_tasks": ['{"tasks": ["write the guide"]}', '{"tasks": []}'],
    "speak": [f"Answer {number}." for number in range(9)],
    "write_code": [PROGRAM] * 9,
}


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose model works off tasks, and speaks until it is stopped."""
    settings = settings_in(tmp_path)
    with served(application(Factory(settings, parts=StandIns(settings, ANSWERS)))) as url:
        yield url


@pytest.fixture
def waiting(tmp_path: Path, gate: Gate) -> Iterator[str]:
    """As `busy`, but the model waits for the gate."""
    settings = settings_in(tmp_path)
    with served(application(Factory(settings, parts=StandIns(settings, ANSWERS, delay=gate)))) as url:
        yield url


def test_the_command_line_watches_while_the_page_edits_at_a_gate(
    page: Page, gate: Gate, url: str, tmp_path: Path
) -> None:
    gate.open()
    page.get_by_label("one engineer").check()
    page.get_by_role("button", name="Ask me in between").click()
    page.get_by_label("delivery").check()
    page.locator("#mk-requirement textarea").fill(HELLO)
    page.locator("#mk-start").click()
    page.locator("#mk-approve").wait_for()
    run = page.url.split("id=")[1]
    environment = {**os.environ, "MAKERY_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", WATCH, "runs", "watch", run]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        shown: list[str] = []
        while "waits for you" not in "".join(shown[-1:]):
            shown.append(watching.stderr.readline())
            assert shown[-1], shown
        page.get_by_role("button", name="Edit it").click()
        document = page.locator("#mk-document .cm-content")
        edited = page.evaluate("() => JSON.stringify({run: 'python main.py --edited'})")
        document.fill(edited)
        page.locator("#mk-edit").click()
        rest = watching.stderr.read()
        assert watching.wait(PATIENCE_SECONDS) in (0, 3), rest
    assert "delivery, edited" in rest
    page.locator(".mk-status[data-ended='1']").wait_for()
    with caller(url) as api:
        assert api.get(f"/api/v1/runs/{run}").json()["how_to_run"] == "python main.py --edited"


def test_the_page_comes_back_after_its_server_was_killed_and_the_run_goes_on_from_it(
    stranger: Page, tmp_path: Path
) -> None:
    first, url = _alone(tmp_path, 0)
    stranger.goto(f"{url}/?token={TOKEN}")
    stranger.get_by_label("one engineer").check()
    stranger.locator("#mk-requirement textarea").fill(HELLO)
    stranger.locator("#mk-start").click()
    stranger.locator(".mk-awake").wait_for()
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    expect(stranger.locator(".mk-lost")).to_be_visible()
    lines = stranger.locator(".mk-pool > li").count()
    second, _ = _alone(tmp_path, int(url.rsplit(":", 1)[1]), "answers")
    try:
        expect(stranger.locator(".mk-lost")).to_be_hidden()
        expect(stranger.locator(".mk-awake")).to_have_count(0)
        assert stranger.locator(".mk-pool > li").count() == lines
        stranger.reload()
        stranger.locator("#mk-resume:not([disabled])").click()
        expect(stranger.locator(".mk-status")).to_contain_text("verified")
    finally:
        second.kill()
        second.wait()


def _alone(folder: Path, port: int, *more: str) -> tuple["subprocess.Popen[str]", str]:
    """A server in a process of its own, and its address; its model answers only if that is said."""
    script = str(Path(__file__).with_name("served_alone.py"))
    command = [sys.executable, script, str(folder), str(port), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        return process, process.stdout.readline().strip()


def test_an_agent_makes_its_tasks_and_works_them_off(stranger: Page, busy: str) -> None:
    stranger.goto(f"{busy}/?token={TOKEN}")
    stranger.goto(f"{busy}/gui/en/agent")
    stranger.locator("#mk-name input, #mk-name textarea").fill("Ada")
    stranger.locator("#mk-goal textarea").fill("Write a guide to sorting.")
    stranger.locator("#mk-start").click()
    expect(stranger.locator(".mk-tasks li", has_text="write the guide")).to_contain_text("☑")
    stranger.locator(".mk-status[data-ended='1']").wait_for()
    stranger.get_by_role("tab", name="Result").click()
    expect(stranger.locator("#mk-result")).to_contain_text("Answer 0.")


def test_an_agent_is_stopped_and_what_it_did_is_taken_away(stranger: Page, waiting: str) -> None:
    page = stranger
    page.goto(f"{waiting}/?token={TOKEN}")
    page.goto(f"{waiting}/gui/en/agent")
    page.locator("#mk-goal textarea").fill("Write a guide to sorting.")
    page.locator("#mk-start").click()
    page.wait_for_url("**/run?id=*")
    run = page.url.split("id=")[1]
    expect(page.locator(".mk-awake")).to_be_visible()
    page.locator("#mk-pause:not([disabled])").click()
    expect(page.locator(".mk-status")).to_contain_text("stopped")
    page.get_by_role("tab", name="Result").click()
    with page.expect_download() as events:
        page.get_by_role("link", name="All events").click()
    lines = Path(events.value.path()).read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["event"]["type"] == "run_started"
    assert json.loads(lines[-1])["event"]["type"] == "run_ended"
    with caller(waiting) as api:
        assert api.get(f"/api/v1/runs/{run}").json()["state"] == "paused"


def test_files_of_a_repository_are_handed_in_and_changed(stranger: Page, busy: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "print('old')\n")
        archive.writestr("docs/notes.txt", "kept\n")
    stranger.goto(f"{busy}/?token={TOKEN}")
    given = {"name": "shop.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    stranger.locator("#mk-files input[type=file]").set_input_files([given])  # type: ignore[list-item]
    expect(stranger.locator("#mk-files")).to_contain_text("shop")
    stranger.get_by_label("one engineer").check()
    stranger.locator("#mk-requirement textarea").fill(HELLO)
    stranger.locator("#mk-start").click()
    stranger.locator(".mk-status[data-ended='1']").wait_for()
    run = stranger.url.split("id=")[1]
    with caller(busy) as api:
        assert api.get(f"/api/v1/runs/{run}").json()["files"] == ["docs/notes.txt", "main.py"]
        assert "-print('old')" in api.get(f"/api/v1/runs/{run}/diff").text


def test_a_message_of_a_chat_is_edited_and_sent_again(stranger: Page, busy: str) -> None:
    stranger.goto(f"{busy}/?token={TOKEN}")
    stranger.goto(f"{busy}/gui/en/chat")
    stranger.locator("#mk-say textarea").fill("First")
    stranger.locator("#mk-say textarea").press("Enter")
    expect(stranger.locator("#mk-chat .bot").last).to_contain_text("Answer 0.")
    stranger.locator("#mk-chat .user").last.hover()
    stranger.get_by_role("button", name="Edit").last.click()
    stranger.locator("#mk-chat textarea").fill("Second")
    stranger.get_by_role("button", name="Submit").first.click()
    expect(stranger.locator("#mk-chat .bot").last).to_contain_text("Answer 1.")
    expect(stranger.locator("#mk-chat .user").last).to_contain_text("Second")
    with caller(busy) as api:
        said = [run["requirement"] for run in api.get("/api/v1/runs").json()["items"]]
    assert said == ["Second", "First"]


def test_an_answer_of_a_chat_is_stopped(page: Page, gate: Gate, url: str) -> None:
    page.goto(f"{url}/gui/en/chat")
    page.locator("#mk-say textarea").fill("Wait")
    page.locator("#mk-say textarea").press("Enter")
    with caller(url) as api:
        while not api.get("/api/v1/runs").json()["items"]:
            page.wait_for_timeout(100)
        page.locator("#mk-say .stop-button").click()
        while (found := api.get("/api/v1/runs").json()["items"])[0]["state"] == "running":
            page.wait_for_timeout(100)
    assert [run["state"] for run in found] == ["paused"]
