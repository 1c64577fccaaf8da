"""The files that a program will consist of."""

import re
from typing import Annotated

from pydantic import BaseModel, Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.documents import FileNames
from makery.kernel.paths import path_problem
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, ask_document, load

_SOURCE = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*\.(py|html|css|js|json|sql|toml)")


class Input(Frozen):
    requirement: str
    entry: str


class Form(BaseModel):
    files: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=8)


class DesignFilenames(Skill[Input, FileNames]):
    """Requirement -> file names, the entry file first. Names that are no source file are left out."""

    name = "design_filenames"
    purpose = "name the files of the program"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        return Input(requirement=requirement.text, entry=", ".join(requirement.target.entry))

    async def run(self, given: Input, tools: Toolbox) -> FileNames:
        form = await ask_document(tools, load(__file__), given, Form, Sampling(max_tokens=200))
        entry = given.entry.split(", ")
        proposed = [name.removeprefix("./") for name in form.files]
        usable = (name for name in proposed if _SOURCE.fullmatch(name) and not path_problem(name))
        return FileNames(files=tuple(dict.fromkeys([*entry, *usable])))
