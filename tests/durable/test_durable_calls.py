"""A model call is answered once and counted once, wherever a process is killed."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from makery.durable.calls import CallTap, DurableModels
from makery.durable.commands import DurableSandbox
from makery.durable.dbos_engine import DbosEngine
from makery.durable.dbos_host import DbosHost
from makery.durable.steps import Kept, PlainSteps, Work
from makery.durable.tool_calls import DurableToolset
from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.budget import Budget, Limits
from makery.kernel.completion import UNNAMED, Completion, ModelCall, Prompt, Purpose, Usage
from makery.kernel.errors import RateLimited
from makery.kernel.events import Event, ModelCalled
from makery.kernel.message import Message
from makery.kernel.ports import Command, CommandResult
from makery.kernel.program import message_id
from makery.kernel.tool import ToolCall, ToolOutcome, ToolSpec

CALL = ModelCall(prompt=Prompt(system="s", user="你好 \0"), purpose=Purpose(run="r", act="a"))


class Killed(BaseException):
    """Stands for a SIGKILL: nothing below catches it."""


class Paid:
    """A gateway: each answer costs money, and it says so."""

    candidates = 1

    def __init__(self, sink: Callable[[Event], None], fail: Exception | None = None) -> None:
        self.calls = 0
        self._sink = sink
        self._fail = fail

    async def complete(self, call: ModelCall, /) -> Completion:
        self.calls += 1
        usage = Usage(prompt_tokens=10, completion_tokens=1)
        self._sink(
            ModelCalled(
                purpose=call.purpose,
                model="m",
                template="t",
                version="v",
                usage=usage,
                usd=0.5,
                seconds=1,
                finish="stop",
                attempts=1,
                source="model",
                digest="d",
            )
        )
        if self._fail:
            raise self._fail
        return Completion(text="answer", finish="stop", model="m", usage=usage, usd=0.5)


class Store:
    """Steps kept in memory; dies before or after keeping, if told to."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.die: str = ""

    async def once(self, key: str, work: Work, /, *, repeatable: bool = False) -> Kept:
        if key in self.kept:
            return Kept(self.kept[key], fresh=False)
        text = await work()
        if self.die == "before":
            raise Killed
        self.kept[key] = text
        if self.die == "after":
            raise Killed
        return Kept(text, fresh=True)


class Sitting:
    """A process's models on a store and a ledger that outlive it."""

    def __init__(self, store: Store, ledger: list[Event], *, fail: Exception | None = None) -> None:
        self.budget = Budget(Limits(usd=10))
        self.settled: list[str] = []
        tap = CallTap(ledger.append)
        self.gateway = Paid(tap, fail)
        self.models = DurableModels(
            self.gateway, store, tap, self.budget,
            counted=lambda event: event in ledger, settled=self.settled.append,
        )  # fmt: skip


async def test_a_call_that_was_kept_but_not_yet_counted_is_counted_by_the_next_process() -> None:
    store, ledger = Store(), list[Event]()
    store.die = "after"
    with pytest.raises(Killed):
        await Sitting(store, ledger).models.complete(CALL)
    assert ledger == []

    store.die = ""
    second = Sitting(store, ledger)
    assert (await second.models.complete(CALL)).text == "answer"
    assert second.gateway.calls == 0
    assert len(ledger) == 1 and second.budget.spent.usd == 0.5


async def test_a_call_that_was_counted_is_not_counted_again() -> None:
    store, ledger = Store(), list[Event]()
    first = Sitting(store, ledger)
    await first.models.complete(CALL)
    second = Sitting(store, ledger)
    await second.models.complete(CALL.model_copy(update={"purpose": Purpose(run="r", act="a", role="x")}))
    assert len(ledger) == 1 and second.budget.spent.calls == 0


async def test_a_call_that_was_not_kept_is_neither_counted_nor_shared_with_other_runs() -> None:
    store, ledger = Store(), list[Event]()
    store.die = "before"
    sitting = Sitting(store, ledger)
    with pytest.raises(Killed):
        await sitting.models.complete(CALL)
    assert ledger == [] and sitting.settled == []
    store.die = ""
    again = Sitting(store, ledger)
    await again.models.complete(CALL)
    assert again.settled == ["d"] and len(ledger) == 1


