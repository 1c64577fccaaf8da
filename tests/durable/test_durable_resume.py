"""A run is a function of its ledger, and what has ended is never done again."""

import asyncio
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makery.durable.inline import InlineEngine
from makery.durable.resume import read_history
from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.budget import Budget, Limits
from makery.kernel.completion import Purpose, Usage
from makery.kernel.errors import ContractViolation, LimitReached, RateLimited, StorageFailure
from makery.kernel.events import (
    ActStarted,
    Answered,
    Entry,
    Event,
    MessagePublished,
    ModelCalled,
    RunEnded,
    RunStarted,
)
from makery.kernel.message import Message
from makery.kernel.pool import Pool
from makery.kernel.ports import Engine
from makery.kernel.program import message_id
from makery.store.database import Database
from makery.store.ledger import SqlLedger


class Note(Artifact):
    text: str


def message(number: int, text: str = "x", causes: tuple[str, ...] = ()) -> Message:
    return Message(id=f"m{number}", sender="engineer", artifact=Note(text=text), causes=causes)


def published(number: int, text: str = "x") -> MessagePublished:
    return MessagePublished(act=f"a{number}", message=message(number, text).record())


def started(*, resumed: bool = False) -> RunStarted:
    return RunStarted(run="r", team="t", mode="duo", model="m", out="o", resumed=resumed)


def ended(exit_status: int = 4, seconds: float = 1) -> RunEnded:
    return RunEnded(run="r", exit_status=exit_status, verdict="", seconds=seconds)


