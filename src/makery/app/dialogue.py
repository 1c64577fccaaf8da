"""A conversation as JSON Lines, for study: one turn a line."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from makery.kernel.artifact import Artifact
from makery.kernel.dialogue import Choice, Ending, Executed, Opinion, ToolResults, Utterance
from makery.kernel.message import Message


def dialogue_lines(messages: Iterable[Message]) -> str:
    """Every message of a conversation in order: who, which skill, what."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(messages))


def _lines(messages: Iterable[Message]) -> Iterator[dict[str, Any]]:
    for number, message in enumerate(messages):
        yield {"turn": number, "role": _who(message), "skill": message.skill, **_what(message.artifact)}


def _who(message: Message) -> str:
    return message.artifact.speaker if isinstance(message.artifact, Utterance) else message.sender


def _what(artifact: Artifact) -> dict[str, Any]:
    match artifact:
        case Utterance():
            calls = [{"tool": call.tool, "arguments": call.arguments} for call in artifact.calls]
            return {"text": artifact.text, **({"calls": calls} if calls else {})}
        case ToolResults():
            return {"results": [outcome.model_dump(exclude={"call"}) for outcome in artifact.outcomes]}
        case Executed() | Opinion() | Choice() | Ending():
            return artifact.model_dump(mode="json", exclude={"recorded", "speaker"})
        case _:
            return {"kind": artifact.kind(), "text": getattr(artifact, "text", "")}
