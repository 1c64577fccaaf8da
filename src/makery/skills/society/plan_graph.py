"""The parts of a task and what each needs of the others."""

from typing import Annotated

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Part, TaskGraph
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_opinion, load


class Input(Frozen):
    task: str
    workers: tuple[str, ...]
    most: str


class Entry(BaseModel):
    part: str = Field(max_length=240)
    needs: list[Annotated[int, Field(ge=1, le=12)]] = Field(max_length=6)


class Form(BaseModel):
    parts: list[Entry] = Field(min_length=1, max_length=12)


class PlanGraph(Skill[Input, TaskGraph]):
    """A task and the specialists that there are -> its parts; one part, the task, where no plan came."""

    name = "plan_graph"
    purpose = "break a task into parts, and say which needs which"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        task = act.option("task") or artifacts.requirement.text.strip()
        return Input(
            task=task, workers=tuple(act.option("workers").split("\n")), most=act.option("most", "6")
        )

    async def run(self, given: Input, tools: Toolbox) -> TaskGraph:
        form = await ask_opinion(tools, load(__file__), given, Form, Sampling(max_tokens=700))
        entries = form.parts[: int(given.most)] if form else [Entry(part=given.task, needs=[])]
        # What a part needs must come before it: then there are no circles, whatever was planned.
        parts = (
            Part(
                text=" ".join(entry.part.split()), needs=tuple(sorted({n for n in entry.needs if n < number}))
            )
            for number, entry in enumerate(entries, 1)
        )
        return TaskGraph(parts=tuple(parts))
