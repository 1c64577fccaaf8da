"""How soon the web page is there, and how soon an event is on it.

Usage: python benchmarks/gui.py [EXAMPLE] [--rounds N] [--messages N] [--only fluid] [--record]

A server is started and looked at in the system's Chromium. First paint: Chromium's first contentful paint
after asking for the page with empty caches; form ready: until the box for the requirement is on it; medians
over the rounds. Event latency: a recorded run of examples/ is replayed in that server, and each of its
events, which carries the time at which it happened, is timed when its line appears on the page; the median
over all events that came while the page was open.

Fluid: a run of `--messages` messages is written to the server's ledger, `PACE` a second, while the page shows
it. Chromium tells tasks of 50 ms and more (PerformanceObserver, `longtask`); the longest counts, 0 if there
was none. Then the list of messages is scrolled from end to end, a little each frame, and the time between
frames is taken. Medians over the rounds. All of that is by the clock: what else the machine does counts, too.
"""

import argparse
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from makery.app.lock import RunLock
from makery.app.options import BuildOptions
from makery.app.settings_sources import load_settings
from makery.kernel.completion import Purpose, Usage
from makery.kernel.dialogue import Utterance
from makery.kernel.events import ActStarted, Event, MessagePublished, ModelCalled, RunStarted
from makery.kernel.message import Message
from makery.store.database import Database
from makery.store.ledger import SqlLedger
from makery.store.runs import Runs

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
MODES = {
    "auto": "as it needs",
    "company": "the whole company",
    "duo": "engineer and tester",
    "direct": "one engineer",
}
PATIENCE_MS = 600_000
PACE = 50
"""Messages a second that are written while the page looks on."""
SPEAKERS = ("ada", "bob", "cleo", "dan")
TASKS = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.tasks.push(task.duration);
}).observe({ type: "longtask" });
"""
SCROLL = """
async () => {
  const pool = document.querySelector("[data-pool]");
  pool.scrollTop = 0;
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  const gaps = [];
  let last = await frame();
  while (pool.scrollTop + pool.clientHeight < pool.scrollHeight - 1 && gaps.length < 2000) {
    pool.scrollTop += 60;
    const now = await frame();
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}
"""
TIMER = """
window.delays = [];
new MutationObserver((changes) => {
  const now = Date.now();
  for (const change of changes) for (const node of change.addedNodes)
    if (node.matches && node.matches("[data-pool] > li"))
      window.delays.push([now, Number(node.dataset.at) * 1000]);
}).observe(document, { childList: true, subtree: true });
window.begun = Date.now();
"""


@contextmanager
def serving(folder: str) -> Iterator[tuple[str, str]]:
    """Give a server's address and token."""
    command = [str(Path(sys.executable).with_name("makery")), "serve", "--port", "0"]
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": folder,
        "MAKERY_HOME": str(Path(folder, "makery")),
    }
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        printed = re.search(r"(http://\S+)/\?token=(\S+)", process.stdout.readline())
        if printed is None:
            raise SystemExit("The server did not start.")
        yield printed[1], printed[2]
    finally:
        process.terminate()
        process.wait()


def opened(browser: Browser, url: str, token: str) -> Page:
    """Give a page of a browser with empty caches that has the key."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    context.request.get(f"{url}/?token={token}")
    return context.new_page()


def first_paint(browser: Browser, url: str, token: str) -> tuple[float, float]:
    """Give the seconds until the form is there, and until Chromium's first contentful paint."""
    page = opened(browser, url, token)
    started = perf_counter()
    page.goto(f"{url}/gui/en/", wait_until="commit")
    page.locator("#mk-requirement textarea").wait_for()
    whole = perf_counter() - started
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    page.context.close()
    return whole, painted / 1000


def delays(browser: Browser, url: str, token: str, example: Path) -> list[float]:
    """Give, in milliseconds, how long after it happened each event of a replay was on the page."""
    page = opened(browser, url, token)
    page.add_init_script(TIMER)
    page.goto(f"{url}/gui/en/")
    about = json.loads((example / "about.json").read_text(encoding="utf-8"))
    page.get_by_label(MODES[about["mode"]]).check()
    page.locator("#mk-requirement textarea").fill((example / "requirement.md").read_text(encoding="utf-8"))
    page.get_by_role("button", name="More").click()
    page.get_by_label("Recording").fill(str(example / "recording.jsonl"))
    page.locator("#mk-start").click()
    page.locator(".mk-status[data-ended='1']").wait_for()
    seen = page.evaluate("window.delays.filter(([now, at]) => at > window.begun + 1000)")
    page.context.close()
    return [now - at for now, at in seen]


class Fluid(NamedTuple):
    """How a long run moves on the page, in milliseconds."""

    longest_task: float
    """While messages come."""
    opening_task: float
    """While the page opens the whole run."""
    frame_gap: float
    """While the messages are scrolled: 95 % of the gaps are no longer."""


def spoken(run: str, number: int) -> tuple[Event, ...]:
    """Give what a ledger has of one turn of a conversation."""
    who, act = SPEAKERS[number % len(SPEAKERS)], f"act{number}"
    text = f"Turn {number}. " + "What was said before holds, and **this** follows from it: `x = 1`. " * 6
    purpose = Purpose(run=run, role=who, skill="speak", act=act)
    call = ModelCalled(
        purpose=purpose,
        model="stand-in",
        template="speak",
        version="0",
        usage=Usage(prompt_tokens=900, completion_tokens=120),
        usd=0.0,
        seconds=1.0,
        finish="stop",
        attempts=1,
        source="model",
        digest="0" * 64,
    )
    message = Message(id=f"m{number}", sender=who, skill="speak", artifact=Utterance(speaker=who, text=text))
    begun = ActStarted(act=act, role=who, skill="speak")
    return begun, call, MessagePublished(act=act, message=message.record())


