"""The third-party packages that a program needs: named by the model, confirmed by the index."""

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import Dependencies, Package, SourceCode
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load
from makery.skills.quoting import file_blocks


class Input(Frozen):
    requirement: str
    files: str


class ModuleForm(BaseModel):
    module: str = Field(max_length=40)
    why: str = Field(max_length=100)


class Form(BaseModel):
    modules: list[ModuleForm] = Field(max_length=6)


class AnalyzeDepLibs(Skill[Input, Dependencies]):
    """Requirement and program -> packages that exist and are what is meant, and what was refused."""

    name = "analyze_dep_libs"
    purpose = "find the third-party packages and check that they exist and are what is meant"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        program = artifacts.last(SourceCode)
        return Input(
            requirement=artifacts.requirement.text, files=file_blocks(program.files) if program else ""
        )

    async def run(self, given: Input, tools: Toolbox) -> Dependencies:
        form = await ask_document(tools, load(__file__), given, Form, Sampling(max_tokens=300))
        why = {item.module.split(".")[0]: item.why for item in form.modules}
        packages, refused = await tools.packages.resolve(sorted(why))
        explained = (
            Package(distribution=p.distribution, module=p.module, why=why.get(p.module, "")) for p in packages
        )
        return Dependencies(packages=tuple(explained), refused=tuple(refused))
