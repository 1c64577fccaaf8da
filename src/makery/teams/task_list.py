"""A list of tasks that grows and shrinks: do the first, find what its result calls for, put all into order.

BabyAGI (Nakajima 2023): execution, creation and prioritisation over a task list, with retrieval of earlier
results.
"""

from makery.kernel.dialogue import Agenda, Ending, ToolResults, Utterance
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.loop_guard import LoopGuard, Watch
from makery.teams.notes import note
from makery.teams.table import Table


def task_list(role: Role, *, first: str = "", most: int = 8, guard: LoopGuard | None = None) -> Team:
    """A team of one that works off its own list; at most so many tasks are done."""
    program = Program(lambda pool: work_off(Table.of(pool), role.name, first, most, guard or LoopGuard()))
    return Team(name="task_list", roles=(role,), protocol=program, skills=load_skills())


def work_off(table: Table, name: str, first: str, most: int, guard: LoopGuard) -> Steps[Ending]:
    """The loop itself. Tasks that were done or are open already are never added again."""
    tasks, finished, watch = [first or table.task], list[str](), Watch(guard)
    while tasks and len(finished) < most:
        judged = watch.judge(table.made)
        if judged.state == "end":
            return (yield from table.end(name, judged.report, "it went in circles", "looping"))
        task, *tasks = tasks
        yield from _execute(table, name, task, judged.hint)
        finished.append(task)
        tasks = yield from _planned(table, name, tasks, finished)
    rest = f"the limit of {most} tasks" if tasks else "the list is empty"
    last = yield from table.do(Utterance, table.act(name, "speak", note=note("finish"), tools="no"))
    return (yield from table.end(name, last.text, rest, "stopped" if tasks else "done"))


def _execute(table: Table, name: str, task: str, hint: str) -> Steps[None]:
    """Do one task, with tools if it takes some."""
    start = len(table.messages)
    for tools in ("yes", "yes", "yes", "no"):
        own = str(len(table.messages) - start)
        act = table.act(name, "execute_task", todo=task, own=own, note=hint, tools=tools)
        turn = yield from table.do(Utterance, act)
        if not turn.calls:
            return
        yield from table.do(ToolResults, table.act(name, "use_tools", sees=table.messages[-1:]))


def _planned(table: Table, name: str, tasks: list[str], finished: list[str]) -> Steps[list[str]]:
    """The open tasks after new ones were found and all were put into order."""
    done = "\n".join(finished)
    act = table.act(name, "create_tasks", tasks="\n".join(tasks), finished=done)
    tasks = [*tasks, *(yield from table.do(Agenda, act)).tasks]
    if len(tasks) < 2:
        return tasks
    act = table.act(name, "prioritise_tasks", tasks="\n".join(tasks), finished=done)
    return list((yield from table.do(Agenda, act)).tasks)
