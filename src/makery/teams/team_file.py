"""A team as data: what a YAML file says, with a JSON Schema, before anything is looked up or run.

Teams whose states and transitions stand in a file are the idea of aiwaves' agents (Zhou et al. 2023,
arXiv:2309.07870).
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError
from makery.tools.mcp_client import McpServer
from makery.tools.permission import Rule

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Count = Annotated[int, Field(ge=1, le=200)]


class RoleEntry(Frozen):
    """A role of the team."""

    goal: str
    title: str = ""
    constraints: tuple[str, ...] = ()
    model: str = ""
    """A model of its own; '' for the team's."""
    human: Literal["never", "at_end", "always"] = "never"
    """Whether a person takes this seat."""
    runs_code: bool = False
    """Runs the code of the turn before instead of speaking."""
    tools: tuple[str, ...] = ()
    """Names or patterns of tools."""
    skills: tuple[Name, ...] = ()
    """For `sop`: what the role does when something it watches arrives."""
    watches: tuple[str, ...] = ()
    """For `sop`: artifact kinds."""


class OpenApiEntry(Frozen):
    """An API whose operations are tools."""

    file: str
    """Beside the team's file."""
    base_url: str = ""
    key_variable: str = ""
    """Environment variable that holds the value of the authorization header."""


class ToolsEntry(Frozen):
    """Where tools come from, beside the built-in ones."""

    python: tuple[str, ...] = ()
    """Typed functions: `package.module:function`."""
    openapi: tuple[OpenApiEntry, ...] = ()
    mcp: tuple[McpServer, ...] = ()


class StopEntry(Frozen):
    """When a chat ends; the first condition that is met counts."""

    turns: Count = 12
    says: str = ""
    by: str = ""
    """The role that has to say it; '' for any."""
    code_works: bool = False


class When(Frozen):
    """What has to be so for a transition."""

    says: str = ""
    """A word of the last turn."""
    visits: int = 0
    """The state was entered so often."""


class Transition(Frozen):
    """Where to go from a state."""

    to: Name
    when: When | None = None
    """None: always, or as the model decides."""
    about: str = ""
    """For a model that decides."""


class State(Frozen):
    """A step of the procedure."""

    roles: tuple[Name, ...] = ()
    """Who speaks in it, in this order."""
    instruction: str = ""
    """What they are to mind."""
    next: tuple[Transition, ...] = ()
    controller: Literal["rules", "model"] = "rules"
    end: bool = False

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "State":
        if self.end == bool(self.next):
            raise ValueError("a state either has `end: true` or a `next`")
        if self.next and not self.roles:
            raise ValueError("a state that is no end needs `roles`")
        return self


class _Base(Frozen):
    name: Name
    about: str = ""
    model: str = ""
    """A name of `makery models list`; '' for the user's own choice."""
    roles: dict[Name, RoleEntry] = Field(min_length=1)
    tools: ToolsEntry = ToolsEntry()
    permissions: tuple[Rule, ...] = ()
    """Allow, ask or deny by name or pattern; the first that fits counts."""


class ChatFile(_Base):
    """Roles that talk until a condition is met."""

    protocol: Literal["round_robin", "selected", "manual"]
    stop: StopEntry = StopEntry()


class StatesFile(_Base):
    """A procedure of states and transitions."""

    protocol: Literal["states"]
    start: Name
    states: dict[Name, State] = Field(min_length=1)
    most: Count = 30


class SopFile(_Base):
    """Roles that act when something they watch arrives."""

    protocol: Literal["sop"]
    until: str
    """The artifact kind that ends the run."""
    most: Count = 30


class DebateFile(_Base):
    """Roles that answer, read each other and answer again."""

    protocol: Literal["debate"]
    rounds: Count = 2
    judge: Name | None = None


class VoteFile(_Base):
    """One role that answers several times."""

    protocol: Literal["majority_vote"]
    answers: Count = 5


class PlayFile(_Base):
    """One role instructs, another carries out."""

    protocol: Literal["role_play"]
    user: Name
    assistant: Name
    critic: Name | None = None
    specify: bool = True
    turns: Count = 12


class SoloFile(_Base):
    """One role that works with tools, or with code that calls them."""

    protocol: Literal["react", "goal_loop", "task_list", "code_act"]
    most: Count = 12
    ask: bool = False
    """Whether a person sees each step first; not for `react` and `task_list`."""


class InterpreterFile(_Base):
    """One role that runs code in a session, and a person with `human: always` who says what is wanted."""

    protocol: Literal["interpreter"]
    ask: bool = True
    """Whether a person sees each cell first."""
    most: Count = 20
    """Cells for one thing that is wanted."""


class TownFile(_Base):
    """Characters who live through some hours; the task says what the town and the day are like."""

    protocol: Literal["town"]
    places: tuple[str, ...] = Field(min_length=1)
    first: int = Field(default=8, ge=0, le=23)
    """The hour at which it begins."""
    hours: Count = 6
    talk: Count = 4
    """Most turns of one conversation."""


class WerewolfFile(_Base):
    """A table of players; their parts are dealt."""

    protocol: Literal["werewolf"]
    wolves: Count = 1
    seer: bool = True
    talk: Count = 6
    """Turns of each day's discussion."""
    seed: int = 0


class GraphFile(_Base):
    """A controller that gives each part of the task to a specialist."""

    protocol: Literal["task_graph"]
    controller: Name
    most: Count = 6
    """Parts."""


class CodiumFile(_Base):
    """One role that writes a program in the steps of AlphaCodium."""

    protocol: Literal["codium"]
    ideas: Count = 2
    repairs: Count = 3
    clauses: Count = 6


AnyTeam = (
    ChatFile
    | StatesFile
    | SopFile
    | DebateFile
    | VoteFile
    | PlayFile
    | SoloFile
    | InterpreterFile
    | TownFile
    | WerewolfFile
    | GraphFile
    | CodiumFile
)
TEAM: TypeAdapter[AnyTeam] = TypeAdapter(Annotated[AnyTeam, Field(discriminator="protocol")])


def team_schema() -> dict[str, Any]:
    """The JSON Schema of team files, for editors and other programs."""
    return TEAM.json_schema()


def read_team(path: Path) -> AnyTeam:
    """The team that a YAML or JSON file describes.

    Raises:
        InputError: it cannot be read or does not fit the schema; says every place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The team file {str(path)!r} cannot be read: {error}.") from None
    return parse_team(text, where=path.name)


def parse_team(text: str, *, where: str = "the team") -> AnyTeam:
    """The team that a YAML or JSON text describes.

    Raises:
        InputError: it does not fit the schema; says every place.
    """
    try:
        return TEAM.validate_python(_loaded(text, where))
    except ValidationError as error:
        problems = (f"  {_place(detail)}: {detail['msg']}" for detail in error.errors(include_url=False))
        raise InputError(
            f"{where} does not describe a team:\n" + "\n".join(problems),
            remedy="`makery team schema` prints what a team file may say.",
        ) from None


def _loaded(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise InputError(f"{where} is nested too deeply.") from None
    except yaml.YAMLError as error:
        raise InputError(f"{where} is no YAML: {' '.join(str(error).split())}") from None
    except (ValueError, OverflowError, AttributeError, IndexError) as error:
        # PyYAML lets these through from `2020-13-45`, `!!timestamp x`, `!!int ''`.
        raise InputError(f"{where} holds a date or number that is none: {error}.") from None


def _place(detail: Any) -> str:
    # The first part is the protocol, which says which kind of file it was checked against.
    return ".".join(map(str, detail["loc"][1:])) or "the file"
