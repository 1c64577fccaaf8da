"""Recordings of model calls: made once, replayed without a model, strictly.

A recording is a JSON Lines file: a header with the format's version and the model, then one call with its
outcome a line. It holds prompts and answers, never keys or URLs.
"""

import json
import os
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import ValidationError

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Completion, ModelCall, Prompt, Purpose
from makery.kernel.errors import (
    ContextOverflow,
    InputError,
    MalformedOutput,
    ModelError,
    Repetition,
    StorageFailure,
)
from makery.llm.digest import digest

VERSION = 1
Outcome = Completion | ModelError
"""What a call came to: an answer, or one of the errors that are the model's own."""


class Cassette(Protocol):
    """Remembers the outcome of calls."""

    def find(self, key: str, model: str, call: ModelCall, /) -> Outcome | None:
        """The remembered outcome of a call, None to ask the model.

        Raises:
            UnrecordedCall: the cassette replays strictly and does not hold the call.
        """
        ...

    def keep(self, key: str, call: ModelCall, outcome: Outcome, /) -> None:
        """Remember an outcome; one of an equal call is already there: nothing happens.

        Raises:
            StorageFailure: the file cannot be written.
        """
        ...


class UnrecordedCall(InputError):
    """A replay was asked something that its recording does not hold; says what comes nearest."""


class Header(Frozen):
    """The first line of a recording."""

    makery_recording: int
    model: str


class Failure(Frozen):
    """A recorded error of the model's own."""

    kind: Literal["ModelError", "MalformedOutput", "Repetition", "ContextOverflow"]
    message: str
    remedy: str = ""
    text: str = ""
    needed: int = 0
    available: int = 0

    @staticmethod
    def of(error: ModelError) -> "Failure":
        """What has to be kept to raise the error again."""
        given: dict[str, Any] = {"kind": _kind(error), "message": error.message, "remedy": error.remedy}
        if isinstance(error, MalformedOutput | Repetition):
            given["text"] = error.text
        if isinstance(error, ContextOverflow):
            given |= {"needed": error.needed, "available": error.available}
        return Failure(**given)

    def error(self) -> ModelError:
        """The error again."""
        match self.kind:
            case "MalformedOutput":
                return MalformedOutput(self.message, text=self.text, remedy=self.remedy)
            case "Repetition":
                return Repetition(self.message, text=self.text, remedy=self.remedy)
            case "ContextOverflow":
                return ContextOverflow(
                    self.message, needed=self.needed, available=self.available, remedy=self.remedy
                )
            case _:
                return ModelError(self.message, remedy=self.remedy)


class RecordedCall(Frozen):
    """One line of a recording: the call as it was asked, and its outcome."""

    digest: str
    skill: str
    role: str
    call: ModelCall
    """Without its purpose: equal calls of different acts are one."""
    completion: Completion | None = None
    failure: Failure | None = None

    def outcome(self) -> Outcome | None:
        """What the call came to."""
        return self.failure.error() if self.failure is not None else self.completion


class Recording:
    """A cassette that writes: new calls are appended, known ones are answered from the file."""

    def __init__(self, path: Path, model: str) -> None:
        """Begin or continue the file.

        Raises:
            InputError: it is something else, or a recording of another model.
            StorageFailure: it cannot be written.
        """
        self._path = path
        self._known: dict[str, RecordedCall] = {}
        try:
            if path.exists() and path.stat().st_size:
                _drop_torn_line(path)
                self._known = _continued(path, model)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._append(Header(makery_recording=VERSION, model=model))
        except OSError as error:
            raise _unwritable(path, error) from error

    def find(self, key: str, model: str, call: ModelCall, /) -> Outcome | None:
        """The outcome of an equal call that is in the file already."""
        known = self._known.get(key)
        return known.outcome() if known else None

    def keep(self, key: str, call: ModelCall, outcome: Outcome, /) -> None:
        """Append a call; it is on the disk when this returns."""
        if key in self._known:
            return
        failed = isinstance(outcome, ModelError)
        line = RecordedCall(
            digest=key,
            skill=call.purpose.skill,
            role=call.purpose.role,
            call=call.model_copy(update={"purpose": Purpose()}),
            completion=None if failed else outcome,
            failure=Failure.of(outcome) if failed else None,
        )
        try:
            self._append(line)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._known[key] = line

    def _append(self, line: Frozen) -> None:
        # One write of one whole line: a crash can leave a torn last line, never a torn middle.
        text = line.model_dump_json(exclude_defaults=True) + "\n"
        with self._path.open("ab") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())


