"""A procedure of states: in each, some roles speak; rules or a model decide which state follows."""

from collections import Counter
from collections.abc import Mapping

from makery.kernel.dialogue import Choice, Ending
from makery.kernel.program import Steps
from makery.teams.loop_guard import LoopGuard, Watch
from makery.teams.notes import note
from makery.teams.seats import Seat, take_turn
from makery.teams.table import Table
from makery.teams.team_file import State, StatesFile, Transition, When


def procedure(table: Table, team: StatesFile, seats: Mapping[str, Seat]) -> Steps[Ending]:
    """Go from state to state until one is an end; its roles, if it has some, still speak."""
    name, visits, watch = team.start, Counter[str](), Watch(LoopGuard())
    first, last = next(iter(seats)), ""
    for _ in range(team.most):
        state = team.states[name]
        visits[name] += 1
        for role in state.roles:
            judged = watch.judge(table.made)
            if judged.state == "end":
                return (yield from table.end(first, judged.report, "it went in circles", "looping"))
            hint = f"{state.instruction} {judged.hint}".strip()
            yield from take_turn(table, seats[role], note=hint)
        last = table.utterances[-1].text if table.utterances else ""
        if state.end:
            return (yield from table.end(first, last, f"the state {name}"))
        name = yield from _following(table, state, visits[name], last)
    return (yield from table.end(first, last, f"the limit of {team.most} states", "stopped"))


def _following(table: Table, state: State, visits: int, last: str) -> Steps[str]:
    fitting = [step for step in state.next if _holds(step.when, visits, last)]
    if state.controller == "rules" or len(fitting) == 1:
        return fitting[0].to
    choices = "\n".join(map(_shown, fitting))
    act = table.act(state.roles[-1], "choose", question=note("next_state"), choices=choices)
    chosen = yield from table.do(Choice, act)
    table.messages.pop()
    return chosen.choice


def _holds(when: When | None, visits: int, last: str) -> bool:
    return when is None or (when.says in last and visits >= when.visits)


def _shown(step: Transition) -> str:
    return f"{step.to}: {step.about}" if step.about else step.to
