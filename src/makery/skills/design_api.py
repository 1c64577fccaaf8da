"""The system design: files, typed interfaces, dependencies; data that a program can check."""

from typing import Annotated

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import ApiReview, FileNames, Interface, PlannedFile, SystemDesign
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load
from makery.skills.quoting import problem_list

Name = Annotated[str, Field(max_length=60)]


class Input(Frozen):
    requirement: str
    locale: str
    files: str
    problems: str


class InterfaceForm(BaseModel):
    name: Name
    signature: str = Field(max_length=120)
    purpose: str = Field(max_length=100)


class FileForm(BaseModel):
    path: Name
    purpose: str = Field(max_length=120)
    interfaces: list[InterfaceForm] = Field(max_length=10)
    depends_on: list[Name] = Field(max_length=6)


class Form(BaseModel):
    overview: str = Field(max_length=300)
    files: list[FileForm] = Field(min_length=1, max_length=8)
    packages: list[Name] = Field(max_length=3)


class DesignApi(Skill[Input, SystemDesign]):
    """Requirement and file names (and the review of a first draft) -> design."""

    name = "design_api"
    purpose = "design the files, their interfaces and dependencies"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        names = artifacts.last(FileNames)
        review = artifacts.last(ApiReview)
        return Input(
            requirement=requirement.text,
            locale=requirement.locale,
            files=", ".join(names.files if names else requirement.target.entry),
            problems=problem_list(review.problems) if review else "",
        )

    async def run(self, given: Input, tools: Toolbox) -> SystemDesign:
        form = await ask_document(tools, load(__file__), given, Form, Sampling(max_tokens=2000))
        names = given.files.split(", ")
        drawn = {file.path: file for file in form.files}
        files = tuple(_planned(path, drawn.get(path), names) for path in names)
        return SystemDesign(
            overview=form.overview,
            files=files,
            packages=tuple(form.packages),
            revision=1 if given.problems else 0,
        )


def _planned(path: str, form: FileForm | None, names: list[str]) -> PlannedFile:
    """The form's file with only those dependencies that exist; bare if the form left it out."""
    if form is None:
        return PlannedFile(path=path, purpose="")
    return PlannedFile(
        path=path,
        purpose=form.purpose,
        interfaces=tuple(Interface(**item.model_dump()) for item in form.interfaces),
        depends_on=tuple(name for name in dict.fromkeys(form.depends_on) if name in names and name != path),
    )
