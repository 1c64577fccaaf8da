"""Runs that exist: watched, stopped, forked, compared, replayed, removed, and asked about."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from app_standins import PROGRAM, REQUIREMENT, Make, factories, settings_in

from makery import Factory
from makery.app.artifacts import record_of
from makery.app.conclusion import Conclusion
from makery.app.handle import RunHandle
from makery.app.options import BuildOptions, ForkOptions, ResumeOptions
from makery.app.result import RunResult
from makery.interfaces.cli.summary import print_run
from makery.kernel.completion import ModelCall
from makery.kernel.documents import Delivery, SourceCode
from makery.kernel.errors import InputError, Interrupted, LimitReached, Rejected
from makery.kernel.events import ActStarted, MessagePublished, ModelCalled, RunEnded, RunForked
from makery.kernel.gates import Decision
from makery.testing import ListSink

T = TypeVar("T")


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=["dbos", "inline"])
def factory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes a factory on one of the engines; each is like a process of its own."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    settings = settings_in(tmp_path, engine=request.param.replace("postgresql", "dbos"), database=url)
    with factories(settings) as made:
        yield made


on_all = pytest.mark.parametrize("factory", ["dbos", "inline", "postgresql"], indirect=True)
"""Also on DBOS on PostgreSQL: for tests of what the durable record and the ledger do."""
durable = pytest.mark.parametrize("factory", ["dbos", "postgresql"], indirect=True)
"""For tests of what only a durable record can do."""


def run(work: Awaitable[T]) -> T:
    async def conduct() -> T:
        return await work

    return asyncio.run(conduct())


async def begin(factory: Factory, *sinks: ListSink, **options: object) -> RunHandle:
    return await factory.start(BuildOptions.model_validate({"requirement": REQUIREMENT, **options}), *sinks)


async def build(factory: Factory, *sinks: ListSink, **options: object) -> RunResult:
    return await (await begin(factory, *sinks, **options)).wait()


async def resume(factory: Factory, name: str, *sinks: ListSink, **options: object) -> RunResult:
    order = ResumeOptions.model_validate({"run": name, **options})
    return await (await factory.resume(order, *sinks)).wait()


async def fork(factory: Factory, name: str, at: str, *sinks: ListSink, **options: object) -> RunResult:
    order = ForkOptions.model_validate({"run": name, "at": at, **options})
    return await (await factory.fork(order, *sinks)).wait()


# ------------------------------------------------------------------------- watching


@on_all
def test_a_run_is_watched_from_any_offset_by_any_number_of_readers(factory: Make) -> None:
    async def conduct() -> list[list[int]]:
        maker, onlooker = factory(), factory()
        handle = await begin(maker)

        async def read(after: int) -> list[int]:
            return [entry.seq async for entry in onlooker.watch(handle.run_id, after=after)]

        seen = await asyncio.gather(read(0), read(0), read(3))
        await handle.wait()
        return seen

    first, second, late = run(conduct())
    assert first == second == list(range(1, len(first) + 1))
    assert late == first[3:]


def test_what_was_watched_is_what_is_exported(factory: Make) -> None:
    maker = factory()
    ended = run(build(maker))
    entries = maker.events(ended.run_id)
    exported = [json.loads(line) for line in maker.export(ended.run_id)]
    assert [line["seq"] for line in exported] == [entry.seq for entry in entries]
    assert isinstance(entries[-1].event, RunEnded)


# ------------------------------------------------------------------------- stopping


async def stalled(factory: Make, **options: object) -> tuple[Factory, RunHandle]:
    """A run whose model never answers, once it was asked."""
    asked = asyncio.Event()

    async def never(_: ModelCall) -> None:
        asked.set()
        await asyncio.Event().wait()

    maker = factory(delay=never)
    handle = await begin(maker, **options)
    await asked.wait()
    return maker, handle


@durable
def test_another_process_pauses_a_run_and_it_can_go_on(factory: Make) -> None:
    async def conduct() -> RunResult:
        _, handle = await stalled(factory)
        paused = await factory().pause(handle.run_id)
        assert paused.status == "paused"
        return await handle.wait()

    ended = run(conduct())
    assert isinstance(ended.error, Interrupted) and "another process" in ended.message
    assert run(resume(factory(), ended.run_id)).exit_status == 0


@on_all
def test_a_cancelled_run_is_never_continued(factory: Make) -> None:
    async def conduct() -> str:
        maker, handle = await stalled(factory)
        assert (await maker.give_up(handle.run_id)).status == "cancelled"
        return handle.run_id

    name = run(conduct())
    with pytest.raises(InputError, match=r"was cancelled.*fork"):
        run(resume(factory(), name))
    with pytest.raises(InputError, match=r"was cancelled.*fork"):
        run(factory().replay(name))
    assert factory().find(name).status == "cancelled"


def test_only_a_run_that_is_under_way_can_be_paused(factory: Make) -> None:
    ended = run(build(factory()))
    with pytest.raises(InputError, match="not under way"):
        run(factory().pause(ended.run_id))


def test_what_a_run_killed_at_its_very_end_had_not_written_is_written_by_resume(
    factory: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Conclusion, "_export", killed)
        run(build(factory(), out=tmp_path / "out"))
    assert not (tmp_path / "out/.makery/ledger.jsonl").exists()

    assert run(resume(factory({}), factory().runs()[0].id)).exit_status == 0
    lines = (tmp_path / "out/.makery/ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert any(json.loads(line)["event"]["type"] == "model_called" for line in lines)


# -------------------------------------------------------------------------- forking


@on_all
def test_a_fork_makes_no_step_anew_that_came_before(factory: Make) -> None:
    origin = run(build(factory()))
    steps = factory().steps(origin.run_id)
    program = next(step for step in steps if step.message.skill == "run_code")

    sink = ListSink()
    forked = run(fork(factory({}), origin.run_id, str(program.number), sink))

    assert forked.exit_status == 0 and forked.run_id != origin.run_id
    assert sink.of(ModelCalled) == []
    assert next(event.skill for event in sink.of(ActStarted)) == "run_code"
    assert (forked.workspace / "main.py").read_text() == (origin.workspace / "main.py").read_text()
    begun = factory().events(forked.run_id)[0].event
    assert isinstance(begun, RunForked) and begun.origin == origin.run_id
    assert forked.used.calls == 0


@on_all
def test_a_fork_with_another_answer_comes_to_another_program(factory: Make) -> None:
    origin = run(build(factory()))
    other = PROGRAM.replace("hello", "hello ")
    forked = run(fork(factory({"write_code": [other]}), origin.run_id, "write_code", seed=7))
    assert (forked.workspace / "main.py").read_text(encoding="utf-8") == "print('hello ')\n"
    found = factory().compare(origin.run_id, forked.run_id)
    assert "+print('hello ')" in found.program
    assert {step.where for step in found.steps if step.skill == "write_code"} == {"both"}


@on_all
def test_a_fork_can_begin_with_an_edited_artifact(factory: Make) -> None:
    origin = run(build(factory()))
    step = factory().step(origin.run_id, "write_code")
    assert isinstance(step.message.artifact, SourceCode)
    data = step.message.artifact.model_dump(mode="json")
    data["files"][0]["content"] = "print('edited')\n"
    forked = run(fork(factory({}), origin.run_id, str(step.number), edit=json.dumps(data)))
    assert (forked.workspace / "main.py").read_text(encoding="utf-8") == "print('edited')\n"


@pytest.mark.parametrize(
    ("at", "edit", "message"),
    [
        ("99", None, r"no step '99': they are numbered 1 to"),
        ("write_code", "{", "no JSON"),
        ("write_code", '{"files": 3}', "SourceCode does not fit"),
        ("write_code", '{"kind": "Verdict", "data": {}}', "makes a SourceCode, not a Verdict"),
    ],
)
def test_a_fork_that_cannot_be_says_why(factory: Make, at: str, edit: str | None, message: str) -> None:
    origin = run(build(factory()))
    with pytest.raises(InputError, match=message):
        run(fork(factory(), origin.run_id, at, edit=edit))


def test_equal_runs_have_no_difference(factory: Make) -> None:
    one, other = run(build(factory())), run(build(factory()))
    found = factory().compare(one.run_id, other.run_id)
    assert found.program == "" and found.same_steps > 0
    assert not [step for step in found.steps if step.where != "both"]


# -------------------------------------------------------------------------- archive


def test_a_run_is_restored_from_its_ledger_alone(factory: Make, tmp_path: Path) -> None:
    ended = run(build(factory()))
    factory().restore(ended.run_id, tmp_path / "restored")
    assert (tmp_path / "restored" / "main.py").read_text() == (ended.workspace / "main.py").read_text()


@on_all
def test_a_removed_run_is_gone_and_its_folder_stays(factory: Make) -> None:
    kept, removed = run(build(factory())), run(build(factory()))
    factory().remove(removed.run_id)
    assert [record.id for record in factory().runs()] == [kept.run_id]
    assert factory().events(removed.run_id) == ()
    assert (removed.workspace / "main.py").is_file()
    assert factory().events(kept.run_id) != ()


def test_a_run_that_is_under_way_is_not_removed(factory: Make) -> None:
    async def conduct() -> None:
        maker, handle = await stalled(factory)
        with pytest.raises(InputError, match="under way"):
            factory().remove(handle.run_id)
        await maker.pause(handle.run_id)

    run(conduct())


def test_old_runs_are_those_that_ended_long_ago(factory: Make) -> None:
    ended = run(build(factory()))
    assert factory().older_than(3600) == ()
    assert [record.id for record in factory().older_than(-1)] == [ended.run_id]


# ---------------------------------------------------------------------------- gates


async def until_asked(factory: Factory, name: str) -> None:
    async for _ in factory.watch(name):
        if factory.questions(name):
            return


async def gated(
    factory: Make, answer: Callable[[Factory, str], Awaitable[object]], **options: object
) -> RunResult:
    """A run that waits at the delivery, answered from elsewhere."""
    handle = await begin(factory(), ask=("delivery",), **options)
    elsewhere = factory()
    await until_asked(elsewhere, handle.run_id)
    await answer(elsewhere, handle.run_id)
    return await handle.wait()


@on_all
def test_an_approved_delivery_is_delivered(factory: Make) -> None:
    ended = run(gated(factory, lambda desk, name: desk.answer(name, "approve", by="me")))
    assert ended.exit_status == 0
    assert factory().questions(ended.run_id) == ()


@on_all
def test_a_rejected_delivery_ends_the_run_and_says_how_to_go_another_way(factory: Make) -> None:
    ended = run(gated(factory, lambda desk, name: desk.answer(name, "reject", note="too plain")))
    assert isinstance(ended.error, Rejected) and "too plain" in ended.message
    assert ended.exit_status == 3 and "runs fork" in ended.continue_with


def test_a_run_whose_delivery_was_rejected_is_shown_so(
    factory: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = run(gated(factory, lambda desk, name: desk.answer(name, "reject", note="too plain")))
    print_run(factory().show(ended.run_id), as_json=False)
    assert "The delivery was rejected: too plain" in capsys.readouterr().out


@on_all
def test_an_edited_delivery_is_what_is_delivered(factory: Make) -> None:
    ended = run(
        gated(factory, lambda desk, name: desk.answer(name, "edit", document={"run": "python -m main"}))
    )
    assert ended.how_to_run == "python -m main"


@pytest.mark.parametrize(
    ("decision", "document"), [("approve", None), ("reject", None), ("edit", {"run": "x"})]
)
def test_what_a_person_decides_is_kept_as_a_label(
    factory: Make, decision: Decision, document: dict[str, str] | None
) -> None:
    def answer(desk: Factory, name: str) -> Awaitable[object]:
        return desk.answer(name, decision, note="why", document=document, by="me")

    ended = run(gated(factory, answer))
    (label,) = factory().labels()
    assert tuple(factory().labels(ended.run_id)) == (label,)
    assert (label.run, label.gate, label.decision) == (ended.run_id, "delivery", decision)
    assert (label.who, label.reason, label.requirement) == ("me", "why", REQUIREMENT)
    made = factory().step(ended.run_id, str(label.step)).message
    assert isinstance(made.artifact, Delivery) and made.sender != "user"
    assert label.before == record_of(made.artifact)
    wanted = {
        "approve": label.before,
        "reject": None,
        "edit": {"kind": "Delivery", "data": {**label.before["data"], "run": "x"}},
    }
    assert label.after == wanted[decision]


def test_a_fork_takes_no_label_of_its_origin_and_an_assumption_is_none(factory: Make) -> None:
    ended = run(gated(factory, lambda desk, name: desk.answer(name, "approve")))
    answered = factory().step(ended.run_id, "ask").message.artifact
    forked = run(fork(factory({}), ended.run_id, "ask", edit=json.dumps(record_of(answered))))
    silent = run(build(factory(), ask=("delivery",), ask_minutes=0.0001))
    assert forked.exit_status == silent.exit_status == 0
    assert [label.run for label in factory().labels()] == [ended.run_id]
    with pytest.raises(InputError, match="No run is"):
        factory().labels("nonsense")


def test_an_edit_that_does_not_fit_is_refused_and_the_run_still_waits(factory: Make) -> None:
    async def answer(desk: Factory, name: str) -> None:
        for document, message in (
            ({"run": 3}, "Delivery does not fit: run"),
            (None, "goes with"),
            ([], "no JSON object"),
        ):
            with pytest.raises(InputError, match=message):
                await desk.answer(name, "edit", document=document)
        with pytest.raises(InputError, match="not at the gate 'prd' but at delivery"):
            await desk.answer(name, "approve", gate="prd")
        await desk.answer(name, "approve", gate="delivery")

    assert run(gated(factory, answer)).exit_status == 0


@on_all
def test_a_run_waits_over_restarts_and_is_answered_while_nobody_works_on_it(factory: Make) -> None:
    async def conduct() -> RunResult:
        maker = factory()
        handle = await begin(maker, ask=("delivery",))
        await until_asked(maker, handle.run_id)
        await maker.pause(handle.run_id)
        await factory().answer(handle.run_id, "approve")
        return await handle.wait()

    paused = run(conduct())
    assert paused.state == "paused"
    assert run(resume(factory({}), paused.run_id)).exit_status == 0


def test_nobody_s_answer_is_an_assumption_that_is_reported(factory: Make) -> None:
    ended = run(build(factory(), ask=("delivery",), ask_minutes=0.0001))
    assert ended.exit_status == 0
    report = (ended.workspace / ".makery" / "report.md").read_text(encoding="utf-8")
    assert "Nobody said whether the delivery is right" in report


@on_all
def test_nobody_s_answer_stops_the_run_if_that_was_wanted_and_yes_goes_on(factory: Make) -> None:
    ended = run(build(factory(), ask=("delivery",), ask_minutes=0.0001, silence="stop"))
    assert isinstance(ended.error, LimitReached) and ended.state == "paused"
    assert run(resume(factory({}), ended.run_id, yes=True)).exit_status == 0


def test_an_unattended_run_waits_for_nobody(factory: Make) -> None:
    sink = ListSink()
    ended = run(build(factory(), sink, ask=("delivery",), yes=True))
    assert ended.exit_status == 0
    kinds = [event.message["artifact"]["kind"] for event in sink.of(MessagePublished)]
    assert kinds[-2:] == [Delivery.kind(), "GateAnswer"]


def test_gates_that_a_mode_does_not_have_are_refused(factory: Make) -> None:
    with pytest.raises(InputError, match="no design to ask about in mode 'direct'"):
        run(build(factory(), ask=("design", "delivery"), mode="direct"))
