"""Following a run from another process."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from makery.interfaces.cli.watching import follow
from makery.kernel.events import ActStarted, Entry, RunStarted


class Desk:
    """A run that began at 100 s and whose first act began a minute later."""

    async def watch(self, run: str, *, after: int, role: str | None) -> AsyncIterator[Entry]:
        begun = RunStarted(run=run, team="t", mode="duo", model="embedded", out="out")
        act = ActStarted(act="a", role="engineer", skill="write_code", label="")
        yield Entry(run=run, seq=1, at=100.0, event=begun)
        yield Entry(run=run, seq=2, at=160.0, event=act)

    def show(self, run: str) -> Any:
        return SimpleNamespace(exit_status=0)


def test_what_happened_earlier_is_shown_with_its_own_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makery.interfaces.cli.watching.print_result", lambda result, *, as_json: None)
    assert follow(Desk(), "r", after=0, role=None, as_json=False) == 0  # type: ignore[arg-type]
    assert "[1 min 0 s] engineer begins write_code" in capsys.readouterr().err
