"""What the API and its client say to each other about skills, roles, teams, models and prompts."""

from typing import Any

from pydantic import ConfigDict, Field

from makery.client.base import Asked, Text, Wire


class SkillInfo(Wire):
    """One thing that a role can do."""

    name: str
    purpose: str
    gives: str
    """The kind of artifact that it makes."""


class SkillDetail(SkillInfo):
    """A skill with its contract."""

    takes: dict[str, Any]
    """JSON schema of its input."""
    output: dict[str, Any]
    """JSON schema of what it makes."""


class RoleInfo(Wire):
    """Who works in teams."""

    name: str
    title: str
    goal: str
    constraints: tuple[str, ...] = ()
    watches: tuple[str, ...]
    skills: tuple[str, ...]


class TeamInfo(Wire):
    """Roles that work together."""

    name: str
    protocol: str = ""
    """How they do: `software_company`, `round_robin`, `debate`, …"""
    roles: tuple[str, ...]
    about: str = ""
    published: bool = False
    """Whether it is one of your own."""


class TeamDetail(TeamInfo):
    """A team with its file."""

    file: dict[str, Any]
    """What its file says; empty for the software company, which has none."""
    diagram: str = ""
    """A Mermaid flowchart."""


class NewTeam(Asked):
    """A team to be published."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "file": "name: critics\nprotocol: round_robin\nroles:\n"
                    "  writer: {goal: Write a slogan.}\n  critic: {goal: Say what is weak.}\n"
                    "stop: {turns: 4}\n"
                }
            ]
        }
    )
    file: Text = Field(min_length=1, max_length=1 << 16)
    """YAML or JSON, as `makery team schema` describes it."""


class ModelInfo(Wire):
    """A model of the catalogue."""

    name: str
    provider: str
    has_key: bool | None = None
    """Whether the server has its key; null if none is needed."""
    context: int
    """Tokens of prompt and answer together."""
    usd_per_million_in: float | None = None
    """Price of a million prompt tokens; 0 if it is free, null if it is not known."""
    usd_per_million_out: float | None = None


class PromptInfo(Wire):
    """A prompt template."""

    name: str
    version: str
    variables: tuple[str, ...]


class PromptText(PromptInfo):
    """A prompt template with its text."""

    system: str
    user: str
