"""A controller plans the parts of a task as a graph, gives each to a specialist, and sums up what came.

HuggingGPT/JARVIS (Shen et al. 2023, arXiv:2303.17580): task planning, model selection by model cards,
execution as soon as what a part needs is there, and a response from all results. A specialist is a role with
a model or with tools of its own; its card is its goal and what is known of those.
"""

from collections.abc import Mapping, Sequence

from makery.kernel.dialogue import Choice, Ending, Part, TaskGraph, Utterance
from makery.kernel.message import Message
from makery.kernel.program import Program, Steps, together
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.notes import note
from makery.teams.seats import member, speak_with_tools
from makery.teams.table import Table

TOOL_ROUNDS = 4


def controller(name: str = "controller", goal: str = "You plan, choose who does what, and sum up.") -> Role:
    """A role that can lead a task graph."""
    return member(name, goal, skills=("plan_graph",))


def task_graph(
    leader: Role, *specialists: Role, cards: Mapping[str, str] | None = None, most: int = 6
) -> Team:
    """A team of specialists and who leads them.

    Args:
        leader: made by `controller`.
        specialists: roles with models or tools of their own.
        cards: what is known of a specialist's model and tools, by its name, beside its goal.
        most: parts of a task.
    """
    # Who plans is told what each is for; a small model that reads of tools plans their names.
    goals = "\n".join(f"{role.name}: {role.goal}" for role in specialists)
    shown = "\n".join(_card(role, (cards or {}).get(role.name, "")) for role in specialists)
    program = Program(lambda pool: work(Table.of(pool), leader.name, goals, shown, most))
    return Team(name="task_graph", roles=(leader, *specialists), protocol=program, skills=load_skills())


def work(table: Table, leader: str, goals: str, cards: str, most: int) -> Steps[Ending]:
    """Plan, choose, do what is ready until all is done, sum up."""
    plan = yield from table.do(TaskGraph, table.act(leader, "plan_graph", workers=goals, most=str(most)))
    acts = [
        table.act(leader, "choose", task=part.text, question=note("which_specialist"), choices=cards)
        for part in plan.parts
    ]
    chosen = yield from table.do_all(Choice, acts)
    del table.messages[-len(chosen) :]
    results: dict[int, Message] = {}
    while len(results) < len(plan.parts):
        ready = [
            n for n, p in enumerate(plan.parts, 1) if n not in results and set(p.needs) <= results.keys()
        ]
        made = yield from together(
            [_done(_side(table, plan.parts[n - 1], results), chosen[n - 1].choice) for n in ready]
        )
        results |= dict(zip(ready, made, strict=True))
    table.messages.extend(results[number] for number in sorted(results))
    last = yield from table.do(Utterance, table.act(leader, "speak", note=note("sum_up"), tools="no"))
    return (yield from table.end(leader, last.text, f"{len(results)} parts are done"))


def _side(table: Table, part: Part, results: Mapping[int, Message]) -> Table:
    """A table at which only this part, and the results it needs, are talked about."""
    opening = [*table.messages[: table.opening], *(results[number] for number in part.needs)]
    return Table(opening, len(opening), {**table.options, "task": part.text})


def _done(table: Table, name: str) -> Steps[Message]:
    yield from speak_with_tools(table, name, most=TOOL_ROUNDS)
    return table.messages[-1]


def _card(role: Role, known: str) -> str:
    facts: Sequence[str] = [
        fact for fact in (role.goal, f"Model: {role.model}." * bool(role.model), known) if fact
    ]
    return f"{role.name}: {' '.join(facts)}".replace("\n", " ")
