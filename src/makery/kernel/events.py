"""The events of a run. The ledger is their append-only list; every interface renders them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Purpose, Usage
from makery.kernel.message import EVERYONE


class RunStarted(Frozen):
    """A run began, or went on (`resumed`)."""

    type: Literal["run_started"] = "run_started"
    run: str
    team: str
    mode: str
    model: str
    out: str
    resumed: bool = False
    version: str = ""
    """Of Makery: one run may have sittings of several, and the ledger says which did what."""


class RunForked(Frozen):
    """A run begins with the results of another one, up to a step."""

    type: Literal["run_forked"] = "run_forked"
    run: str
    origin: str
    """The run that it goes another way from."""
    step: int
    """The first step that is not taken over; from 1."""
    edited: bool
    """Whether that step's result was handed in instead of being made anew."""


class ActStarted(Frozen):
    """A role took up a skill."""

    type: Literal["act_started"] = "act_started"
    act: str
    role: str
    skill: str
    label: str = ""
    audience: tuple[str, ...] = (EVERYONE,)
    """Who may read its result."""


class Answered(Frozen):
    """Somebody answered an act that waits for a person; `reply` is what they sent, as JSON."""

    type: Literal["answered"] = "answered"
    act: str
    reply: str
    role: str = ""
    """Whose seat it was said in; '' at a gate, and in ledgers of earlier versions."""
    audience: tuple[str, ...] = (EVERYONE,)
    """Who else may know."""


class PersonAsked(Frozen):
    """An act waits for what the person in a seat says."""

    type: Literal["person_asked"] = "person_asked"
    act: str
    role: str
    text: str
    choices: tuple[str, ...] = ()
    """If there are some, the answer is one of them."""
    draft: str = ""
    """Code, or a document, that the person may edit."""
    consent: bool = False
    """Whether it is about something that the role wants to do: no turn that could be left to a model."""
    audience: tuple[str, ...] = ()
    """Who else may read the question: role names, or `*`."""


class MessagePublished(Frozen):
    """An act's result reached the pool; `message` is `Message.record()`."""

    type: Literal["message_published"] = "message_published"
    act: str
    message: dict[str, Any]


class ActFailed(Frozen):
    """An act raised; the run stops with that error, or the protocol goes another way."""

    type: Literal["act_failed"] = "act_failed"
    act: str
    role: str
    skill: str
    error: str
    message: str
    audience: tuple[str, ...] = (EVERYONE,)


class TextStreamed(Frozen):
    """A piece of a completion. For live views only: never stored."""

    type: Literal["text_streamed"] = "text_streamed"
    purpose: Purpose
    text: str


class ModelCalled(Frozen):
    """One model call ended, whatever its source."""

    type: Literal["model_called"] = "model_called"
    purpose: Purpose
    model: str
    template: str
    version: str
    usage: Usage
    usd: float
    seconds: float
    finish: str
    attempts: int
    source: str
    digest: str
    """Content key of the call, under which cache and cassette keep it."""


class ModelRetried(Frozen):
    """A model call is asked again, with what changed."""

    type: Literal["model_retried"] = "model_retried"
    purpose: Purpose
    reason: str
    change: str


class CommandRun(Frozen):
    """A command ended in the sandbox."""

    type: Literal["command_run"] = "command_run"
    purpose: str
    argv: tuple[str, ...]
    exit_status: int
    seconds: float
    reason: str = ""


class StepAccepted(Frozen):
    """The workspace has a new commit."""

    type: Literal["step_accepted"] = "step_accepted"
    commit: str
    summary: str


class RunEnded(Frozen):
    """A run ended or paused; `exit_status` as the command line documents it."""

    type: Literal["run_ended"] = "run_ended"
    run: str
    exit_status: int
    verdict: str
    message: str = ""
    seconds: float


Event = Annotated[
    RunStarted
    | RunForked
    | ActStarted
    | PersonAsked
    | Answered
    | MessagePublished
    | ActFailed
    | TextStreamed
    | ModelCalled
    | ModelRetried
    | CommandRun
    | StepAccepted
    | RunEnded,
    Field(discriminator="type"),
]


class Entry(Frozen):
    """An event in the ledger."""

    run: str
    seq: int
    """Grows by one within a run, from 1."""
    at: float
    """Unix time, seconds."""
    event: Event
