"""A small world for protocols: programs say of themselves what they get right, so nothing is executed.

The line `ok:C2` in a program makes the checks of clause C2 pass, `lost:C2` makes them fail again; checks that
the world calls deep need `deep:C2` as well; `broken` does not parse; `import NAME` is a finding until the
package is declared. Models answer as functions of the
call, so that the order in which acts end changes no answer.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from makery.durable.inline import InlineEngine
from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.completion import ModelCall, Purpose
from makery.kernel.documents import (
    Check,
    CheckResult,
    Finding,
    Requirement,
    Ruling,
    SourceCode,
    Target,
    TestReport,
    TestSuite,
)
from makery.kernel.message import USER, Message
from makery.kernel.pool import Pool
from makery.kernel.scheduler import Scheduler, message_id
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.team import Team
from makery.kernel.verdict import Verdict
from makery.teams.software_company import Mode, team
from makery.testing import FakePackageIndex, FakeVerifier, ListSink, ScriptedModel, requirement_of, toolbox

CLI = Target(language="python", kind="cli", entry=("todo.py",))
APP = Target(language="python", kind="app", entry=("main.py", "store.py", "text.py"))
TEXT = "Adds an item. Lists all items. Fails without one."
ALL = ("C1", "C2", "C3")
MANY = 400
"""Answers that a script holds: more than any run may ask for."""

Answering = Callable[[ModelCall], str]


def requirement(target: Target = CLI, seed: dict[str, str] | None = None, text: str = TEXT) -> Requirement:
    return requirement_of(text, target=target, seed=seed)


def keeping(*clauses: str, extra: str = "") -> str:
    """A program that gets these clauses right."""
    return "\n".join([*(f"# ok:{clause}" for clause in clauses), extra]).strip()


def block(text: str, path: str = "") -> str:
    return f"{path}\n```python\n{text}\n```"


def always(text: str) -> Answering:
    return lambda call: text


def by_sample(*texts: str) -> Answering:
    """The nth text to the nth sample (candidate or attempt), the last to all later ones."""
    return lambda call: texts[min(call.sample, len(texts) - 1)]


ONE_SCENARIO = json.dumps({"scenarios": [{"steps": [{"args": ["x"], "stdout": ["y"], "exit_code": 0}]}]})
ONE_SUITE = block("\n".join(f"def test_c{n}_x(run):\n    assert run('x').code == 0\n" for n in (1, 2, 3)))
PRD = json.dumps(
    {
        "title": "To-do",
        "goals": ["g"],
        "stories": [{"text": "s", "clauses": list(ALL)}],
        "assumptions": [],
        "out_of_scope": [],
    }
)
DESIGN = json.dumps(
    {
        "overview": "o",
        "files": [
            {"path": "main.py", "purpose": "p", "interfaces": [], "depends_on": ["store.py", "text.py"]},
            {"path": "store.py", "purpose": "p", "interfaces": [], "depends_on": []},
            {"path": "text.py", "purpose": "p", "interfaces": [], "depends_on": []},
        ],
        "packages": [],
    }
)
PLANNERS = {
    "write_prd": PRD,
    "write_prd_review": '{"problems": []}',
    "design_filenames": '{"files": ["main.py"]}',
    "design_api": DESIGN,
    "design_api_review": '{"problems": []}',
    "project_management": '{"tasks": [{"path": "main.py", "goal": "g"}]}',
    "write_code_review": '{"problems": []}',
}


class Disputed(Frozen):
    check: str
    clause: str


class Arbiter(Skill[Disputed, Ruling]):
    """Rules without a model that the checks of these clauses are wrong."""

    name = "arbitrate_check"
    purpose = "decide as the test says"

    def __init__(self, *wrong: str) -> None:
        self._wrong = wrong

    def gather(self, act: Act, artifacts: Inputs) -> Disputed:
        check = act.option("check")
        assert check in {failed.check for failed in artifacts.one(TestReport).failed}
        (found,) = (c for suite in artifacts.all(TestSuite) for c in suite.checks if c.id == check)
        return Disputed(check=check, clause=found.clauses[0])

    async def run(self, given: Disputed, tools: Toolbox) -> Ruling:
        upheld = given.clause not in self._wrong
        return Ruling(check=given.check, upheld=upheld, votes_for=3 * upheld, votes_against=3 * (not upheld))


def asked_path(call: ModelCall) -> str:
    found = re.search(r"^Write (\S+), complete", call.prompt.user, re.M)
    return found[1] if found else ""


@dataclass
class World:
    """Everything outside the protocol. `answers` are functions of the call by skill."""

    answers: dict[str, Answering] = field(default_factory=dict)
    mode: Mode = "duo"
    given: Requirement = field(default_factory=requirement)
    candidates: int = 1
    one_suite: bool = False
    proves_nothing: frozenset[str] = frozenset()
    deep: frozenset[str] = frozenset()
    examples: tuple[Check, ...] = ()
    known: dict[str, str] = field(default_factory=dict)
    caught: int = 4
    observed: bool = True
    wrong: tuple[str, ...] = ()
    """Clauses whose checks arbitration finds to be wrong."""

    def __post_init__(self) -> None:
        planners = {skill: always(text) for skill, text in PLANNERS.items()}
        answers = {
            "write_test": always(ONE_SCENARIO),
            "write_test_suite": always(ONE_SUITE),
            **planners,
            **self.answers,
        }
        script = {skill: [answer] * MANY for skill, answer in answers.items()}
        self.model = ScriptedModel(script, candidates=self.candidates)
        self.verifier = FakeVerifier(
            self._examine, examples=self.examples, caught=self.caught, observed=self.observed
        )
        self.packages = FakePackageIndex(self.known)
        self.tools = toolbox(self.model, verifier=self.verifier, packages=self.packages)
        company = team(self.mode, candidates=self.candidates, one_suite=self.one_suite)
        self.team: Team = replace(company, skills={**company.skills, "arbitrate_check": Arbiter(*self.wrong)})
        self.sink = ListSink()
        self._performed: dict[str, Message] = {}

    def pool(self, messages: Sequence[Message] = ()) -> Pool:
        """A pool that begins with the requirement."""
        start = Message(id="start", sender=USER, artifact=self.given)
        return Pool((start, *messages))

    async def run(self, pool: Pool | None = None) -> Pool:
        """The pool of a whole run by the scheduler."""
        pool = pool or self.pool()
        await Scheduler(self.team, pool, self.tools, InlineEngine(), self.sink, run="r").run()
        return pool

    def stepped(self, choose: Callable[[int], int], pool: Pool | None = None, most: int = 200) -> Pool:
        """The pool of a whole run in which `choose(n)` says which of n acts under way ends next."""
        pool = pool or self.pool()
        underway: dict[str, Act] = {}
        while not self.team.protocol.finished(pool):
            for act in self.team.protocol.next_acts(pool):
                if message_id(act) not in pool:
                    underway[act.id] = act
            assert underway, "the team is stuck"
            assert len(pool) < most, "the team goes round in circles"
            act = underway.pop(sorted(underway)[choose(len(underway))])
            pool.publish(self.performed(act, pool))
        return pool

    def performed(self, act: Act, pool: Pool) -> Message:
        """What the act makes; an act is performed once in a world, as a durable engine does."""
        if act.id not in self._performed:
            skill = self.team.skills[act.skill]
            self.team.role(act.role).require(act.skill)
            given = skill.gather(act, Inputs(pool[key].artifact for key in act.inputs))
            role = self.team.role(act.role)
            tools = replace(self.tools, role=role, purpose=Purpose(role=act.role, skill=act.skill))
            artifact = asyncio.run(skill.run(given, tools))
            self._performed[act.id] = Message(
                id=message_id(act), sender=act.role, skill=act.skill, artifact=artifact, causes=act.inputs
            )
        return self._performed[act.id]

    @property
    def asked(self) -> Counter[str]:
        """How often each skill called the model."""
        return Counter(call.purpose.skill for call in self.model.calls)

    def _examine(self, given: Requirement, program: SourceCode, checks: Sequence[Check]) -> TestReport:
        text = "\n".join(program.as_mapping().values())
        marks = dict.fromkeys(re.findall(r"(?:ok|lost):C\d", text), True)
        right = {mark.split(":")[1] for mark in marks if mark.startswith("ok")}
        right -= {mark.split(":")[1] for mark in marks if mark.startswith("lost")}
        findings = _findings(program, text)
        deep = set(re.findall(r"deep:(C\d)", text))
        passes = [
            not findings
            and right.issuperset(check.clauses)
            and (check.id not in self.deep or deep.issuperset(check.clauses))
            for check in checks
        ]
        results = tuple(
            CheckResult(
                check=check.id, outcome="passed" if good else "failed", message="" if good else "0 != 1"
            )
            for check, good in zip(checks, passes, strict=True)
        )
        return TestReport(
            candidate=program.candidate,
            revision=program.revision,
            findings=findings,
            results=results,
            proves_nothing=tuple(sorted(self.proves_nothing & {check.id for check in checks})),
        )


def _findings(program: SourceCode, text: str) -> tuple[Finding, ...]:
    declared = program.as_mapping().get("requirements.txt", "")
    missing = [name for name in re.findall(r"^import (\w+)", text, re.M) if name not in declared]
    found = [("import", f"no module {name}") for name in missing]
    found += [("syntax", "it is broken")] * ("broken" in text)
    return tuple(Finding(path="todo.py", line=1, rule=rule, message=message) for rule, message in found)


def verdict(pool: Pool) -> Verdict:
    found = pool.latest(Verdict)
    assert found is not None
    return found


def skills_of(acts: Sequence[Act]) -> Counter[str]:
    return Counter(act.skill for act in acts)


def made_by(pool: Pool, skill: str) -> list[Message]:
    return [message for message in pool if message.skill == skill]
