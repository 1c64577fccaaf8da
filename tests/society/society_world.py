"""Runs a team on a scripted model to its end; sandbox, people and tools are stand-ins unless given."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from makery.durable.inline import InlineEngine
from makery.kernel.cells import Notebook
from makery.kernel.completion import Completion, ModelCall
from makery.kernel.dialogue import Ending, Utterance
from makery.kernel.message import USER, Message
from makery.kernel.pool import Pool
from makery.kernel.ports import Question, Toolset
from makery.kernel.scheduler import Scheduler
from makery.kernel.skill import Toolbox
from makery.kernel.team import Team
from makery.kernel.tool import ToolCall
from makery.testing import FakeSandbox, ListSink, MemoryWorkspace, ScriptedModel, requirement_of, toolbox
from makery.testing.scripted_model import Answer, completion_of


class Persons:
    """The `People` port: answers in order; every question is kept."""

    def __init__(self, *answers: str | None) -> None:
        self.asked: list[Question] = []
        self._answers = deque(answers)

    async def ask(self, question: Question, /) -> str | None:
        self.asked.append(question)
        return self._answers.popleft()


def wants(*calls: tuple[str, dict[str, object]], text: str = "") -> Completion:
    """A model's answer that asks for tools."""
    wanted = tuple(
        ToolCall(id=f"c{n}", tool=tool, arguments=arguments) for n, (tool, arguments) in enumerate(calls, 1)
    )
    return Completion(text=text, finish="stop", model="scripted", calls=wanted)


@dataclass
class Society:
    """What a test needs of a run that is over."""

    pool: Pool
    model: ScriptedModel
    sink: ListSink
    tools: Toolbox = field(repr=False)

    @property
    def ending(self) -> Ending:
        found = self.pool.latest(Ending)
        assert found is not None
        return found

    @property
    def spoken(self) -> list[tuple[str, str]]:
        return [(turn.speaker, turn.text) for turn in self.pool.artifacts(Utterance)]


def run(
    team: Team,
    answers: Mapping[str, Sequence[Answer]],
    *,
    task: str = "Do it.",
    toolset: Toolset | None = None,
    people: Persons | None = None,
    sandbox: object | None = None,
    notebook: Notebook | None = None,
    given: Sequence[Message] = (),
    finished: bool = True,
) -> Society:
    """The run of a team on a task; insists that every scripted answer was used."""
    model = ScriptedModel(answers)
    sink = ListSink()
    tools = toolbox(model, sandbox=sandbox or FakeSandbox(), workspace=MemoryWorkspace())  # type: ignore[arg-type]
    tools = replace(
        tools,
        **{
            k: v
            for k, v in (("toolset", toolset), ("people", people), ("notebook", notebook))
            if v is not None
        },
    )  # type: ignore[arg-type]
    start = Message(id="start", sender=USER, artifact=requirement_of(task))
    pool = Pool((start, *given))
    asyncio.run(Scheduler(team, pool, tools, InlineEngine(), sink, run="r").run())
    if finished:
        model.assert_finished()
    return Society(pool, model, sink, tools)


def prompts(model: ScriptedModel) -> list[str]:
    return [call.prompt.user for call in model.calls]


__all__ = ["ModelCall", "Persons", "Society", "completion_of", "prompts", "run", "wants"]
