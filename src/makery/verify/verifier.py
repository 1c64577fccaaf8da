"""The `Verifier` port: reads requirements, executes checks, and says what they showed."""

import asyncio
import re
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from makery.kernel.documents import (
    Behaviour,
    Check,
    CheckResult,
    Finding,
    MutationReport,
    Requirement,
    SourceCode,
    SourceFile,
    Target,
    TestReport,
)
from makery.kernel.ports import Languages, Mount, Mutant, Sandbox
from makery.verify import clauses
from makery.verify.batch import Outcome, Setting, Variant, run_batch
from makery.verify.examples import examples
from makery.verify.interfaces import interface_findings
from makery.verify.probes import answer, names_errors, probes

Recognise = Callable[[str, Mapping[str, str] | None], Target]
"""Which kind of program a text asks for, given the repository to change, if any."""

Keep = Callable[[str, bytes], str]
"""Stores a file of a report and gives its path below `.makery/`."""

PROGRAM, AGAIN, STUB = "program", "again", "stub"
OPENS = Check(id="opens", clauses=(), code="def test_opens(page):\n    page.wait_for_load_state()\n")
"""Opens a page and looks at nothing: for its picture and for errors of its scripts. It proves no clause."""

MUTANTS = 12
LANES = 2
"""Commands that run at the same time."""


