"""The task plan: a graph of files, each task after what it depends on."""

from graphlib import CycleError, TopologicalSorter

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.documents import SystemDesign, Task, TaskPlan
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load
from makery.skills.reading_design import DesignInput


class GoalForm(BaseModel):
    path: str = Field(max_length=60)
    goal: str = Field(max_length=240)


class Form(BaseModel):
    tasks: list[GoalForm] = Field(min_length=1, max_length=8)


class ProjectManagement(Skill[DesignInput, TaskPlan]):
    """Requirement and design -> task plan. The model words the goals; the order is computed."""

    name = "project_management"
    purpose = "break the design down into tasks in a workable order"

    def gather(self, act: Act, artifacts: Inputs) -> DesignInput:
        return DesignInput.of(artifacts)

    async def run(self, given: DesignInput, tools: Toolbox) -> TaskPlan:
        design = given.read()
        form = await ask_document(tools, load(__file__), given, Form, Sampling(max_tokens=700))
        goals = {task.path: task.goal for task in form.tasks}
        planned = {file.path: file for file in design.files}
        needs = acyclic(design)
        return TaskPlan(
            tasks=tuple(
                Task(path=path, goal=goals.get(path, planned[path].purpose), depends_on=needs[path])
                for path in TopologicalSorter(needs).static_order()
            )
        )


def acyclic(design: SystemDesign) -> dict[str, tuple[str, ...]]:
    """The dependencies of each file; none at all where the design goes round in a circle."""
    needs = {file.path: file.depends_on for file in design.files}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError:
        return dict.fromkeys(needs, ())
    return needs
