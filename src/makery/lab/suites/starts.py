"""The hidden test of SoftwareDev, whose data hold none: whether the program starts and does not fall over.

Run by pytest in the sandbox, where the delivered program lies in `app/` below the working folder.
"""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

APP = Path("app")
SECONDS = 5.0
SCREENLESS = ("no display", "couldn't connect to display", "No available video device")


def test_starts() -> None:
    """A page opens without an error of its scripts; a Python program runs on or ends well."""
    pages = sorted(APP.rglob("*.html"))
    program = _program()
    if program is not None:
        _run(program)
    elif pages:
        _open(pages[0])
    else:
        raise AssertionError("there is neither a Python program nor a page")


def _program() -> Path | None:
    programs = [path for path in sorted(APP.rglob("*.py")) if not path.name.startswith("test_")]
    named = [path for path in programs if path.name in ("main.py", "app.py", "game.py")]
    return next(iter([*named, *programs]), None)


def _run(program: Path) -> None:
    """On a terminal of its own, without anybody who types."""
    ours, theirs = pty.openpty()
    variables = {
        "PATH": os.defpath,
        "TERM": "xterm-256color",
        "SDL_VIDEODRIVER": "dummy",
        "MPLBACKEND": "Agg",
    }
    process = subprocess.Popen(
        [sys.executable, program.name],
        cwd=program.parent,
        env=variables,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return
    finally:
        os.close(ours)
        os.close(theirs)
    if any(reason in errors for reason in SCREENLESS):
        import pytest

        pytest.skip("it needs a screen")
    assert process.returncode == 0, errors[-300:]  # noqa: S101


def _open(page: Path) -> None:
    from playwright.sync_api import sync_playwright

    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        opened = browser.new_page()
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.goto(page.resolve().as_uri())
        time.sleep(1)
        browser.close()
    assert not errors, errors[0][:300]  # noqa: S101
