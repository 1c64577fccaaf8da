"""The list of tasks after one was done: new ones that its result calls for, in order of importance."""

from typing import Annotated

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Agenda, Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_opinion, load

Task = Annotated[str, Field(max_length=160)]


class Input(Frozen):
    objective: str
    result: str
    finished: tuple[str, ...]
    tasks: tuple[str, ...]


class Form(Frozen):
    tasks: list[Task] = Field(max_length=6)


class CreateTasks(Skill[Input, Agenda]):
    """Objective, last result and open tasks -> tasks that are missing; none if nothing is."""

    name = "create_tasks"
    purpose = "find the tasks that a result calls for"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        last = artifacts.last(Utterance)
        return Input(
            objective=artifacts.requirement.text.strip(),
            result=last.text if last else "",
            finished=_listed(act.option("finished")),
            tasks=_listed(act.option("tasks")),
        )

    async def run(self, given: Input, tools: Toolbox) -> Agenda:
        form = await ask_opinion(tools, load(_beside("create_tasks")), given, Form, Sampling(max_tokens=400))
        known = {task.casefold() for task in (*given.finished, *given.tasks)}
        return Agenda(tasks=tuple(task for task in _tidy(form) if task.casefold() not in known))


class PrioritiseTasks(Skill[Input, Agenda]):
    """Objective and open tasks -> the same tasks, the most important first; none is lost or added."""

    name = "prioritise_tasks"
    purpose = "put open tasks into order"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return CreateTasks().gather(act, artifacts)

    async def run(self, given: Input, tools: Toolbox) -> Agenda:
        form = await ask_opinion(
            tools, load(_beside("prioritise_tasks")), given, Form, Sampling(max_tokens=400)
        )
        ordered = [task for task in _tidy(form) if task in given.tasks]
        rest = [task for task in given.tasks if task not in ordered]
        return Agenda(tasks=tuple(dict.fromkeys([*ordered, *rest])))


def _listed(option: str) -> tuple[str, ...]:
    return tuple(line for line in option.split("\n") if line)


def _tidy(form: Form | None) -> list[str]:
    return list(dict.fromkeys(task.strip() for task in form.tasks if task.strip())) if form else []


def _beside(name: str) -> str:
    return __file__.replace("plan_tasks.py", f"{name}.py")
