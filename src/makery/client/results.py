"""Calls that look at what a run did and made."""

from collections.abc import Iterator
from urllib.parse import quote

from makery.client import wire
from makery.client.calls import Calls, safe


class Results(Calls):
    """See `Client`. `run` is a run's whole id."""

    def files(self, run: str) -> wire.Tree:
        """What the run made."""
        return self._get(f"runs/{safe(run)}/files", wire.Tree)

    def file(self, run: str, path: str) -> bytes:
        """One file's content."""
        return self._bytes(f"runs/{safe(run)}/files/{quote(path)}")

    def archive(self, run: str) -> bytes:
        """Program and report as a zip archive."""
        return self._bytes(f"runs/{safe(run)}/archive")

    def diff(self, run: str, old: str = "", new: str = "") -> str:
        """What changed between two commits, as a unified diff; by default all that the run changed."""
        return self._text(f"runs/{safe(run)}/diff", old=old, new=new)

    def report(self, run: str) -> str:
        """The report, as Markdown."""
        return self._text(f"runs/{safe(run)}/report")

    def verdict(self, run: str) -> wire.JudgedRun:
        """The verdict, clause by clause."""
        return self._get(f"runs/{safe(run)}/verdict", wire.JudgedRun)

    def cost(self, run: str) -> wire.Cost:
        """What the run used, by role and skill."""
        return self._get(f"runs/{safe(run)}/cost", wire.Cost)

    def ledger(self, run: str, after: int = 0) -> Iterator[wire.RunEvent]:
        """All events so far, fetched page by page; it does not wait for more."""
        place = after
        while True:
            page = self._get(f"runs/{safe(run)}/ledger", wire.Page[wire.RunEvent], after=str(place))
            yield from page.items
            if not page.next:
                return
            place = int(page.next)

    def steps(self, run: str) -> tuple[wire.Step, ...]:
        """The finished steps, numbered."""
        return self._get(f"runs/{safe(run)}/steps", wire.Page[wire.Step]).items

    def step(self, run: str, step: int | str) -> wire.StepDetail:
        """One step, by number or skill, with what it made."""
        return self._get(f"runs/{safe(run)}/steps/{safe(str(step))}", wire.StepDetail)

    def labels(self, run: str) -> tuple[wire.Label, ...]:
        """What persons decided at the run's gates; the oldest first."""
        return self._get(f"runs/{safe(run)}/labels", wire.Page[wire.Label]).items

    def all_labels(self, project: str = "") -> Iterator[wire.Label]:
        """What persons decided in all of your runs; the newest run first."""
        lines = self._bytes("labels", project=project).split(b"\n")
        return (wire.Label.model_validate_json(line) for line in lines if line)

    def compare(self, run: str, other: str) -> wire.Compared:
        """Two runs side by side."""
        return self._get(f"runs/{safe(run)}/compare/{safe(other)}", wire.Compared)

    def export(self, run: str) -> str:
        """The whole ledger as JSON Lines."""
        return self._text(f"runs/{safe(run)}/export")

    def recording(self, run: str) -> str:
        """The model calls with their answers, for `makery build --replay`."""
        return self._text(f"runs/{safe(run)}/recording")
