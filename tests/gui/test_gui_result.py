"""What a run came to, on the page: the verdict, the program to try, the history, comparisons."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import TOKEN, Gate, caller, served
from app_standins import StandIns, settings_in
from gui_server import application
from playwright.sync_api import Page, expect

from makery.app.factory import Factory
from makery.interfaces.gui.pages import runs
from makery.interfaces.gui.tickets import VALID_SECONDS, Tickets

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HELLO = "The program prints hello."
GAME = """index.html
```html
<!doctype html><html><head><title>Game</title></head><body><p id="score">0</p><script src="game.js"></script>
</body></html>
```
game.js
```javascript
const tell = (name, work) => { try { window[name] = work(); } catch (error) { window[name] = error.name; } };
localStorage.setItem("best", "7");
document.querySelector("#score").textContent = localStorage.getItem("best");
tell("parentSeen", () => window.parent.document.title);
tell("cookieSeen", () => document.cookie);
fetch("/api/v1/runs").then(() => { window.apiSeen = true; }, () => { window.apiSeen = false; });
```
"""


@pytest.fixture
def games(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose model writes a hostile game."""
    settings = settings_in(tmp_path)
    factory = Factory(settings, parts=StandIns(settings, {"write_code": [GAME] * 5}))
    with served(application(factory)) as address:
        yield address


def ended(page: Page, url: str, requirement: str = HELLO) -> str:
    """The id of a run that has ended, opened on the page."""
    with caller(url) as api:
        run = api.post("/api/v1/runs", json={"requirement": requirement, "mode": "direct"}).json()["id"]
    page.goto(f"{url}/gui/en/run?id={run}")
    page.locator(".mk-status[data-ended='1']").wait_for()
    return run


def test_the_verdict_is_a_table_of_clauses_and_the_program_a_download(
    page: Page, gate: Gate, url: str
) -> None:
    gate.open()
    ended(page, url)
    page.get_by_role("tab", name="Result").click()
    expect(page.locator("#mk-result .mk-table").first).to_contain_text("The program prints hello")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as zip").click()
    content = Path(download.value.path()).read_bytes()
    assert "main.py" in zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_a_game_is_played_on_the_page_and_reaches_nothing_of_it(stranger: Page, games: str) -> None:
    stranger.goto(f"{games}/?token={TOKEN}")
    ended(stranger, games)
    stranger.get_by_role("tab", name="Try it").click()
    expect(stranger.frame_locator("iframe").locator("#score")).to_have_text("7")
    frame = next(frame for frame in stranger.frames if "/gui/try/" in frame.url)
    frame.wait_for_function("window.apiSeen !== undefined")
    assert frame.evaluate("window.origin") == "null"
    assert frame.evaluate("window.parentSeen") == "SecurityError"
    assert frame.evaluate("window.cookieSeen") in ("SecurityError", "")
    assert frame.evaluate("window.apiSeen") is False


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_a_command_line_program_runs_in_the_sandbox_and_keeps_its_files(
    page: Page, gate: Gate, url: str
) -> None:
    gate.open()
    ended(page, url)
    page.get_by_role("tab", name="Try it").click()
    line = page.locator("#mk-command input, #mk-command textarea")
    for command, seen in (
        ("python3 main.py", "hello"),
        ("echo '<b>x</b>' > note.txt; cat note.txt", "<b>x</b>"),
        ("cat note.txt; ls /home; exit 3", "[3]"),
    ):
        line.fill(command)
        page.locator("#mk-go").click()
        expect(page.locator("#mk-output pre").last).to_contain_text(seen)
    expect(page.locator("#mk-output pre").last).to_contain_text("<b>x</b>")


