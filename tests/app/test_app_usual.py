"""How long runs of a kind have taken."""

from makery.app.usual import MOST, Usual, usual_time
from makery.store.runs import RunRecord


def run(name: str, seconds: float = 1, **more: object) -> RunRecord:
    facts = {"requirement": "", "mode": "duo", "model": "m", "out": "", "status": "ended"}
    return RunRecord.model_validate({"id": name, "created": 10, "ended": 10 + seconds, **facts, **more})


ALIKE = [run("a", 100), run("b", 300), run("c", 120)]


def test_the_newest_runs_of_the_same_people_and_model_are_looked_at() -> None:
    others = [run("me"), run("d", mode="company"), run("e", model="n"), run("f", status="paused"), *ALIKE]
    found = usual_time(run("me", status="running", ended=None), others)
    assert found == Usual(runs=3, shortest=100, middle=120, longest=300)
    many = [run(f"r{number}", number) for number in range(1, 20)]
    assert usual_time(run("me"), many) == Usual(runs=MOST, shortest=1, middle=5, longest=9)


def test_of_too_few_or_of_what_is_no_build_nothing_is_said() -> None:
    assert usual_time(run("me"), ALIKE[:2]) is None
    team = [record.model_copy(update={"mode": "team"}) for record in ALIKE]
    assert usual_time(run("me", mode="team"), team) is None