async def test_what_a_failed_call_cost_is_counted_and_it_can_be_asked_again() -> None:
    store, ledger = Store(), list[Event]()
    with pytest.raises(RateLimited):
        await Sitting(store, ledger, fail=RateLimited("slow down")).models.complete(CALL)
    assert len(ledger) == 1
    assert (await Sitting(store, ledger).models.complete(CALL)).text == "answer"


async def test_calls_side_by_side_keep_their_bills_apart() -> None:
    store, ledger = Store(), list[Event]()
    sitting = Sitting(store, ledger)
    calls = [CALL.model_copy(update={"sample": number}) for number in range(3)]
    await asyncio.gather(*(sitting.models.complete(call) for call in calls))
    assert [len(json.loads(text)["told"]) for text in store.kept.values()] == [1, 1, 1]


# ------------------------------------------------------------------------- commands


class Counting:
    name = "counting"

    def __init__(self) -> None:
        self.runs = 0

    async def run(self, command: Command, /) -> CommandResult:
        self.runs += 1
        return CommandResult(
            exit_status=self.runs, stdout="\0 你好 \udcff", stderr="", seconds=0.1,
            collected=(("shot.png", b"\x89PNG\xff\0"),),
        )  # fmt: skip


async def test_a_sandbox_without_an_engine_gives_results_unchanged() -> None:
    sandbox = DurableSandbox(Counting(), PlainSteps())
    assert await sandbox.run(Command(argv=("true",))) == await Counting().run(Command(argv=("true",)))


class Recorded(Artifact):
    statuses: tuple[int, ...]


async def test_commands_that_ended_are_not_run_again_by_the_next_process(tmp_path: Path) -> None:
    act, inner = Act(role="qa_engineer", skill="run_code"), Counting()
    same, other = Command(argv=("same",)), Command(argv=("other",))

    async def sitting(*, dies: bool) -> Message:
        async with DbosHost(f"sqlite:///{tmp_path}/makery.db", version="1").open() as host:
            engine = DbosEngine(host, "run1")
            sandbox = DurableSandbox(inner, engine)

            async def work() -> Message:
                results = [await sandbox.run(same), await sandbox.run(same), await sandbox.run(other)]
                if dies:
                    raise RateLimited("not yet")
                made = Recorded(statuses=tuple(result.exit_status for result in results))
                return Message(id=message_id(act), sender="qa_engineer", artifact=made)

            return await engine.perform(act, work)

    with pytest.raises(RateLimited):
        await sitting(dies=True)
    assert (await sitting(dies=False)).artifact == Recorded(statuses=(1, 2, 3))
    assert inner.runs == 3


# ---------------------------------------------------------------------------- tools


class Mailbox:
    """Tools with one that must not be used twice."""

    def __init__(self) -> None:
        self.sent: list[ToolCall] = []

    def offered(self, names: Sequence[str], /) -> tuple[ToolSpec, ...]:
        return ()

    def find(self, need: str, names: Sequence[str], /, *, most: int = 5) -> tuple[ToolSpec, ...]:
        return ()

    async def call(
        self, call: ToolCall, names: Sequence[str], /, *, purpose: Purpose = UNNAMED
    ) -> ToolOutcome:
        self.sent.append(call)
        return ToolOutcome(call=call.id, tool=call.tool, text=f"sent as number {len(self.sent)}")


class Letters(Artifact):
    texts: tuple[str, ...]


async def test_tool_calls_that_ended_are_not_done_again_and_equal_ones_are_told_apart(
    tmp_path: Path,
) -> None:
    act, inner = Act(role="writer", skill="use_tools"), Mailbox()
    first = ToolCall(id="1", tool="send", arguments={"to": "你好"})
    second = first.model_copy(update={"id": "2"})

    async def sitting(*, dies: bool) -> Message:
        async with DbosHost(f"sqlite:///{tmp_path}/makery.db", version="1").open() as host:
            engine = DbosEngine(host, "run1")
            tools = DurableToolset(inner, engine)

            async def work() -> Message:
                outcomes = [await tools.call(call, ["send"]) for call in (first, second)]
                if dies:
                    raise RateLimited("not yet")
                made = Letters(texts=tuple(f"{outcome.call} {outcome.text}" for outcome in outcomes))
                return Message(id=message_id(act), sender="writer", artifact=made)

            return await engine.perform(act, work)

    with pytest.raises(RateLimited):
        await sitting(dies=True)
    assert (await sitting(dies=False)).artifact == Letters(texts=("1 sent as number 1", "2 sent as number 2"))
    assert len(inner.sent) == 2
