"""Runs of teams on either engine: stopped, resumed, forked, and what only a program can continue."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from app_standins import StandIns, settings_in

from makery import Factory
from makery.app.options import ForkOptions, ResumeOptions
from makery.app.parts import Society
from makery.app.result import RunResult
from makery.app.societies import team_order
from makery.kernel.completion import ModelCall
from makery.kernel.errors import InputError
from makery.teams.group_chat import group_chat
from makery.teams.seats import Seat, member
from makery.teams.stops import max_turns

TEAM = """
name: pair
protocol: round_robin
roles:
  writer: {goal: You write.}
  critic: {goal: You criticise.}
stop: {turns: 4, says: FINE, by: critic}
"""
SEATS = tuple(Seat(member(name, "You talk.")) for name in ("writer", "critic"))
Make = Callable[..., Factory]


@pytest.fixture(params=["dbos", "inline"])
def factory(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a factory on either engine; each is like a process of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pair.yaml").write_text(TEAM, encoding="utf-8")
    settings = settings_in(tmp_path, engine=request.param)

    def make(*answers: str, **options: object) -> Factory:
        parts = StandIns(settings, {"speak": list(answers)}, **options)  # type: ignore[arg-type]
        return Factory(settings, parts=parts)

    return make


def stopped_at_the_critic(make: Make, society: Society | None = None) -> str:
    """The id of a run that was stopped while its second speaker was asked."""

    async def conduct() -> str:
        asked = asyncio.Event()

        async def stall(call: ModelCall) -> None:
            if call.purpose.role == "critic":
                asked.set()
                await asyncio.Event().wait()

        maker = make("A line.", "never said", delay=stall)
        order = team_order("pair.yaml", "Write a line.")
        order = order if society is None else order.model_copy(update={"team": ""})
        handle = await maker.start(order, society=society)
        await asked.wait()
        await maker.pause(handle.run_id)
        return handle.run_id

    return asyncio.run(conduct())


def resumed(maker: Factory, run: str) -> RunResult:
    async def conduct() -> RunResult:
        return await (await maker.resume(ResumeOptions(run=run))).wait()

    return asyncio.run(conduct())


def test_a_stopped_conversation_goes_on_with_the_next_speaker(factory: Make) -> None:
    run = stopped_at_the_critic(factory)
    again = factory("FINE")  # would run out of answers if the writer were asked anew
    ended = resumed(again, run)
    assert (ended.state, ended.exit_status, ended.answer) == ("ended", 0, "FINE")
    assert ended.used.calls == 2


def test_a_conversation_is_forked_from_a_turn(factory: Make) -> None:
    run = stopped_at_the_critic(factory)
    assert resumed(factory("FINE"), run).answer == "FINE"
    maker = factory("Rather not.", "Better.", "FINE")

    async def fork() -> RunResult:
        return await (await maker.fork(ForkOptions(run=run, at="2"))).wait()

    other = asyncio.run(fork())
    assert other.run_id != run and other.exit_status == 0
    texts = [getattr(step.message.artifact, "text", "") for step in maker.steps(other.run_id)]
    assert texts[0] == "A line." and texts[1] == "Rather not."


def test_a_team_of_a_program_cannot_be_resumed_without_it_and_stays_paused(factory: Make) -> None:
    team = group_chat(*SEATS, stop=max_turns(4))
    run = stopped_at_the_critic(factory, Society(team))
    maker = factory("FINE")
    with pytest.raises(InputError, match="handed over by a program"):
        resumed(maker, run)
    assert maker.find(run).status == "paused"
