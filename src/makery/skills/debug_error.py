"""A repair from one exact failure."""

from collections.abc import Iterable

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import (
    Check,
    CodeReview,
    Requirement,
    SourceCode,
    SourceFile,
    Target,
    TestReport,
)
from makery.kernel.errors import MalformedOutput
from makery.kernel.ports import Language
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_text, code_blocks, load
from makery.skills.program import program_of
from makery.skills.quoting import file_blocks, problem_list
from makery.skills.run_code import valid_checks
from makery.skills.steps import steps_until
from makery.skills.write_code import MOST_TOKENS, read_files


class Input(Frozen):
    requirement: str
    code: str
    failure: str
    problems: str
    rewrite: bool
    names: str
    tries: int = Field(exclude=True)
    """How often this failure was tried, this time included."""
    seed: int = Field(exclude=True)
    target: Target = Field(exclude=True)
    program: SourceCode = Field(exclude=True)
    revision: int = Field(exclude=True)
    wanted: str = Field(exclude=True)
    """The check to mend for; '' for the static findings."""
    document: Requirement = Field(exclude=True)
    checks: tuple[Check, ...] = Field(exclude=True)
    report: TestReport = Field(exclude=True)


class DebugError(Skill[Input, SourceCode]):
    """Requirement, program, suites, report and review -> the program's next revision."""

    name = "debug_error"
    purpose = "repair the program from one exact failure"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        program = program_of(requirement, artifacts.all(SourceCode))
        report = artifacts.one(TestReport)
        review = artifacts.last(CodeReview)
        broken = any(finding.rule == "syntax" for finding in report.findings)
        return Input(
            requirement=requirement.text,
            code=file_blocks(program.files),
            failure="",
            problems=problem_list(review.problems) if review else "",
            rewrite=broken or act.option("way") == "rewrite",
            names=", ".join(file.path for file in program.files),
            tries=int(act.option("tries", "1")),
            seed=int(act.option("attempt", "0")),
            target=requirement.target,
            program=program,
            revision=int(act.option("revision", str(program.revision + 1))),
            wanted=act.option("check"),
            document=requirement,
            checks=valid_checks(artifacts),
            report=report,
        )

    async def run(self, given: Input, tools: Toolbox) -> SourceCode:
        how = Sampling(
            MOST_TOKENS if given.rewrite else 1200,
            temperature=min(0.4 * (given.tries - 1), 0.8),
            seed=given.seed,
            sample=given.seed,
        )
        checks = (*tools.verifier.examples(given.document), *given.checks)
        asked = given.model_copy(update={"failure": _failure(given, checks)})
        completion = await ask_text(tools, load(__file__), asked, how)
        files, note = _repaired(given, completion.text, tools)
        return given.program.replace(
            revision=given.revision,
            files=tuple(SourceFile(path=path, content=text) for path, text in sorted(files.items())),
            note=note,
        )


def _repaired(given: Input, text: str, tools: Toolbox) -> tuple[dict[str, str], str]:
    """The files after the repair, and why it changed nothing if the answer was unusable."""
    language = tools.languages.of(given.target)
    before = given.program.as_mapping()
    try:
        files = (
            {**before, **read_files(text, list(given.target.entry), only=False, known=tuple(before))}
            if given.rewrite
            else _patched(before, text, language)
        )
    except MalformedOutput as error:
        # An unusable repair is a repair that changes nothing: the protocol sees that and goes another way.
        return before, error.message
    repaired = language.mend(files)
    return repaired, "" if repaired != before else "The answer changes nothing."


def _patched(files: dict[str, str], text: str, language: Language) -> dict[str, str]:
    """The files with the answer's definitions. A block that fits nowhere, as an example call, is left out.

    Raises:
        MalformedOutput: no block fits.
    """
    refused: list[MalformedOutput] = []
    blocks = code_blocks(text)
    for block in blocks:
        try:
            files = language.merge(files, block.code)
        except MalformedOutput as error:
            refused.append(error)
    if blocks and len(refused) == len(blocks):
        raise refused[0]
    return files


def _failure(given: Input, checks: Iterable[Check]) -> str:
    """The failing check, its clause and its outcome, or the static findings."""
    result = next((r for r in given.report.failed if r.check == given.wanted), None)
    if result is None:
        return "\n".join(f"{f.path}:{f.line}: {f.message}" for f in given.report.findings if f.fatal)
    check = next((check for check in checks if check.id == result.check), None)
    if check is None:
        return result.message
    quotes = " ".join(clause.text for clause in given.document.clauses if clause.id in check.clauses)
    steps = steps_until(check.code, result.line)
    return f"<sentence>{quotes}</sentence>\nAfter these steps:\n{steps}\nthis went wrong:\n{result.message}"
