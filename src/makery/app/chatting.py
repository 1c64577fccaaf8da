"""Chats and agents as orders: each message of a chat is a run that begins with the turns before it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from makery.app.artifacts import record_of
from makery.app.options import TeamOptions, ordered
from makery.app.societies import as_text, find_team
from makery.kernel.dialogue import Utterance
from makery.kernel.errors import InputError
from makery.teams.team_file import AnyTeam, SoloFile, read_team

ALONE = ""
"""The team of a chat with a model and nobody else."""
AGENTS = ("task_list", "goal")
"""Teams that pursue a goal by themselves."""
_TURNS = 40
"""Earlier turns that a message comes with."""


class Turn(NamedTuple):
    """What somebody said in a chat."""

    speaker: str
    text: str


def chat_order(message: str, before: Sequence[Turn], *, team: str = ALONE, **options: Any) -> TeamOptions:
    """The order to have the next message of a chat answered.

    Args:
        message: what the user says.
        before: the turns before, oldest first; the last forty are handed on.
        team: a name of `makery team list`, or `ALONE`.
        options: fields of `TeamOptions`.

    Raises:
        InputError: there is no such team, or an option is not usable.
    """
    path = find_team(team) if team else Path(__file__).with_name("chat.yaml")
    said = (Utterance(speaker=turn.speaker, text=turn.text) for turn in recent(before))
    turns = tuple(json.dumps(record_of(turn), ensure_ascii=False) for turn in said)
    return _order(read_team(path), path, message, inputs=turns, **options)


def recent(turns: Sequence[Turn]) -> list[Turn]:
    """The turns that a message comes with: the last forty, without empty ones."""
    return [turn for turn in turns[-_TURNS:] if turn.text]


def agent_order(goal: str, *, name: str = "", team: str = AGENTS[0], **options: Any) -> TeamOptions:
    """The order to have an agent pursue a goal by itself. (The idea of AgentGPT, from the browser.)

    Args:
        goal: what is to be reached.
        name: what the agent is called.
        team: one of `AGENTS`; tools that need consent are refused, for nobody is there to agree.
        options: fields of `TeamOptions`.

    Raises:
        InputError: there is no such agent, or an option is not usable.
    """
    if team not in AGENTS:
        raise InputError(f"No agent is called {team[:60]!r}.", remedy=f"There are {' and '.join(AGENTS)}.")
    path = find_team(team)
    described = read_team(path)
    titled = {role: entry.model_copy(update={"title": name[:60]}) for role, entry in described.roles.items()}
    changes: dict[str, Any] = {"roles": titled} if name.strip() else {}
    if isinstance(described, SoloFile):
        changes["ask"] = False
    return _order(described.model_copy(update=changes), path, goal, **options)


def _order(team: AnyTeam, path: Path, task: str, **options: Any) -> TeamOptions:
    given = {key: value for key, value in options.items() if value}
    return ordered(
        TeamOptions,
        requirement=task,
        team=as_text(team),
        name=team.name,
        folder=path.resolve().parent,
        yes=True,
        **given,
    )