def test_runs_are_listed_on_pages_charted_and_compared(
    page: Page, gate: Gate, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.open()
    ended(page, url)
    run = ended(page, url, f"{HELLO} <script>window.hit=1</script>")
    page.goto(f"{url}/gui/en/runs")
    expect(page.locator("#mk-runs tbody tr")).to_have_count(2)
    expect(page.locator("#mk-runs a").first).to_have_attribute("href", f"/gui/en/run?id={run}")
    monkeypatch.setattr(runs, "PAGE", 1)
    page.reload()
    first = page.locator("#mk-runs tbody tr a")
    expect(first).to_have_attribute("href", f"/gui/en/run?id={run}")
    expect(page.locator("#mk-newer")).to_be_disabled()
    page.locator("#mk-older").click()
    expect(first).not_to_have_attribute("href", f"/gui/en/run?id={run}")
    expect(page.locator("#mk-page")).to_contain_text("Page 2")
    expect(page.locator("#mk-older")).to_be_disabled()
    page.locator("#mk-newer").click()
    expect(first).to_have_attribute("href", f"/gui/en/run?id={run}")
    page.get_by_role("tab", name="Charts").click()
    expect(page.locator("#mk-charts figure")).to_have_count(3)
    page.get_by_role("tab", name="Compare").click()
    page.locator("#mk-compare").click()
    expect(page.locator("#mk-compared")).to_contain_text("same in both")
    assert page.evaluate("window.hit") is None


def test_a_ticket_ends_after_its_time() -> None:
    from makery.app.access import Principal

    now = [0.0]
    tickets = Tickets(lambda: now[0])
    ticket = tickets.issue(Principal(organisation="o", scopes=frozenset()), "run")
    assert tickets.find(ticket) is not None
    assert tickets.find(ticket[:-1]) is None
    now[0] = VALID_SECONDS
    assert tickets.find(ticket) is None


def test_a_try_address_gives_nothing_but_the_program(stranger: Page, games: str) -> None:
    stranger.goto(f"{games}/?token={TOKEN}")
    ended(stranger, games)
    stranger.get_by_role("tab", name="Try it").click()
    address = stranger.locator("iframe").get_attribute("src")
    assert address is not None
    base = address.rsplit("/", 1)[0]
    with caller(games, "") as client:
        answer = client.get(address)
        assert "sandbox allow-scripts" in answer.headers["content-security-policy"]
        assert "allow-same-origin" not in answer.headers["content-security-policy"]
        for path in (".makery/run.json", ".git/HEAD", "..%2f..%2fmakery.db", "nothing.js"):
            assert client.get(f"{base}/{path}").status_code == 404, path
        assert client.get("/gui/try/guessed/index.html").status_code == 404


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_the_whole_way_from_a_requirement_to_the_program_with_recorded_answers(
    stranger: Page, tmp_path: Path
) -> None:
    recorded = EXAMPLES / "duration"
    with served(application(Factory(settings_in(tmp_path)))) as url:
        stranger.goto(f"{url}/?token={TOKEN}")
        requirement = (recorded / "requirement.md").read_text(encoding="utf-8")
        stranger.locator("#mk-requirement textarea").fill(requirement)
        stranger.get_by_role("button", name="More").click()
        stranger.get_by_label("Recording").fill(str(recorded / "recording.jsonl"))
        stranger.locator("#mk-start").click()
        stranger.wait_for_url("**/run?id=*")
        stranger.locator(".mk-status[data-ended='1']").wait_for(timeout=600_000)
        expect(stranger.locator(".mk-checks .mk-passed").first).to_be_visible()
        stranger.get_by_role("tab", name="Result").click()
        expect(stranger.locator("#mk-result .mk-verdict")).to_be_visible()
        stranger.get_by_role("tab", name="Try it").click()
        line = stranger.locator("#mk-command input, #mk-command textarea")
        expect(line).to_have_value("python3 duration.py --help")
        line.fill("python3 duration.py 3725")
        stranger.locator("#mk-go").click()
        expect(stranger.locator("#mk-output pre")).to_have_text("$ python3 duration.py 3725\n1h 2m 5s")


@pytest.mark.sandboxed
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_the_whole_way_from_a_typed_requirement_to_a_page_that_is_used_with_recorded_answers(
    stranger: Page, tmp_path: Path
) -> None:
    recorded = EXAMPLES / "web_tip"
    written = (recorded / "expected" / "index.html").read_bytes()
    with served(application(Factory(settings_in(tmp_path)))) as url:
        stranger.goto(f"{url}/?token={TOKEN}")
        requirement = (recorded / "requirement.md").read_text(encoding="utf-8")
        stranger.locator("#mk-requirement textarea").press_sequentially(requirement)
        # The engineer alone gives the recorded program, too; the tester's checks take minutes in a browser,
        # and one that a busy machine cuts short has no recorded answer.
        stranger.get_by_label("one engineer").check()
        stranger.get_by_role("button", name="More").click()
        stranger.get_by_label("Recording").fill(str(recorded / "recording.jsonl"))
        stranger.locator("#mk-start").click()
        stranger.wait_for_url("**/run?id=*")
        stranger.locator(".mk-status[data-ended='1']").wait_for(timeout=600_000)
        # What that model made is not what was asked for, and the page must say so.
        expect(stranger.locator(".mk-status")).to_contain_text("not verified")
        run = stranger.url.split("id=")[1]
        with caller(url) as api:
            assert api.get(f"/api/v1/runs/{run}/files/index.html").content == written
        stranger.get_by_role("tab", name="Try it").click()
        made = stranger.frame_locator("iframe")
        expect(made.locator("#percent")).to_have_text("10.00")
        frame = next(frame for frame in stranger.frames if "/gui/try/" in frame.url)
        assert frame.evaluate("window.origin") == "null"
        frame.evaluate("window.tipCalculator.percent = 20; window.tipCalculator.amount = 0")
        made.get_by_role("button", name="Calculate").click()
        expect(made.locator("#percent")).to_have_text("20.00")
        made.get_by_role("button", name="Clear").click()
        expect(made.locator("#percent")).to_have_text("10.00")