def called(
    tokens: int = 1, usd: float = 0.0, *, source: str = "model", role: str = "engineer", seconds: float = 2.0
) -> ModelCalled:
    return ModelCalled(
        purpose=Purpose(role=role, skill="s"), model="m", template="t", version="v",
        usage=Usage(prompt_tokens=tokens, completion_tokens=2 * tokens, cached_tokens=tokens // 2),
        usd=usd, seconds=seconds, finish="stop", attempts=1, source=source, digest="d",
    )  # fmt: skip


def entries(*events: Event, at: tuple[float, ...] = ()) -> list[Entry]:
    times = at or tuple(float(n) for n in range(len(events)))
    return [
        Entry(run="r", seq=number, at=time, event=event)
        for number, (event, time) in enumerate(zip(events, times, strict=True), 1)
    ]


# ----------------------------------------------------------------------- resume


def test_an_empty_ledger_is_a_run_that_never_began() -> None:
    history = read_history([])
    assert (history.messages, history.spent.calls, history.ended, history.sittings, history.last) == (
        (),
        0,
        None,
        0,
        0,
    )


def test_spent_counts_all_sittings_and_not_the_time_between_them() -> None:
    history = read_history(
        entries(
            started(),
            called(10, 0.5),
            started(resumed=True),
            called(1, 0.25),
            ended(seconds=15),
            at=(100.0, 130.0, 9000.0, 9010.0, 9015.0),
        )
    )
    assert history.spent.usage == Usage(prompt_tokens=11, completion_tokens=22, cached_tokens=5)
    assert (history.spent.usd, history.spent.calls, history.spent.seconds) == (0.75, 2, 45.0)
    assert history.sittings == 2


def test_answers_from_cache_and_recording_cost_nothing_and_recorded_ones_are_calls() -> None:
    history = read_history(entries(called(5, source="cache"), called(5, source="cassette"), called(1)))
    assert history.spent.usage.prompt_tokens == 1
    assert history.spent.calls == 2


def test_a_clock_that_is_set_back_gives_no_time_back() -> None:
    assert read_history(entries(started(), called(), called(), at=(100.0, 160.0, 20.0))).spent.seconds == 60


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_a_clock_that_is_set_while_a_run_goes_on_uses_up_no_limit(jump: float) -> None:
    times = (100.0, 160.0 + jump, 170.0 + jump)
    assert read_history(entries(started(), called(), ended(seconds=70), at=times)).spent.seconds == 70


def test_an_answer_that_comes_long_after_the_process_died_uses_up_no_limit() -> None:
    answered = Answered(act="a", reply="{}")
    assert read_history(entries(started(), called(), answered, at=(1.0, 61.0, 9e5))).spent.seconds == 60


def test_the_last_sitting_s_end_is_known_and_a_killed_one_has_none() -> None:
    assert read_history(entries(started(), ended(4))).ended == ended(4)
    assert read_history(entries(started(), ended(4), started(resumed=True))).ended is None
    assert read_history(entries(started(), called())).ended is None


def test_a_step_recorded_twice_is_one_message() -> None:
    history = read_history(entries(published(1), published(2), published(1)))
    assert history.messages == (message(1), message(2))


def test_a_message_that_this_version_cannot_read_is_a_storage_failure() -> None:
    record = {**message(1).record(), "artifact": {"kind": "Note", "data": {"gone": 1}}}
    with pytest.raises(StorageFailure, match=r"Entry 1 of run 'r'.*version that began it"):
        read_history(entries(MessagePublished(act="a", message=record)))


EVENTS = st.one_of(
    st.builds(started, resumed=st.booleans()),
    st.builds(ended, st.sampled_from([0, 3, 4, 130])),
    st.builds(published, st.integers(0, 5)),
    st.builds(
        called,
        st.integers(0, 10**6),
        st.integers(0, 64).map(lambda n: n / 64),
        source=st.sampled_from(["model", "cache", "cassette"]),
        role=st.sampled_from("abc"),
    ),
    st.builds(ActStarted, act=st.text(), role=st.text(), skill=st.text()),
)
LEDGERS = st.lists(st.tuples(st.integers(0, 1000), EVENTS), max_size=25)


def as_entries(steps: list[tuple[int, Event]]) -> list[Entry]:
    times = tuple(float(time) for time in accumulate(step for step, _ in steps))
    written: list[Event] = []
    began: float | None = None
    for time, (_, event) in zip(times, steps, strict=True):
        began = time if began is None or isinstance(event, RunStarted) else began
        known = isinstance(event, RunEnded)
        written.append(event.model_copy(update={"seconds": time - began}) if known else event)
    return entries(*written, at=times)


@given(LEDGERS, st.data())
def test_nothing_spent_or_made_is_ever_lost_as_the_ledger_grows(
    steps: list[tuple[int, Event]], data: st.DataObject
) -> None:
    ledger = as_entries(steps)
    cut = data.draw(st.integers(0, len(ledger)))
    before, after = read_history(ledger[:cut]), read_history(ledger)
    assert after.messages[: len(before.messages)] == before.messages
    assert after.spent.usage.total >= before.spent.usage.total
    assert after.spent.usd >= before.spent.usd
    assert after.spent.seconds >= before.spent.seconds
    assert after.spent.calls >= before.spent.calls


@given(LEDGERS)
def test_cost_tokens_and_artifacts_are_a_function_of_the_exported_ledger(
    steps: list[tuple[int, Event]],
) -> None:
    ledger = as_entries(steps)
    exported = [Entry.model_validate_json(entry.model_dump_json()) for entry in ledger]
    assert read_history(exported) == read_history(ledger)


@given(st.lists(st.integers(1, 50), max_size=12), st.integers(0, 12))
def test_a_limit_holds_over_a_kill_and_a_resume(costs: list[int], killed_after: int) -> None:
    ledger: list[Event] = []

    def sitting(budget: Budget, calls: list[int]) -> None:
        for tokens in calls:
            reservation = budget.reserve(3 * tokens, 0.0)
            event = called(tokens)
            budget.settle(reservation, event.usage, 0.0)
            ledger.append(event)

    limits = Limits(tokens=100)
    for calls in (costs[:killed_after], costs[killed_after:]):
        try:
            sitting(Budget(limits, read_history(entries(*ledger)).spent), calls)
        except LimitReached:
            break
    assert read_history(entries(*ledger)).spent.usage.total <= 100


def test_what_the_database_kept_is_the_run_that_was(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/makery.db")
    ledger = SqlLedger(database, clock=lambda: 5.0)
    events = [started(), published(1, "你好 \0"), called(7, 0.125), ended()]
    for event in events:
        ledger.append("r", event)
    assert read_history(ledger.entries("r")) == read_history(entries(*events, at=(5.0,) * 4))
    database.close()


# ----------------------------------------------------------------------- engine

ACT = Act(role="engineer", skill="write_code")


def result(act: Act = ACT, text: str = "x") -> Message:
    return Message(id=message_id(act), sender=act.role, artifact=Note(text=text))


async def test_a_recorded_act_is_not_performed_again() -> None:
    engine: Engine = InlineEngine([result(text="recorded")])

    async def work() -> Message:
        raise AssertionError("performed again")

    assert await engine.perform(ACT, work) == result(text="recorded")


async def test_the_same_act_asked_twice_at_once_is_done_once() -> None:
    engine, gate, done = InlineEngine(), asyncio.Event(), []

    async def work() -> Message:
        await gate.wait()
        done.append(1)
        return result()

    both = [asyncio.create_task(engine.perform(ACT, work)) for _ in range(2)]
    gate.set()
    assert await asyncio.gather(*both) == [result(), result()]
    assert done == [1]


async def test_different_acts_do_not_wait_for_each_other() -> None:
    engine, meeting = InlineEngine(), asyncio.Barrier(2)
    acts = [ACT, ACT.model_copy(update={"role": "qa_engineer"})]

    async def work(act: Act) -> Message:
        await meeting.wait()
        return result(act)

    made = await asyncio.gather(*(engine.perform(act, lambda act=act: work(act)) for act in acts))
    assert made == [result(act) for act in acts]


async def test_an_act_that_failed_can_be_tried_again() -> None:
    engine = InlineEngine()

    async def fail() -> Message:
        raise RateLimited("slow down")

    async def work() -> Message:
        return result()

    with pytest.raises(RateLimited):
        await engine.perform(ACT, fail)
    assert await engine.perform(ACT, work) == result()


async def test_work_that_makes_another_act_s_message_is_a_bug_that_is_named() -> None:
    async def work() -> Message:
        return message(1)

    with pytest.raises(ContractViolation, match="'write_code' of role 'engineer'"):
        await InlineEngine().perform(ACT, work)


def test_the_messages_of_a_history_fill_a_pool() -> None:
    history = read_history(entries(published(1), published(2)))
    assert [m.id for m in Pool(history.messages)] == ["m1", "m2"]
