"""A run's entries as lines of the live view, and what one of them holds, opened."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from makery.app.documents import check_files, files_of
from makery.app.words import words_of
from makery.interfaces.gui.rendering import code, diff, difference, markdown, page
from makery.interfaces.gui.texts import Locale, texts_of
from makery.kernel.dialogue import Ending, Executed, Opinion, ToolResults, Utterance
from makery.kernel.documents import Delivery, Requirement, SourceCode, TestReport, TestSuite
from makery.kernel.events import ActFailed, CommandRun, Entry, MessagePublished, ModelRetried
from makery.kernel.message import Message
from makery.kernel.verdict import Verdict

_HEAD = 400
"""Characters of a message that its line shows."""

Data = Mapping[str, Any]


def line(entry: Entry, run: str, locale: Locale) -> Markup:
    """The list item that shows an entry; '' for entries that only move the picture."""
    t = texts_of(locale)
    event, seq, at = entry.event, entry.seq, entry.at
    known = {"seq": seq, "at": at, "run": run, "locale": locale, "t": t}
    match event:
        case MessagePublished():
            kind = event.message["artifact"]["kind"]
            return page("message", kind=kind, head=head(event.message), message=event.message, **known)
        case ActFailed():
            text = t["line_failed"].format(role=event.role, skill=event.skill, why=event.message)
            return page("line", text=text, tone="bad", **known)
        case ModelRetried():
            text = t["line_retried"].format(role=event.purpose.role, why=event.reason)
            return page("line", text=text, tone="warn", **known)
        case CommandRun():
            text = t["line_command"].format(purpose=event.purpose, status=event.exit_status, s=event.seconds)
            return page("line", text=text, tone="faint", **known)
        case _:
            return _other(event, known)


def _other(event: Any, known: dict[str, Any]) -> Markup:
    t = known["t"]
    match event.type:
        case "run_started":
            name = "line_resumed" if event.resumed else "line_started"
            return page("line", text=t[name].format(team=event.team, model=event.model), tone="mark", **known)
        case "run_forked":
            text = t["line_forked"].format(origin=event.origin, step=event.step)
            return page("line", text=text, tone="mark", **known)
        case "step_accepted":
            text = t["line_commit"].format(commit=event.commit[:8], summary=event.summary)
            return page("line", text=text, tone="faint", **known)
        case "answered":
            return page(
                "line", text=t["line_answered"].format(what=_decision(event.reply)), tone="mark", **known
            )
        case "run_ended":
            tone = "good" if event.exit_status == 0 else "warn"
            return page("line", text=t["line_ended"].format(message=event.message), tone=tone, **known)
        case _:
            return Markup("")


def _decision(reply: str) -> str:
    try:
        return str(json.loads(reply)["decision"])
    except (ValueError, KeyError, TypeError):
        return reply[:80]


def head(message: Data) -> str:
    """A message in a few words."""
    artifact = message["artifact"]
    tell = _HEADS.get(artifact["kind"], lambda data: str(data.get("title") or data.get("text") or ""))
    text = " ".join(tell(artifact["data"]).split())
    return text if len(text) <= _HEAD else f"{text[:_HEAD]}…"


def _report(data: Data) -> str:
    outcomes = [result["outcome"] for result in data["results"]]
    failed = len(outcomes) - outcomes.count("passed")
    return f"✓ {outcomes.count('passed')}  ✗ {failed}"


def _review(data: Data) -> str:
    problems = [f"{problem['where']}: {problem['what']}" for problem in data["problems"]]
    return "✓" if data["approved"] and not problems else f"✗ {'; '.join(problems)}"


_HEADS: Mapping[str, Callable[[Data], str]] = {
    "Requirement": lambda data: data["text"],
    "SourceCode": lambda data: ", ".join(file["path"] for file in data["files"]),
    "FileNames": lambda data: ", ".join(data["files"]),
    "SystemDesign": lambda data: data["overview"],
    "TaskPlan": lambda data: ", ".join(task["path"] for task in data["tasks"]),
    "TestSuite": lambda data: ", ".join(check["id"] for check in data["checks"]),
    "TestReport": _report,
    "MutationReport": lambda data: f"{data['caught']} / {data['mutants']}",
    "Verdict": lambda data: data["status"],
    "Utterance": lambda data: f"{data['speaker']}: {data['text']}",
    "Opinion": lambda data: f"{data['speaker']}: {data['answer']}",
    "Agenda": lambda data: " · ".join(f"☐ {task}" for task in data["tasks"]),
    "Executed": lambda data: data["output"],
    "ToolResults": lambda data: "; ".join(outcome["text"] for outcome in data["outcomes"]),
    "Choice": lambda data: f"{data['choice']} {data.get('reason', '')}",
    "PrdReview": _review,
    "ApiReview": _review,
    "CodeReview": _review,
    "Gates": lambda data: ", ".join(data["asked"]),
    "GateAnswer": lambda data: f"{data['gate']}: {data['decision']} {data.get('note', '')}",
    "Ruling": lambda data: f"{data['check']}: {data.get('reason', '')}",
}


# --------------------------------------------------------------------------- opened


def opened(entries: Sequence[Entry], seq: int, locale: Locale) -> Markup:
    """What the message with that number holds; '' if there is none."""
    messages = [(entry.seq, entry.event) for entry in entries if isinstance(entry.event, MessagePublished)]
    wanted = next((event for number, event in messages if number == seq), None)
    if wanted is None:
        return Markup("")
    message = Message.model_validate(wanted.message)
    earlier = [event.message for number, event in messages if number < seq]
    return body(message, earlier, locale)


def body(message: Message, earlier: Sequence[Data], locale: Locale) -> Markup:
    """An artifact in full; a program also as its difference from the one before."""
    t, artifact = texts_of(locale), message.artifact
    match artifact:
        case SourceCode():
            return _program(artifact, _before(artifact, earlier), locale)
        case TestSuite():
            return page(
                "files", files=_coloured(check_files(artifact.checks)), changed="", note=artifact.plan, t=t
            )
        case TestReport():
            return page("report", report=artifact, t=t)
        case Verdict():
            return page("verdict", verdict=artifact, reports=(), t=t)
        case Requirement():
            return markdown(artifact.text)
        case Delivery():
            return markdown(artifact.readme)
        case Utterance() | Opinion() | Ending() | Executed() | ToolResults():
            return _said(artifact)
        case _:
            found = files_of(artifact, words_of(locale))
            texts = [markdown(text) for text in found.values()]
            return Markup("").join(texts) if texts else _fields(artifact.model_dump(mode="json"))


def _said(artifact: Utterance | Opinion | Ending | Executed | ToolResults) -> Markup:
    match artifact:
        case Utterance():
            calls = "\n".join(f"{call.tool} {call.arguments}" for call in artifact.calls)
            return markdown(artifact.text) + (code(calls, "calls.txt") if calls else Markup(""))
        case Opinion():
            return markdown(f"{artifact.reasoning}\n\n**{artifact.answer}**")
        case Ending():
            return markdown(artifact.text)
        case Executed():
            return code(artifact.output, "output.txt")
        case ToolResults():
            return Markup("").join(code(outcome.text, "output.txt") for outcome in artifact.outcomes)


def _program(program: SourceCode, before: SourceCode | None, locale: Locale) -> Markup:
    files = program.as_mapping()
    old = before.as_mapping() if before else {}
    if before is not None and not program.complete:
        old = {path: text for path, text in old.items() if path in files}
    changed = diff(difference(old, files)) if before else ""
    return page("files", files=_coloured(files), changed=changed, note=program.note, t=texts_of(locale))


def _before(program: SourceCode, earlier: Sequence[Data]) -> SourceCode | None:
    """The newest earlier program, of the same candidate if there is one."""
    found = [m["artifact"]["data"] for m in earlier if m["artifact"]["kind"] == "SourceCode"]
    same = [data for data in found if data["candidate"] == program.candidate]
    return SourceCode.model_validate((same or found)[-1]) if found else None


def _coloured(files: Mapping[str, str]) -> list[tuple[str, Markup]]:
    return [(path, code(text, path)) for path, text in files.items()]


def _fields(data: Data) -> Markup:
    return code(json.dumps(data, ensure_ascii=False, indent=2), "artifact.json")