class SandboxVerifier:
    """Runs everything in the sandbox it is given.

    `keep` stores screenshots; without it none are kept.
    """

    def __init__(
        self,
        languages: Languages,
        sandbox: Sandbox,
        recognise: Recognise,
        *,
        keep: Keep | None = None,
        most_mutants: int = MUTANTS,
    ) -> None:
        self._languages = languages
        self._sandbox = sandbox
        self._recognise = recognise
        self._keep = keep
        self._most_mutants = most_mutants

    def read_requirement(self, text: str, *, seed: Mapping[str, str] | None = None) -> Requirement:
        """Split a requirement into quoted clauses and recognise its target.

        Raises:
            InputError: it is empty, longer than 50,000 characters, or not text.
        """
        text = clauses.read(text)
        return Requirement(
            text=text,
            locale=clauses.locale(text),
            target=self._recognise(text, seed),
            clauses=clauses.split(text),
            seed=tuple(SourceFile(path=path, content=content) for path, content in (seed or {}).items()),
        )

    def examples(self, requirement: Requirement) -> tuple[Check, ...]:
        """Checks taken word for word from the requirement, and the repository's own test files."""
        return examples(requirement)

    async def examine(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> TestReport:
        """Static findings, each check on the program, and each passed one on a stub and once more.

        `mounts` are folders of installed third-party packages, the one to import from first.

        Raises:
            SandboxUnavailable: nothing can be executed here.
        """
        files = program.as_mapping()
        setting = _setting(requirement, mounts)
        findings, outcome = await asyncio.gather(
            self._findings(requirement, files), self._try_out(setting, files, checks)
        )
        results = outcome.of(PROGRAM, checks)
        findings = (*findings, *_script_errors(setting, outcome))
        passing = {result.check for result in results if result.outcome == "passed"}
        again = await self._once_more(setting, files, [c for c in checks if c.id in passing], outcome)
        return TestReport(
            candidate=program.candidate,
            revision=program.revision,
            findings=findings,
            results=results,
            proves_nothing=_passed_on_stub(outcome, passing),
            unstable=tuple(result.check for result in again if result.outcome != "passed"),
            exit_status=outcome.exit_status,
            seconds=round(outcome.seconds, 3),
            screenshots=self._screenshots(program, outcome),
        )

    async def _try_out(self, setting: Setting, files: Mapping[str, str], checks: Sequence[Check]) -> Outcome:
        """The program, then its stub and the program again, in one command."""
        stub = self._languages.of(setting.target).stub(files)
        variants = [Variant(PROGRAM, files, screen=True), Variant(STUB, stub, only_passed=True)]
        if setting.target.kind != "module":
            variants.append(Variant(AGAIN, files, only_passed=True, reverse=True, seed=1))
        opened = (OPENS,) if setting.target.kind == "web" else ()
        return await self._run(setting, variants, (*opened, *checks), "checks")

    async def _once_more(
        self, setting: Setting, files: Mapping[str, str], passing: Sequence[Check], outcome: Outcome
    ) -> tuple[CheckResult, ...]:
        """Results of the second run; a module needs a new command for it, to see other hashes."""
        if setting.target.kind == "module":
            variant = Variant(AGAIN, files, reverse=True, seed=1)
            outcome = await self._run(setting, [variant], passing, "again", hash_seed=1)
        return outcome.of(AGAIN, passing)

    async def observe(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> Behaviour:
        """What the program's functions give for inputs in and near those of the checks.

        An error is an answer where the requirement speaks of errors, and none where it does not.

        Raises:
            SandboxUnavailable: nothing can be executed here.
        """
        asked = probes(checks)
        variant = Variant(PROGRAM, program.as_mapping())
        outcome = await self._run(_setting(requirement, mounts), [variant], asked, "probes")
        errors = names_errors(requirement.text)
        values = ((r.check, answer(r, errors=errors)) for r in outcome.of(PROGRAM, asked))
        return Behaviour(candidate=program.candidate, revision=program.revision, values=tuple(values))

    async def challenge(
        self,
        requirement: Requirement,
        program: SourceCode,
        checks: Sequence[Check],
        *,
        mounts: Sequence[Mount] = (),
    ) -> MutationReport:
        """Run checks that pass on broken copies of the program and count what they catch.

        Raises:
            SandboxUnavailable: nothing can be executed here.
        """
        files = program.as_mapping()
        setting = _setting(requirement, mounts)
        mutants = self._languages.of(requirement.target).mutants(files, most=self._most_mutants)
        width = 1 if requirement.target.kind == "web" else LANES  # a second browser costs more than it saves
        lanes = [lane for start in range(width) if (lane := mutants[start::width])]
        outcomes = await asyncio.gather(
            *(self._run(setting, _lane(files, lane), checks, "mutant") for lane in lanes)
        )
        tried = {
            mutant.place: _is_caught(outcome.results[str(number)])
            for lane, outcome in zip(lanes, outcomes, strict=True)
            for number, mutant in enumerate(lane)
            if str(number) in outcome.results
        }
        return MutationReport(
            candidate=program.candidate,
            revision=program.revision,
            mutants=len(tried),
            caught=sum(tried.values()),
            survivors=tuple(mutant.place for mutant in mutants if tried.get(mutant.place) is False),
        )

    async def _findings(self, requirement: Requirement, files: Mapping[str, str]) -> tuple[Finding, ...]:
        found = await self._languages.of(requirement.target).findings(files, requirement.target)
        return (*found, *interface_findings(requirement, files))

    async def _run(
        self,
        setting: Setting,
        variants: Sequence[Variant],
        checks: Sequence[Check],
        purpose: str,
        *,
        hash_seed: int = 0,
    ) -> Outcome:
        if not checks:
            return Outcome(results={}, exit_status=0, seconds=0.0)
        return await run_batch(self._sandbox, setting, variants, checks, hash_seed=hash_seed, purpose=purpose)

    def _screenshots(self, program: SourceCode, outcome: Outcome) -> tuple[str, ...]:
        if self._keep is None or not outcome.screenshot:
            return ()
        return (self._keep(f"screenshots/{program.name}.png", outcome.screenshot),)


def _passed_on_stub(outcome: Outcome, passing: Collection[str]) -> tuple[str, ...]:
    passed = (result.check for result in outcome.results.get(STUB, ()) if result.outcome == "passed")
    return tuple(check for check in passed if check in passing)


def _script_errors(setting: Setting, outcome: Outcome) -> Iterable[Finding]:
    """What went wrong when a page was merely opened."""
    if setting.target.kind == "web":
        for result in outcome.of(PROGRAM, (OPENS,)):
            if result.outcome != "passed":
                message = f"opening the page fails: {result.message}"
                yield Finding(path=setting.entry, line=0, rule="script", message=message)


def _setting(requirement: Requirement, mounts: Sequence[Mount]) -> Setting:
    return Setting(requirement.target, _server_arguments(requirement), tuple(mounts))


def _lane(files: Mapping[str, str], mutants: Iterable[Mutant]) -> tuple[Variant, ...]:
    """The program first, to know which checks pass and how long they take, then its broken copies."""
    broken = (
        Variant(str(number), dict(mutant.files), only_passed=True, stop=True)
        for number, mutant in enumerate(mutants)
    )
    return (Variant(PROGRAM, files), *broken)


def _is_caught(results: Iterable[CheckResult]) -> bool:
    return any(result.outcome != "passed" for result in results)


def _server_arguments(requirement: Requirement) -> tuple[str, ...]:
    """How the requirement says that the service is started; `--port N` if it does not."""
    entry = requirement.target.entry[0] if requirement.target.entry else "server.py"
    match = re.search(rf"`python3? {re.escape(entry)} ([^`\n]+)`", requirement.text)
    words = shlex.split(match.group(1)) if match else []
    placed = tuple("{port}" if word in ("N", "PORT", "端口", "8000", "8080") else word for word in words)
    return placed if "{port}" in placed else ("--port", "{port}")
