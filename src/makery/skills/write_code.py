"""A program, or one file of it, written from the requirement."""

import re
from collections.abc import Iterator, Sequence

from pydantic import Field

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.completion import Completion
from makery.kernel.documents import SourceCode, SourceFile, SystemDesign, Target, Task, TaskPlan
from makery.kernel.errors import MalformedOutput
from makery.kernel.paths import path_problem
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import CodeBlock, Sampling, ask_text, code_blocks, load
from makery.skills.quoting import file_blocks, interface_list

MOST_TOKENS = 4000
"""Cap of one answer; a file of some 400 lines."""

ATTEMPTS = 2
"""An answer without any code is asked for once more, warmer."""

Approach = str
APPROACHES: tuple[tuple[Approach, float], ...] = (
    ("direct", 0.0),
    ("plan", 0.3),
    ("direct", 0.7),
    ("plan", 0.8),
)
"""How candidate 0, 1, … is asked for: prompt variant and temperature. Those after them take turns, warm."""
FOR_MODULES: tuple[tuple[Approach, float], ...] = (
    ("direct", 0.0),
    ("direct", 0.6),
    ("direct", 0.8),
    ("plan", 0.6),
)
"""A list of rules is three times as long as a short function: for its price two more are written."""
LATER = 0.9


class Input(Frozen):
    requirement: str
    guide: str
    design: str
    existing_title: str
    existing: str
    goal: str
    paths: str
    approach: Approach
    temperature: float = Field(exclude=True)
    known: tuple[str, ...] = Field(exclude=True)
    """Paths of files that exist already."""
    target: Target = Field(exclude=True)
    candidate: int = Field(exclude=True)
    whole: bool = Field(exclude=True)
    """Whether all files of the program are asked for."""


class WriteCode(Skill[Input, SourceCode]):
    """Requirement, design, plan and files it builds on -> source files."""

    name = "write_code"
    purpose = "write the program, or one file of it"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        requirement = artifacts.requirement
        design = artifacts.last(SystemDesign)
        path = act.option("path")
        candidate = int(act.option("candidate", "0"))
        approach, temperature = _way(requirement.target, candidate)
        written = {file.path: file for part in artifacts.all(SourceCode) for file in part.files}
        seed = {file.path: file for file in requirement.seed}
        return Input(
            requirement=requirement.text,
            guide="",
            design=interface_list(design.files) if design else "",
            existing_title="The repository to change" if seed else "Files that exist already",
            existing=file_blocks({**seed, **written}.values()),
            goal=_goal(artifacts.last(TaskPlan), path),
            paths=path or act.option("paths") or ", ".join(requirement.target.entry),
            approach=approach,
            temperature=temperature,
            known=(*seed, *written),
            target=requirement.target,
            candidate=candidate,
            whole=not path,
        )

    async def run(self, given: Input, tools: Toolbox) -> SourceCode:
        language = tools.languages.of(given.target)
        asked = given.model_copy(update={"guide": language.guide("code", given.target)})
        files: dict[str, str] = {}
        notes: tuple[str, ...] = ()
        for attempt in range(ATTEMPTS):
            how = Sampling(
                MOST_TOKENS,
                given.temperature + 0.4 * attempt,
                seed=given.candidate + attempt,
                sample=given.candidate,
            )
            completion = await ask_text(tools, load(__file__), asked, how)
            notes = tuple(_notes(completion))
            try:
                paths = _named(given)
                files = language.mend(
                    read_files(completion.text, paths, only=not given.whole, known=given.known)
                )
                break
            except MalformedOutput as error:
                notes = (*notes, error.message)
        # Without any file the program is empty, which the static checks report: other candidates go on.
        return SourceCode(
            candidate=given.candidate,
            files=tuple(SourceFile(path=path, content=text) for path, text in sorted(files.items())),
            complete=given.whole,
            note="; ".join(notes),
        )


def _way(target: Target, candidate: int) -> tuple[Approach, float]:
    """Prompt variant and temperature for a candidate."""
    ways = FOR_MODULES if target.kind == "module" else APPROACHES
    approach, temperature = ways[candidate % len(ways)]
    return approach, temperature if candidate < len(ways) else LATER


def _named(given: Input) -> list[str]:
    """The files asked for. A change names none beforehand: code without a name is then the entry file's."""
    named = given.paths.split(", ")
    return named if any(map(_is_source, named)) else list(given.target.entry)


def _notes(completion: Completion) -> Iterator[str]:
    if completion.cut:
        yield "the answer was cut off"
    for block in code_blocks(completion.text):
        problem = _refusal(block.path.removeprefix("./"))
        if problem:
            yield f"the file name {block.path!r} was refused: it {problem}"


def _goal(plan: TaskPlan | None, path: str) -> str:
    tasks: tuple[Task, ...] = plan.tasks if plan else ()
    return next((task.goal for task in tasks if task.path == path), "")


def read_files(text: str, paths: list[str], *, only: bool, known: Sequence[str] = ()) -> dict[str, str]:
    """The files of an answer by path.

    A block without a file name belongs to the path, asked for or known, that a comment in its first line
    names, else to the first that fits its language; of several blocks for a path the longest counts. With
    `only`, other files than the asked-for are left out. A name that leaves the program's folder is no name,
    and its code counts only for a path for which there is no other.

    Raises:
        MalformedOutput: there is no code in it.
    """
    files: dict[str, str] = {}
    homeless: dict[str, str] = {}
    for block in code_blocks(text):
        named = block.path.removeprefix("./")
        path = named if named in paths or _is_source(named) else _fitting(block, paths, known)
        into = homeless if _refusal(named) and named not in paths else files
        wanted = path in paths or not only
        code = _without_name(block.code, path) if path in known else block.code
        if wanted and len(code) > len(into.get(path, "")):
            into[path] = code
    if not files and not homeless:
        raise MalformedOutput("The answer has no code block.", text=text, remedy="Try another model.")
    return {**homeless, **files}


_ENDINGS = {"python": ".py", "py": ".py", "html": ".html", "css": ".css", "javascript": ".js", "js": ".js"}


def _is_source(path: str) -> bool:
    known = (*_ENDINGS.values(), ".json", ".sql", ".toml", ".md", ".txt", ".csv")
    return path.endswith(known) and not _refusal(path)


def _refusal(path: str) -> str:
    """Why a model's file name is not used, as the rest of a sentence; '' if it can be used."""
    problem = path_problem(path) if path else ""
    return problem or ("is hidden" if path.startswith(".") else "")


def _without_name(code: str, path: str) -> str:
    """The code without a first line that only names its file: a change is to show what was changed."""
    first, _, rest = code.partition("\n")
    return rest.lstrip("\n") if first.strip("#/*<!-> \t") == path else code


def _fitting(block: CodeBlock, paths: list[str], known: Sequence[str]) -> str:
    first = block.code.partition("\n")[0].strip()
    if first.startswith(("#", "//", "/*", "<!--")):
        words = re.split(r"[^\w./-]+", first)
        named = next((path for path in (*paths, *known) if path in words), "")
        if named:
            return named
    ending = _ENDINGS.get(block.info.lower(), "")
    return next((path for path in paths if ending and path.endswith(ending)), paths[0])
