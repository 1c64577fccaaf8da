"""How long runs of a kind have taken."""

from makery.app.usual import Usual, usual_time
from makery.kernel.events import Entry, RunEnded
from makery.store.runs import RunRecord


def run(name: str, **more: object) -> RunRecord:
    facts = {"created": 0, "requirement": "", "mode": "duo", "model": "m", "out": "", "status": "ended"}
    return RunRecord.model_validate({"id": name, **facts, **more})


def sittings(run: str, *seconds: float) -> list[Entry]:
    ends = [RunEnded(run=run, exit_status=0, verdict="", seconds=one) for one in seconds]
    return [Entry(run=run, seq=n, at=0, event=event) for n, event in enumerate(ends, 1)]


LEDGERS = {"a": sittings("a", 60, 40), "b": sittings("b", 300), "c": sittings("c", 120)}
ALIKE = [run("a"), run("b"), run("c")]


def test_earlier_runs_alike_are_looked_at_and_their_sittings_added() -> None:
    others = [*ALIKE, run("me"), run("d", mode="company"), run("e", model="n"), run("f", status="paused")]
    found = usual_time(run("me", status="running"), others, lambda name: LEDGERS[name])
    assert found == Usual(runs=3, shortest=100, middle=120, longest=300)


def test_of_too_few_or_of_what_is_no_build_nothing_is_said() -> None:
    assert usual_time(run("me"), ALIKE[:2], lambda name: LEDGERS[name]) is None
    team = [record.model_copy(update={"mode": "team"}) for record in ALIKE]
    assert usual_time(run("me", mode="team"), team, lambda name: LEDGERS[name]) is None