@contextmanager
def long_run(folder: str) -> Iterator[tuple[str, SqlLedger]]:
    """Give a run of this process and the ledger of the server in a folder; it is under way for so long."""
    settings = load_settings({"MAKERY_HOME": str(Path(folder, "makery"))})
    database = Database.open(settings.database_url)
    out = Path(folder, f"long-{time.monotonic_ns()}")
    options = BuildOptions(requirement="Talk.").model_dump(mode="json")
    record = Runs(database).create("Talk.", mode="duo", model="stand-in", out=str(out), options=options)
    lock = RunLock.take(out, record.id)
    ledger = SqlLedger(database)
    started = RunStarted(run=record.id, team="talk", mode="duo", model="stand-in", out=str(out))
    ledger.append(record.id, started)
    try:
        yield record.id, ledger
    finally:
        lock.release()


def write(ledger: SqlLedger, run: str, messages: int) -> None:
    """Append so many messages at the pace."""
    begun = time.monotonic()
    for number in range(messages):
        for event in spoken(run, number):
            ledger.append(run, event)
        time.sleep(max(0.0, begun + (number + 1) / PACE - time.monotonic()))


def fluid(browser: Browser, url: str, token: str, folder: str, messages: int) -> Fluid:
    """Give how the page moves while a long run comes, is opened, and is scrolled."""
    with long_run(folder) as (run, ledger):
        page = opened(browser, url, token)
        page.add_init_script(TASKS)
        page.goto(f"{url}/gui/en/run?id={run}")
        page.locator(".mk-pool > li").first.wait_for()
        page.locator(".mk-pill").wait_for()
        page.wait_for_timeout(3000)  # Gradio is done with itself
        page.evaluate("window.tasks.length = 0")
        writer = threading.Thread(target=write, args=(ledger, run, messages))
        writer.start()
        page.wait_for_function(f"document.querySelectorAll('.mk-msg').length === {messages}")
        writer.join()
        coming = page.evaluate("Math.max(0, ...window.tasks)")
        page.reload()
        page.locator(".mk-status").wait_for()
        page.evaluate("window.tasks.length = 0")
        page.evaluate("window.makery.again()")
        page.wait_for_function(f"document.querySelectorAll('.mk-msg').length === {messages}")
        page.wait_for_timeout(500)
        opening = page.evaluate("Math.max(0, ...window.tasks)")
        gaps = page.evaluate(SCROLL)
        page.context.close()
    return Fluid(coming, opening, quantiles(gaps, n=20)[-1])


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("example", type=Path, nargs="?", default=EXAMPLES / "duration_company")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=500, help="of the long run")
    parser.add_argument("--only", choices=("fluid",), help="measure nothing else")
    parser.add_argument("--record", action="store_true", help="keep the figures in summary.json")
    given = parser.parse_args()
    with (
        TemporaryDirectory(prefix="makery-bench-") as folder,
        serving(folder) as (url, token),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        first_paint(browser, url, token)  # the server's own first time
        if given.only != "fluid":
            measure_start(browser, url, token, given)
        moves = [fluid(browser, url, token, folder, given.messages) for _ in range(given.rounds)]
        browser.close()
    tell_fluid(moves, given)


def measure_start(browser: Browser, url: str, token: str, given: argparse.Namespace) -> None:
    """Print how soon the page is there, and how late events come."""
    paints = [first_paint(browser, url, token) for _ in range(given.rounds)]
    late = delays(browser, url, token, given.example.resolve())
    ready, painted = median(one for one, _ in paints), median(one for _, one in paints)
    print(f"form there after {ready:.2f} s, first contentful paint {painted:.2f} s, of {given.rounds} rounds")
    worst = quantiles(late, n=20)[-1] if len(late) > 1 else max(late)
    print(f"{len(late)} events: median {median(late):.0f} ms, 95 % within {worst:.0f} ms")
    if given.record:
        _record(painted, ready, given.rounds, median(late), len(late), given.example.name)


def tell_fluid(moves: list[Fluid], given: argparse.Namespace) -> None:
    """Print how a long run moves, and keep it if that is wanted."""
    coming, opening, gap = (median(column) for column in zip(*moves, strict=True))
    print(
        f"{given.messages} messages, {PACE} a second: longest task {coming:.0f} ms, of {given.rounds} rounds"
    )
    print(f"opening them all: longest task {opening:.0f} ms; scrolling: 95 % of frames within {gap:.0f} ms")
    if given.record and given.messages == 500:
        from record import record

        command = f"python benchmarks/gui.py --rounds {given.rounds} --only fluid"
        unit = f"ms, longest task while 500 messages come, {PACE} a second; 0: none of 50 ms or more"
        record("gui.longest_task_ms_500", round(coming, 1), unit, n=given.rounds, command=command)
        unit = "ms between frames while 500 messages are scrolled, 95 % within"
        record("gui.scroll_frame_p95_ms", round(gap, 1), unit, n=given.rounds, command=command)


def _record(painted: float, ready: float, rounds: int, late: float, events: int, example: str) -> None:
    from record import record

    command = f"python benchmarks/gui.py examples/{example} --rounds {rounds}"
    unit = "s, first contentful paint with empty caches"
    record("gui.first_paint_s", round(painted, 2), unit, n=rounds, command=command)
    unit = "s until the form is there, with empty caches"
    record("gui.form_ready_s", round(ready, 2), unit, n=rounds, command=command)
    unit = "ms from an event to its line on the page, median"
    record("gui.event_latency_ms", round(late, 1), unit, n=events, command=command)


if __name__ == "__main__":
    main()
