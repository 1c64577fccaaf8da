"""What the tests of single skills share: artifacts to work on and a way to run one skill."""

from typing import Any

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.completion import Completion, Purpose
from makery.kernel.documents import (
    Check,
    CheckResult,
    Finding,
    Requirement,
    SourceCode,
    SourceFile,
    Target,
    TestReport,
    TestSuite,
)
from makery.kernel.skill import Inputs
from makery.skills.registry import load_skills
from makery.testing import ScriptedModel, requirement_of, toolbox

TODO = "A to-do list. `add TEXT` prints its number. `list` prints every item."
CHINESE = "写一个待办程序。`add` 打印编号。`list` 打印所有条目。"
CLI = Target(language="python", kind="cli", entry=("todo.py",))
MODULE = Target(language="python", kind="module", entry=("stack.py",))
APP = Target(language="python", kind="app", entry=("main.py", "store.py"))


def todo(target: Target = CLI, text: str = TODO, seed: dict[str, str] | None = None) -> Requirement:
    """A requirement with clauses C1, C2, C3."""
    return requirement_of(text, target=target, seed=seed)


def code(*, candidate: int = 0, revision: int = 0, complete: bool = True, **files: str) -> SourceCode:
    """A program; `todo="x = 1"` is the file `todo.py`."""
    listed = tuple(SourceFile(path=f"{name}.py", content=text) for name, text in files.items())
    return SourceCode(candidate=candidate, revision=revision, files=listed, complete=complete)


def suite(*checks: str, clause: str = "C2", turn: int = 0) -> TestSuite:
    """Checks of one clause by id."""
    made = (
        Check(id=name, clauses=(clause,), code=f"def test_{n}(run):\n    assert run({name!r})\n")
        for n, name in enumerate(checks)
    )
    return TestSuite(checks=tuple(made), round=turn)


def report(
    *findings: Finding, candidate: int = 0, revision: int = 0, line: int = 0, **outcomes: str
) -> TestReport:
    """`C2_0="1 != 2"` is the check `C2.0` that failed at `line`; an empty message is a pass."""
    results = tuple(
        CheckResult(
            check=name.replace("_", "."),
            outcome="failed" if message else "passed",
            message=message,
            line=line if message else 0,
        )
        for name, message in outcomes.items()
    )
    return TestReport(candidate=candidate, revision=revision, findings=findings, results=results)


def script(skill: str, *answers: Any, **more: Any) -> ScriptedModel:
    """A model that knows the answers to one skill's calls."""
    return ScriptedModel({skill: answers}, **more)


async def perform(
    skill: str,
    *artifacts: Artifact,
    model: ScriptedModel | None = None,
    options: dict[str, str] | None = None,
    **tools: Any,
) -> Any:
    """The artifact that the skill makes of these, with the act's options; the script must be used up."""
    worker = load_skills()[skill]
    act = Act(role="somebody", skill=skill, options=tuple((options or {}).items()))
    box = toolbox(model, purpose=Purpose(skill=skill), **tools)
    made = await worker.run(worker.gather(act, Inputs(artifacts)), box)
    if model:
        model.assert_finished()
    assert isinstance(made, worker.produces())
    return made


def cut(text: str) -> Completion:
    """An answer that the cap on its length cut off."""
    return Completion(text=text, finish="length", model="scripted")
