"""What the user gets beside the program: how to run it and what was proved."""

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Delivery, ProductRequirements, Requirement, SourceCode
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.verdict import Verdict
from makery.skills.program import program_of
from makery.skills.readme import command_of, shortened, title_of
from makery.skills.write_prd import MOST_TITLE

_WORDS = {
    "en": ("How to run it", "Files", "What was proved"),
    "zh": ("运行方法", "文件", "验证结果"),
}


class Input(Frozen):
    requirement: Requirement
    program: SourceCode
    verdict: Verdict
    title: str


class WriteDelivery(Skill[Input, Delivery]):
    """Requirement, program, verdict and PRD -> README and run instructions, put together without a model."""

    name = "write_delivery"
    purpose = "write the README of the delivery"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        prd = artifacts.last(ProductRequirements)
        return Input(
            requirement=requirement,
            program=program_of(requirement, artifacts.all(SourceCode)),
            verdict=artifacts.one(Verdict),
            title=shortened(prd.title, MOST_TITLE - 1) if prd else title_of(requirement.text),
        )

    async def run(self, given: Input, tools: Toolbox) -> Delivery:
        target = given.requirement.target
        language = tools.languages.of(target)
        plain = language.instructions(given.program.as_mapping(), target)
        how_to_run = command_of(given.requirement.text, target, plain)
        run, files, proved = _WORDS[given.requirement.locale]
        names = "\n".join(f"- `{file.path}`" for file in given.program.files)
        readme = (
            f"# {given.title}\n\n{_quote(given.requirement.text)}\n\n## {run}\n\n    {how_to_run}\n\n"
            f"## {files}\n\n{names}\n\n## {proved}\n\n{given.verdict}\n"
        )
        return Delivery(title=given.title, readme=readme, run=how_to_run)


def _quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())
