"""How soon the web page is there, and how soon an event is on it.

Usage: python benchmarks/gui.py [EXAMPLE] [--rounds N] [--record]

A server is started and looked at in the system's Chromium. First paint: Chromium's first contentful paint
after asking for the page with empty caches; form ready: until the box for the requirement is on it; medians
over the rounds. Event latency: a recorded run of examples/ is replayed in that server, and each of its
events, which carries the time at which it happened, is timed when its line appears on the page; the median
over all events that came while the page was open.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from playwright.sync_api import Browser, Page, sync_playwright

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
MODES = {
    "auto": "as it needs",
    "company": "the whole company",
    "duo": "engineer and tester",
    "direct": "one engineer",
}
PATIENCE_MS = 600_000
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
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": folder}
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


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("example", type=Path, nargs="?", default=EXAMPLES / "duration_company")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--record", action="store_true", help="keep both in summary.json")
    given = parser.parse_args()
    with (
        TemporaryDirectory(prefix="makery-bench-") as folder,
        serving(folder) as (url, token),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        first_paint(browser, url, token)  # the server's own first time
        paints = [first_paint(browser, url, token) for _ in range(given.rounds)]
        late = delays(browser, url, token, given.example.resolve())
        browser.close()
    ready, painted = median(one for one, _ in paints), median(one for _, one in paints)
    print(f"form there after {ready:.2f} s, first contentful paint {painted:.2f} s, of {given.rounds} rounds")
    worst = quantiles(late, n=20)[-1] if len(late) > 1 else max(late)
    print(f"{len(late)} events: median {median(late):.0f} ms, 95 % within {worst:.0f} ms")
    if given.record:
        _record(painted, ready, given.rounds, median(late), len(late), given.example.name)


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
