"""Runs a piece of an agent's code in the sandbox, with its tools as functions and everything before it.

The sandbox reaches nothing outside. So when the code calls a tool, it is stopped, the tool is used out here
(with all permissions and bounds), and the code is run again with the result at hand, as durable workflows
are replayed. State is rebuilt in the same way: earlier pieces are run again with their recorded results,
silently. So nothing has to be kept alive between pieces, and a killed process loses nothing.
"""

import ast
import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Executed, Utterance
from makery.kernel.ports import Command, CommandResult
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.tool import ToolCall, ToolOutcome, ToolSpec
from makery.skills.society.run_blocks import LIMITS, keep_files, runnable, shown

MOST_CALLS = 40
"""Tool calls of one piece."""
_RUNNER = Path(__file__).with_name("action_runner.txt")
_REPORT = ".makery_report.json"


class Piece(Frozen):
    """Code that was run, and the tool results that it got."""

    code: str
    recorded: tuple[ToolOutcome, ...] = ()


class Wanted(Frozen):
    """A tool call at which the code was stopped."""

    tool: str
    arguments: dict[str, Any]


class Report(Frozen):
    """What the runner says. The code could forge it, and would gain a tool call that it may make anyway."""

    wants: Wanted | None = None
    answer: str | None = None

    @staticmethod
    def read(content: bytes) -> "Report":
        """The report in a file, an empty one if it is none."""
        try:
            return Report.model_validate_json(content)
        except ValidationError:
            return Report()


class Input(Frozen):
    earlier: tuple[Piece, ...]
    code: str
    files: tuple[tuple[str, str], ...] = Field(default=(), exclude=True)


class RunAction(Skill[Input, Executed]):
    """All code so far -> what the last piece printed, or its answer."""

    name = "run_action"
    purpose = "run an agent's code in the sandbox, with tools as functions"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        earlier: list[Piece] = []
        code = ""
        for artifact in artifacts:
            if isinstance(artifact, Utterance) and artifact.speaker == act.role:
                code = code_of(artifact.text)
            elif isinstance(artifact, Executed) and not artifact.failed:
                earlier.append(Piece(code=code, recorded=artifact.recorded))
        return Input(earlier=tuple(earlier), code=code)

    async def run(self, given: Input, tools: Toolbox) -> Executed:
        if not given.code:
            return Executed(output="There was no ```python block to run.", failed=True)
        names = tools.role.tools if tools.role else ()
        specs = tools.toolset.offered(names)
        if taken := rebound(given.code, {spec.name for spec in specs} | {"final_answer"}):
            return Executed(output=taken, failed=True)
        recorded: list[ToolOutcome] = []
        while True:
            pieces = (*given.earlier, Piece(code=given.code, recorded=tuple(recorded)))
            ended, report = await _run(pieces, specs, tools)
            wanted = report.wants
            if wanted is None or len(recorded) >= MOST_CALLS:
                break
            call = ToolCall(id=f"c{len(recorded) + 1}", tool=wanted.tool, arguments=wanted.arguments)
            recorded.append(await tools.toolset.call(call, names, purpose=tools.purpose))
        return _executed(ended, report, tuple(recorded))


def code_of(text: str) -> str:
    """The Python of a turn: all its blocks."""
    return "\n".join(code for language, code in runnable(text) if language in ("python", "py"))


def rebound(code: str, names: set[str]) -> str:
    """What is wrong with code that gives a tool's name to something else; '' if it does not.

    A small model would rather invent a tool's data than call it. As in smolagents, that is an error.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return ""  # running it says where
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                if name in names:
                    return (
                        f"line {node.lineno}: {name} is a function that is there already. "
                        "Call it; give what you make another name."
                    )
            case _:
                pass
    return ""


async def _run(
    pieces: tuple[Piece, ...], specs: tuple[ToolSpec, ...], tools: Toolbox
) -> tuple[CommandResult, Report]:
    job = {
        "pieces": [piece.model_dump(mode="json") for piece in pieces],
        "tools": {spec.name: list(spec.parameters.get("properties", {})) for spec in specs},
        "report": _REPORT,
    }
    before = tools.workspace.files()
    command = Command(
        argv=("python3", "-c", _RUNNER.read_text(encoding="utf-8")),
        files=tuple(before.items()),
        stdin=json.dumps(job),
        limits=LIMITS,
        collect=("*", "**/*"),
        purpose="action",
    )
    ended = await tools.sandbox.run(command)
    files = dict(ended.collected)
    report = Report.read(files.pop(_REPORT, b""))
    if report.wants is None:
        keep_files(ended.model_copy(update={"collected": tuple(files.items())}), before, tools)
    return ended, report


def _executed(ended: CommandResult, report: Report, recorded: tuple[ToolOutcome, ...]) -> Executed:
    if report.wants is not None:
        output = f"More than {MOST_CALLS} tool calls in one piece of code. Do it in smaller pieces."
        return Executed(output=output, failed=True, recorded=recorded)
    output = shown(ended)
    failed = ended.exit_status != 0
    if not output and report.answer is None:
        output = "It ran and printed nothing. Use print, or final_answer."
    return Executed(output=output, failed=failed, answer=report.answer, recorded=recorded)
