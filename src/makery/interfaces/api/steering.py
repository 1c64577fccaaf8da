"""Runs under way: stopped, continued, answered, led another way."""

import asyncio
import json

from fastapi import APIRouter, Response

from makery.app.options import ForkOptions, ResumeOptions
from makery.client import wire
from makery.interfaces.api import shown
from makery.interfaces.api.problems import RESPONSES
from makery.interfaces.api.runs import CREATED, Eyes, Once, RunId, started_run
from makery.interfaces.api.serving import Caller, Server, Serving
from makery.store.ownership import OwnedRun

router = APIRouter(prefix="/runs", tags=["runs"], responses=RESPONSES)


@router.post("/{run}/pause")
async def pause_run(run: RunId, who: Caller, server: Server) -> wire.RunDetail:
    """Stop a run, whoever works on it. What was finished is kept; it can be resumed."""
    return await _detail(server, who, await server.desk.pause(who, run))


@router.post("/{run}/cancel")
async def cancel_run(run: RunId, who: Caller, server: Server) -> wire.RunDetail:
    """Give a run up: stop it, and never continue it. What it made stays."""
    return await _detail(server, who, await server.desk.cancel(who, run))


@router.post("/{run}/resume")
async def resume_run(
    run: RunId, who: Caller, server: Server, order: wire.ContinuedRun | None = None
) -> wire.RunDetail:
    """Continue a run that stopped; nothing that was finished is done or paid for again."""
    changes = (order or wire.ContinuedRun()).model_dump(exclude_none=True)
    owned = await server.desk.resume(who, ResumeOptions(run=run, **changes))
    server.metrics.run_started()
    return await _detail(server, who, owned)


@router.post("/{run}/fork", status_code=201, responses=CREATED)
async def fork_run(
    run: RunId, order: wire.ForkedRun, who: Caller, server: Server, response: Response, once: Once = ""
) -> wire.RunDetail:
    """Go another way from a step, in a new run; with `artifact`, on with an edited result of that step.

    What came before is not done or paid for again.
    """
    fields = order.model_dump(exclude={"artifact"})
    edit = None if order.artifact is None else json.dumps(order.artifact, ensure_ascii=False)
    started = await server.desk.fork(who, ForkOptions(run=run, edit=edit, **fields), once=once)
    return await started_run(started, server, who, response)


@router.get("/{run}/questions")
def list_questions(run: RunId, who: Caller, server: Server) -> wire.Page[wire.Question]:
    """What a run waits for a person to decide; the oldest first."""
    found = server.desk.questions(who, run)
    return wire.Page[wire.Question](items=tuple(shown.question(question) for question in found))


@router.post("/{run}/answer")
async def answer_run(run: RunId, answer: wire.Answer, who: Caller, server: Server) -> wire.Question:
    """Decide what a run waits for: approve, reject, or go on with an edited document.

    The run goes on at once if it is under way, else when it is resumed.
    """
    question = await server.desk.answer(
        who,
        run,
        answer.decision,
        gate=answer.gate,
        note=answer.note,
        document=answer.document,
    )
    return shown.question(question)


@router.get("/{run}/turns")
def list_turns(run: RunId, who: Caller, server: Server, role: Eyes = None) -> wire.Page[wire.Turn]:
    """The seats in which a run waits for a person; the oldest first."""
    found = server.desk.turns(who, run, role=role)
    return wire.Page[wire.Turn](items=tuple(shown.turn(turn) for turn in found))


@router.post("/{run}/say")
async def say_in_run(run: RunId, speech: wire.Speech, who: Caller, server: Server) -> wire.Turn:
    """Speak in a seat of a run that waits for a person there.

    The run goes on at once if it is under way, else when it is resumed.
    """
    return shown.turn(await server.desk.say(who, run, speech.text, role=speech.role, act=speech.act))


async def _detail(server: Serving, who: Caller, owned: OwnedRun) -> wire.RunDetail:
    return shown.run_detail(owned, await asyncio.to_thread(server.desk.result, who, owned.record.id))
