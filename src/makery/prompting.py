"""Prompt templates: files beside the skills that use them, rendered strictly, hashed, recorded.

A template is a Markdown file with a `[system]` and a `[user]` part. Its variables are exactly the
fields of the skill's `Input` (without those marked `exclude`, which are for the program only), and
`persona`, who is acting; an unknown or missing one is an error. What many calls share (the
system part, the requirement) stands first, so that a server's prefix cache can keep it.
"""

import hashlib
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from makery.kernel.artifact import Frozen
from makery.kernel.completion import Completion, ModelCall, Prompt
from makery.kernel.errors import ContractViolation, MalformedOutput, ModelError

if TYPE_CHECKING:
    from jinja2 import Environment

    from makery.kernel.role import Role
    from makery.kernel.skill import Toolbox
    from makery.kernel.tool import ToolSpec

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Template:
    """A prompt template and its identity."""

    name: str
    version: str
    """First 12 hex digits of the file's SHA-256."""
    system: str
    user: str
    variables: frozenset[str]

    def render(self, given: BaseModel, role: "Role | None" = None) -> Prompt:
        """Fill in the fields of `given`, and `persona` from the role.

        Raises:
            ContractViolation: the fields are not the template's variables.
        """
        shown = (name for name, field in type(given).model_fields.items() if not field.exclude)
        fields = {name: getattr(given, name) for name in shown}
        if fields.keys() != self.variables:
            odd = sorted(fields.keys() ^ self.variables)
            raise ContractViolation(f"Template {self.name!r} and its input differ in {odd}.")
        environment = _environment()
        values = {**fields, "persona": persona(role) if role else ""}
        return Prompt(
            system=environment.from_string(self.system).render(values).strip(),
            user=environment.from_string(self.user).render(values).strip(),
            template=self.name,
            version=self.version,
        )


@lru_cache(maxsize=256)
def load(module_file: str) -> Template:
    """The template beside a module: `write_prd.md` for `write_prd.py`. Pass `__file__`.

    Raises:
        ContractViolation: there is none, or it lacks a `[system]` or `[user]` part.
    """
    path = Path(module_file).with_suffix(".md")
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ContractViolation(f"No template {path.name!r} beside {Path(module_file).name!r}.") from None
    parts = re.split(r"^\[(system|user)\]\n", text, flags=re.MULTILINE)
    if parts[1::2] != ["system", "user"]:
        raise ContractViolation(f"Template {path.name!r} needs a [system] and then a [user] part.")
    system, user = parts[2], parts[4]
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Template(path.stem, digest, system, user, _variables(system + user))


def templates_of(objects: Iterable[object]) -> tuple[Template, ...]:
    """The templates beside the modules of these objects' classes, by name; those without one are left out."""
    files = {inspect.getfile(type(one)) for one in objects}
    found = (load(file) for file in files if Path(file).with_suffix(".md").is_file())
    return tuple(sorted(found, key=lambda template: template.name))


def _variables(source: str) -> frozenset[str]:
    from jinja2 import meta

    return frozenset(meta.find_undeclared_variables(_environment().parse(source))) - {"persona"}


def persona(role: "Role") -> str:
    """A role as a model is told who it is."""
    return " ".join((f"You are the {role.title}.", role.goal, *role.constraints))


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, StrictUndefined

    return Environment(  # noqa: S701 - prompts are not HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
    )


@dataclass(frozen=True)
class Sampling:
    """How a completion is drawn."""

    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int = 0
    sample: int = 0


async def ask_text(
    tools: "Toolbox", template: Template, given: Frozen, sampling: Sampling | None = None
) -> Completion:
    """A free-text completion of the rendered template.

    Raises:
        ModelError, ProviderError, LimitReached: as `Models.complete`.
    """
    return await tools.models.complete(_call(tools, template, given, sampling or Sampling(), None))


async def ask_turn(
    tools: "Toolbox",
    template: Template,
    given: Frozen,
    offered: "tuple[ToolSpec, ...]",
    sampling: Sampling | None = None,
) -> Completion:
    """A completion that says something or asks for some of the offered tools.

    Raises:
        ModelError, ProviderError, LimitReached: as `Models.complete`.
    """
    call = _call(tools, template, given, sampling or Sampling(), None)
    return await tools.models.complete(call.model_copy(update={"tools": offered}))


async def ask_document(
    tools: "Toolbox", template: Template, given: Frozen, form: type[M], sampling: Sampling | None = None
) -> M:
    """A completion that is a JSON document of the given form, by grammar where the server has one.

    Raises:
        MalformedOutput: the document does not fit the form.
    """
    schema = form.model_json_schema()
    call = _call(tools, template, given, sampling or Sampling(), schema)
    completion = await tools.models.complete(call)
    try:
        return form.model_validate_json(completion.text)
    except ValidationError as error:
        raise MalformedOutput(
            f"The answer to {template.name!r} is not a valid {form.__name__}: {_first(error)}",
            text=completion.text,
            remedy="Try again, or use a larger model.",
        ) from error


async def ask_opinion(
    tools: "Toolbox", template: Template, given: Frozen, form: type[M], sampling: Sampling | None = None
) -> M | None:
    """Like `ask_document`, for what helps but decides nothing alone: None where no usable answer came.

    Raises:
        ProviderError, LimitReached: as `Models.complete`.
    """
    try:
        return await ask_document(tools, template, given, form, sampling)
    except ModelError:
        return None


def _call(
    tools: "Toolbox", template: Template, given: Frozen, how: Sampling, schema: dict[str, Any] | None
) -> ModelCall:
    return ModelCall(
        prompt=template.render(given, tools.role),
        purpose=tools.purpose,
        output_schema=schema,
        max_tokens=how.max_tokens,
        temperature=how.temperature,
        seed=how.seed,
        sample=how.sample,
    )


def _first(error: ValidationError) -> str:
    detail = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}"


# --------------------------------------------------------------- reading an answer


@dataclass(frozen=True)
class CodeBlock:
    """One fenced block of an answer."""

    info: str
    """What stands behind the opening fence: `python`, `html`."""
    path: str
    """The file named just before it, or ''."""
    code: str


_FENCE = re.compile(
    r"^ {0,3}(`{3,}|~{3,})[ \t]*([\w+#./-]*)([^\n`]*)\n(.*?)(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.M | re.S
)
_PATH = re.compile(r"([\w./-]+\.[a-z]\w{0,4})(?!\w)", re.ASCII | re.IGNORECASE)
"""ASCII: in Chinese text no space parts a file name from the words around it."""


def code_blocks(text: str) -> list[CodeBlock]:
    """The fenced blocks of an answer, with the file names that stand behind or before their fences.

    An answer without any fence counts as one block; a fence that is never closed ends with the text.
    Line ends become `\\n`.
    """
    text = text.replace("\r\n", "\n")
    blocks: list[CodeBlock] = []
    end = 0
    for match in _FENCE.finditer(text):
        before = text[end : match.start()].strip().splitlines()
        end = match.end()
        path = _named_file(match[2] + match[3]) or _named_file(before[-1] if before else "")
        blocks.append(CodeBlock(match[2], path, match[4].rstrip() + "\n"))
    if not blocks and text.strip():
        blocks.append(CodeBlock("", "", text.strip() + "\n"))
    return blocks


def _named_file(line: str) -> str:
    if len(line) > 120:
        return ""
    found: list[str] = _PATH.findall(line)
    return found[-1] if found else ""
