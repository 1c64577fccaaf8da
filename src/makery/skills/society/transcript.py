"""A conversation as prompts show it."""

import json
from collections.abc import Iterable, Iterator

from makery.kernel.artifact import Artifact
from makery.kernel.dialogue import Ending, Executed, Opinion, ToolResults, Utterance
from makery.kernel.tool import ToolCall

MOST_CHARACTERS = 9000
"""Of the newest turns: what fits a small model's context beside everything else."""


def transcript(artifacts: Iterable[Artifact], *, most: int = MOST_CHARACTERS) -> str:
    """The turns in order; if they are too long, the oldest are left out, and that is said.

    A Chinese character counts as three: it takes about as many tokens. Of a single turn that is longer than
    all that fits, the middle is left out.
    """
    turns = [turn for artifact in artifacts if (turn := "\n".join(_lines(artifact)))]
    kept: list[str] = []
    room = most
    for turn in reversed(turns):
        room -= _weight(turn) + 1
        if room < 0 and kept:
            break
        kept.append(turn if room >= 0 else _shortened(turn, most))
    left_out = len(turns) - len(kept)
    head = [f"[{left_out} earlier turns left out]"] if left_out else []
    return "\n".join([*head, *reversed(kept)])


def deeds(artifacts: Iterable[Artifact]) -> str:
    """What was done and what came of it, as `transcript`, without the words before a tool was used.

    A small model that reads its own thought goes on to think it again, and does the same once more.
    """
    return transcript(_without_thought(artifact) for artifact in artifacts)


def _without_thought(artifact: Artifact) -> Artifact:
    if isinstance(artifact, Utterance) and artifact.calls:
        return artifact.model_copy(update={"text": ""})
    return artifact


def _weight(text: str) -> int:
    return len(text) + 2 * sum(character >= "\u2e80" for character in text)


def _shortened(turn: str, most: int) -> str:
    part = most * len(turn) // (2 * _weight(turn))
    return f"{turn[:part]}\n[{len(turn) - 2 * part} characters left out]\n{turn[-part:]}"


def _lines(artifact: Artifact) -> Iterator[str]:
    match artifact:
        case Utterance():
            if artifact.text.strip():
                yield f"{artifact.speaker}: {artifact.text.strip()}"
            yield from (f"{artifact.speaker} calls {_shown(call)}" for call in artifact.calls)
        case ToolResults():
            for outcome in artifact.outcomes:
                verb = "failed" if outcome.failed else "gave"
                yield f"{outcome.tool} {verb}: {outcome.text}"
        case Executed():
            yield f"{'The code failed' if artifact.failed else 'Output'}: {artifact.output.strip()}"
        case Opinion():
            yield f"{artifact.speaker}: {artifact.reasoning} Answer: {artifact.answer}"
        case Ending():
            yield artifact.text
        case _:
            return


def _shown(call: ToolCall) -> str:
    arguments = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call.arguments.items())
    return f"{call.tool}({', '.join(arguments)})"
