"""Programs side by side: their acts are asked for at once, and each gets its own answers."""

from makery.kernel.act import Act
from makery.kernel.program import Steps, together


def counting(name: str, times: int) -> Steps[list[str]]:
    got = []
    for number in range(times):
        got.append((yield Act(role=name, skill=str(number))))
    return got


def pair(name: str) -> Steps[list[str]]:
    return (yield [Act(role=name, skill="a"), Act(role=name, skill="b")])


def answered(steps: Steps[list[list[str]]]) -> tuple[list[list[str]], list[list[str]]]:
    """What was asked for at each step, and what the programs return."""
    asked, answer = [], None
    try:
        while True:
            acts = [f"{act.role}{act.skill}" for act in steps.send(answer)]  # type: ignore[union-attr]
            asked.append(acts)
            answer = [f"did {act}" for act in acts]
    except StopIteration as end:
        return asked, end.value


def test_each_step_asks_for_what_all_branches_wait_for() -> None:
    asked, results = answered(together([counting("x", 1), counting("y", 2), pair("z")]))
    assert asked == [["x0", "y0", "za", "zb"], ["y1"]]
    assert results == [["did x0"], ["did y0", "did y1"], ["did za", "did zb"]]


def test_nothing_side_by_side_asks_for_nothing() -> None:
    assert answered(together([])) == ([], [])
    assert answered(together([counting("x", 0)])) == ([], [[]])
