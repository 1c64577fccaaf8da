"""The factory's values as they go over the wire."""

from collections.abc import Sequence

from makery.app.artifacts import record_of
from makery.app.browsing import Browser, Tree
from makery.app.labels import Label
from makery.app.meter import Tally
from makery.app.questions import OpenQuestion, OpenTurn
from makery.app.result import RunResult
from makery.app.run_steps import RunStep
from makery.client import tenancy, wire
from makery.kernel.completion import Usage
from makery.kernel.events import Entry, RunStarted
from makery.store.access import Key
from makery.store.ownership import OwnedRun


def run(owned: OwnedRun) -> wire.Run:
    """A run as lists show it."""
    record = owned.record
    return wire.Run(
        id=record.id,
        project=owned.owner.project,
        created=record.created,
        ended=record.ended,
        state=record.status,
        requirement=record.requirement,
        mode=record.mode,
        model=record.model,
        verdict=record.verdict,
        exit_status=record.exit_status,
    )


def run_detail(owned: OwnedRun, result: RunResult) -> wire.RunDetail:
    """A run as it stands."""
    return wire.RunDetail(
        **{**run(owned).model_dump(), "requirement": result.requirement},
        message=result.message,
        tokens=tokens(result.used.usage),
        usd=result.used.usd,
        calls=result.used.calls,
        seconds=result.seconds,
        how_to_run=result.how_to_run,
        files=result.files,
        branch=result.branch,
        kind=result.kind,
        result=record_of(result.artifact) if result.artifact else None,
    )


def question(asked: OpenQuestion) -> wire.Question:
    """A gate at which a run waits."""
    return wire.Question.model_validate(asked.model_dump(include=set(wire.Question.model_fields)))


def turn(asked: OpenTurn) -> wire.Turn:
    """A seat in which a run waits for a person."""
    return wire.Turn.model_validate(asked.model_dump(include=set(wire.Turn.model_fields)))


def label(found: Label) -> wire.Label:
    """A person's decision."""
    return wire.Label.model_validate(found.model_dump())


def step(done: RunStep) -> wire.Step:
    """A finished step."""
    return wire.Step(
        number=done.number,
        seq=done.seq,
        at=done.at,
        role=done.message.sender,
        skill=done.message.skill,
        about=done.about,
        gives=done.message.artifact.kind(),
    )


def step_detail(done: RunStep) -> wire.StepDetail:
    """A finished step with what it made."""
    return wire.StepDetail(**step(done).model_dump(), artifact=record_of(done.message.artifact))


def tokens(usage: Usage) -> wire.Tokens:
    """Counts of tokens."""
    return wire.Tokens(
        prompt=usage.prompt_tokens, completion=usage.completion_tokens, cached=usage.cached_tokens
    )


def event(entry: Entry) -> wire.RunEvent:
    """An entry of the ledger, without the place on the server's disk."""
    happened = entry.event.model_dump(mode="json")
    if isinstance(entry.event, RunStarted):
        happened["out"] = ""
    return wire.RunEvent(seq=entry.seq, at=entry.at, event=happened)


def tree(found: Tree) -> wire.Tree:
    """What a run made."""
    return wire.Tree(
        program=tuple(wire.File(path=path, size=size) for path, size in found.program.items()),
        documents=tuple(wire.File(path=path, size=size) for path, size in found.documents.items()),
        commits=_commits(found.commits),
    )


def _commits(commits: Sequence[tuple[str, str]]) -> tuple[wire.Commit, ...]:
    return tuple(wire.Commit(id=id_, summary=summary) for id_, summary in commits)


def cost(browser: Browser) -> wire.Cost:
    """What a run used."""
    total, by_work = browser.cost()
    lines = tuple(_line(role, skill, tally) for (role, skill), tally in by_work.items())
    return wire.Cost(
        calls=total.calls, tokens=tokens(total.usage), usd=total.usd, seconds=total.seconds, by_work=lines
    )


def _line(role: str, skill: str, tally: Tally) -> wire.CostLine:
    return wire.CostLine(
        role=role,
        skill=skill,
        calls=tally.calls,
        tokens=tokens(tally.usage),
        usd=tally.usd,
        seconds=tally.seconds,
    )


def key(known: Key) -> tenancy.KeyInfo:
    """A key without its secret."""
    return tenancy.KeyInfo.model_validate(known.model_dump(exclude={"digest"}))