class Replay:
    """A cassette that only reads, and refuses what it does not hold."""

    def __init__(self, path: Path) -> None:
        """Read the whole file.

        Raises:
            InputError: there is no such file, or it is not a recording; says which line.
        """
        self.path = path
        header, calls = _load(path)
        self.model = header.model
        """The name of the model that was recorded."""
        self._calls = {line.digest: line for line in calls}
        self._used: set[str] = set()

    def find(self, key: str, model: str, call: ModelCall, /) -> Outcome | None:
        """The recorded outcome of the call.

        Raises:
            UnrecordedCall: it is not in the recording; names the nearest one and what differs.
        """
        known = self._calls.get(key)
        if known is None:
            raise self._unrecorded(model, call)
        self._used.add(key)
        return known.outcome()

    def keep(self, key: str, call: ModelCall, outcome: Outcome, /) -> None:
        """Nothing: a replay is never written."""

    def unused(self) -> tuple[RecordedCall, ...]:
        """Recorded calls that nobody asked for yet."""
        return tuple(line for key, line in self._calls.items() if key not in self._used)

    def _unrecorded(self, model: str, call: ModelCall) -> UnrecordedCall:
        asked = f"{call.purpose.skill or 'a skill'} asked (template {call.prompt.template or '—'})"
        nearest = self._nearest(call)
        if nearest is None:
            detail = "The recording holds no calls."
        else:
            differs = _difference(nearest.call, call, self.model, model)
            named = f"template {nearest.call.prompt.template or '—'}, skill {nearest.skill or '—'}"
            detail = f"The nearest recorded call ({named}) differs in {differs}."
        return UnrecordedCall(
            f"{self.path} holds no call like the one {asked}. {detail}",
            remedy="Record again with --record, or use the inputs, settings and version of the recording.",
        )

    def _nearest(self, call: ModelCall) -> RecordedCall | None:
        same = [line for line in self._calls.values() if line.call.prompt.template == call.prompt.template]
        return max(same or self._calls.values(), key=lambda line: _likeness(line.call, call), default=None)


def _kind(error: ModelError) -> str:
    known = (MalformedOutput, Repetition, ContextOverflow)
    return next((kind.__name__ for kind in known if isinstance(error, kind)), "ModelError")


def _load(path: Path) -> tuple[Header, list[RecordedCall]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The recording {str(path)!r} cannot be read: {error}.",
            remedy="Give the file that --record wrote.",
        ) from error
    return _parsed(path, text)


def _parsed(path: Path, text: str) -> tuple[Header, list[RecordedCall]]:
    lines = [*_whole_lines(text)]
    number = 1
    try:
        header = Header.model_validate_json(lines[0] if lines else "")
        if header.makery_recording != VERSION:
            raise InputError(f"{path} has format {header.makery_recording}; this Makery reads {VERSION}.")
        calls = []
        for number, line in enumerate(lines[1:], 2):  # noqa: B007 - named in the error
            calls.append(RecordedCall.model_validate_json(line))
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]["msg"]
        raise InputError(
            f"Line {number} of {str(path)!r} is not one of a Makery recording: {detail}.",
            remedy="Give the file that --record wrote.",
        ) from error
    return header, calls


def _whole_lines(text: str) -> Iterator[str]:
    *lines, _torn = text.split("\n")
    return (line for line in lines if line)


def _drop_torn_line(path: Path) -> None:
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)


def _continued(path: Path, model: str) -> dict[str, RecordedCall]:
    header, calls = _load(path)
    if header.model != model:
        raise InputError(
            f"{path} records the model {header.model!r}, not {model!r}.",
            remedy="Give another file to --record.",
        )
    return {line.digest: line for line in calls}


def _unwritable(path: Path, error: OSError) -> StorageFailure:
    return StorageFailure(
        f"The recording {str(path)!r} cannot be written: {error.strerror or error}.",
        remedy="Free some space, or give another file to --record.",
    )


def _likeness(one: ModelCall, other: ModelCall) -> float:
    return SequenceMatcher(None, one.prompt.user[-4000:], other.prompt.user[-4000:]).quick_ratio()


def _difference(recorded: ModelCall, asked: ModelCall, recorded_model: str, model: str) -> str:
    found = [f"model ({recorded_model} → {model})"] if recorded_model != model else []
    for name in ("max_tokens", "temperature", "seed", "stop", "sample"):
        before, after = getattr(recorded, name), getattr(asked, name)
        if before != after:
            found.append(f"{name} ({before} → {after})")
    if recorded.output_schema != asked.output_schema:
        found.append("the output schema")
    found += [*_prompt_difference(recorded.prompt, asked.prompt)]
    same_text = digest(recorded_model, recorded) == digest(recorded_model, asked)
    return ", ".join(found) or ("nothing but its digest" if same_text else "its text")


def _prompt_difference(recorded: Prompt, asked: Prompt) -> Iterator[str]:
    for part in ("system", "user"):
        before, after = getattr(recorded, part).split("\n"), getattr(asked, part).split("\n")
        pairs = enumerate(zip(before, after, strict=False), 1)
        line, pair = next(
            ((n, p) for n, p in pairs if p[0] != p[1]), (min(len(before), len(after)) + 1, None)
        )
        if pair:
            yield f"line {line} of the {part} text ({_short(pair[0])} → {_short(pair[1])})"
        elif len(before) != len(after):
            yield f"the {part} text from line {line} on"


def _short(line: str) -> str:
    return json.dumps(line if len(line) <= 60 else line[:60] + "…", ensure_ascii=False)
