"""A conversation as it is held, turn by turn, on standard error."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TextIO

from makery.interfaces.cli.pictures import Graphics, shown_picture
from makery.interfaces.cli.text import printable
from makery.interfaces.cli.view import always_shown
from makery.kernel.events import ActFailed, Event, MessagePublished, ModelRetried, RunStarted, TextStreamed

_LONGEST = 1500
"""Characters of a tool's result that are shown."""


class ConversationView:
    """Writes who says, uses and runs what."""

    def __init__(self, out: TextIO, *, graphics: Graphics = "") -> None:
        self._out = out
        self._graphics: Graphics = graphics
        self._folder = Path()
        self._streaming = False

    def shown(self) -> AbstractContextManager[None]:
        """Lines need no screen."""
        return always_shown()

    def __call__(self, event: Event, /) -> None:
        """Write the event's lines, if it has some."""
        match event:
            case RunStarted():
                self._folder = Path(event.out)
                self._write(f"[{event.team}, {event.model}, run {event.run}]")
            case MessagePublished() if event.act:
                self._write(_shown(event.message, streamed=self._streaming))
                self._show_pictures(event.message)
            case TextStreamed() if event.purpose.skill == "run_cell":
                self._stream(event.text)
            case ActFailed():
                self._write(f"[{event.role} failed at {event.skill}: {event.message}]")
            case ModelRetried():
                self._write(f"[asked again: {event.reason}]")
            case _:
                pass

    def _stream(self, text: str) -> None:
        """The output of code as it comes."""
        self._streaming = True
        self._out.write(printable(text))
        self._out.flush()

    def _show_pictures(self, message: dict[str, Any]) -> None:
        self._streaming = False
        for path in message["artifact"]["data"].get("pictures", ()):
            self._out.write(f"{shown_picture(self._folder / path, self._graphics)}\n")

    def _write(self, text: str) -> None:
        if text:
            self._out.write(f"{printable(text)}\n")
            self._out.flush()


def _shown(message: dict[str, Any], *, streamed: bool = False) -> str:
    kind, data = message["artifact"]["kind"], message["artifact"]["data"]
    match kind:
        case "Utterance" if message["skill"] == "ask_human":
            return ""  # whoever typed it has seen it
        case "Utterance":
            calls = [f"  → {call['tool']} {call['arguments']}" for call in data["calls"]]
            return "\n".join([f"{data['speaker']}: {data['text']}", *calls])
        case "ToolResults":
            return "\n".join(f"  ← {_head(outcome['text'])}" for outcome in data["outcomes"])
        case "Executed" if streamed:
            return "  ← failed" if data["failed"] else ""
        case "Executed":
            return f"  ← {'failed: ' if data['failed'] else ''}{_head(data['output'])}"
        case "Opinion":
            return f"{data['speaker']}: {data['reasoning']} ⇒ {data['answer']}"
        case "Choice":
            return f"  [{data['choice']}: {data['reason']}]"
        case "Agenda":
            return "\n".join(f"  ☐ {task}" for task in data["tasks"])
        case "Ending":
            return f"[{data['outcome']}: {data['reason']}]"
        case _:
            return f"[{message['sender']}: {kind}]"


def _head(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} […]"
