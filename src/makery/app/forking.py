"""Going another way from a step of a run: which results the new run begins with."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from makery.app.options import BuildOptions, ChangeOptions, ForkOptions, SkillOptions, TeamOptions
from makery.app.run_steps import RunStep, find_step, steps_of
from makery.app.shown import OPTIONS
from makery.kernel.artifact import Artifact
from makery.kernel.errors import InputError
from makery.kernel.events import Entry, Event, MessagePublished, RunForked
from makery.kernel.message import Message
from makery.store.runs import RunRecord

_LIMITS = ("max_tokens", "max_usd", "max_minutes", "max_calls")

Forkable = BuildOptions | SkillOptions | TeamOptions
"""Orders whose work is all in messages; a change has a repository beside them."""


@dataclass(frozen=True)
class Fork:
    """A new run's order, and the messages that it need not make."""

    origin: str
    step: int
    edited: bool
    options: Forkable
    kept: tuple[MessagePublished, ...]

    def opening(self, run: str) -> Iterator[Event]:
        """The first entries of the new run's ledger."""
        yield RunForked(run=run, origin=self.origin, step=self.step, edited=self.edited)
        yield from self.kept


def fork_of(origin: RunRecord, entries: Sequence[Entry], order: ForkOptions) -> Fork:
    """What a fork begins with.

    Raises:
        InputError: the run changes a repository, has no such step, or the artifact does not fit.
    """
    options = OPTIONS.validate_python(origin.options)
    if isinstance(options, ChangeOptions):
        raise InputError(
            f"Run {origin.id!r} changes a repository; such runs cannot be forked.",
            remedy="Begin another one with `makery change`: equal questions are answered from the cache.",
        )
    steps = steps_of(entries)
    step = find_step(steps, order.at, run=origin.id)
    kept = [*_from_the_user(entries), *(_published(one, one.message) for one in steps[: step.number - 1])]
    if order.edit is not None:
        artifact = _edited(order.edit, step)
        kept.append(_published(step, step.message.model_copy(update={"artifact": artifact})))
    return Fork(
        origin=origin.id,
        step=step.number,
        edited=order.edit is not None,
        options=_changed(options, order),
        kept=tuple(kept),
    )


def _from_the_user(entries: Sequence[Entry]) -> Iterator[MessagePublished]:
    """The requirement and what else was handed in at the start."""
    events = (entry.event for entry in entries)
    return (event for event in events if isinstance(event, MessagePublished) and not event.act)


def _published(step: RunStep, message: Message) -> MessagePublished:
    return MessagePublished(act=step.act, message=message.record())


def _changed(options: Forkable, order: ForkOptions) -> Forkable:
    given = {name: getattr(order, name) for name in ("model", "seed", *_LIMITS)}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if order.model is not None:
        changes["replay"] = None
    return options.model_copy(
        update={
            **changes,
            "out": order.out,
            "record": None,
            "yes": options.yes or order.yes,
            "allow_unknown_price": options.allow_unknown_price or order.allow_unknown_price,
        }
    )


def _edited(text: str, step: RunStep) -> Artifact:
    kind = step.message.artifact.kind()
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"The edited artifact is no JSON: {error}.", remedy=_how(step)) from None
    if isinstance(given, dict) and given.keys() == {"kind", "data"}:
        if given["kind"] != kind:
            raise InputError(f"Step {step.number} makes a {kind}, not a {given['kind']}.", remedy=_how(step))
        given = given["data"]
    try:
        return Artifact.load(kind, given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(f"The {kind} does not fit: {place}: {first['msg']}.", remedy=_how(step)) from None


def _how(step: RunStep) -> str:
    return f"Begin with what was made: makery runs show RUN --step {step.number} > artifact.json"
