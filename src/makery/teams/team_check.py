"""What is wrong with a team before anything runs: nobody makes what is watched, a state is out of reach, …"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from makery.kernel.documents import Requirement
from makery.kernel.errors import InputError
from makery.kernel.skill import Skill
from makery.teams.team_file import (
    AnyTeam,
    ChatFile,
    CodiumFile,
    DebateFile,
    GraphFile,
    InterpreterFile,
    PlayFile,
    SoloFile,
    SopFile,
    StatesFile,
    TownFile,
    VoteFile,
    WerewolfFile,
)
from makery.tools.permission import fits

Skills = Mapping[str, Skill[Any, Any]]


def check_team(team: AnyTeam, skills: Skills, tools: Collection[str]) -> None:
    """Insist that a team can work.

    Args:
        team: as its file says.
        skills: all that there are.
        tools: the names of the tools that are known before servers are connected.

    Raises:
        InputError: names every problem.
    """
    problems = [*_tools(team, tools), *_shape(team), *_skills(team, skills)]
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise InputError(f"The team {team.name!r} cannot work:\n{listed}")


def _tools(team: AnyTeam, known: Collection[str]) -> Iterator[str]:
    later = tuple(f"{server.name}_" for server in team.tools.mcp)
    for name, role in team.roles.items():
        for pattern in role.tools:
            found = any(fits(tool, (pattern,)) for tool in known)
            if not found and not pattern.startswith(later or ("\0",)):
                yield f"roles.{name}.tools: there is no tool {pattern!r}"


def _shape(team: AnyTeam) -> Iterable[str]:
    match team:
        case StatesFile():
            return _states(team)
        case SopFile():
            return ()
        case ChatFile():
            return _named(team, {"stop.by": team.stop.by})
        case DebateFile():
            few = ("a debate needs two debaters",) if len(team.roles) - bool(team.judge) < 2 else ()
            return (*_named(team, {"judge": team.judge}), *few)
        case PlayFile():
            used = {"user": team.user, "assistant": team.assistant, "critic": team.critic}
            return (*_named(team, used), *_unused(team, used.values()))
        case TownFile():
            return ()
        case WerewolfFile():
            few = 2 * team.wolves + 1 + team.seer
            enough = len(team.roles) >= few
            return (
                () if enough else (f"roles: with {team.wolves} wolves there must be at least {few} players",)
            )
        case GraphFile():
            alone = () if len(team.roles) > 1 else ("roles: there is no specialist beside the controller",)
            return (*_named(team, {"controller": team.controller}), *alone)
        case InterpreterFile():
            persons = [name for name, role in team.roles.items() if role.human != "never"]
            fits = len(persons) <= 1 and len(team.roles) == 1 + len(persons)
            return (
                () if fits else ("an interpreter is one role, and at most one person with `human: always`",)
            )
        case SoloFile() | VoteFile() | CodiumFile():
            return (
                () if len(team.roles) == 1 else (f"{team.protocol} is for one role, not {len(team.roles)}",)
            )


def _named(team: AnyTeam, used: Mapping[str, str | None]) -> Iterator[str]:
    for place, name in used.items():
        if name and name not in team.roles:
            yield f"{place}: there is no role {name!r}"


def _unused(team: AnyTeam, used: Iterable[str | None]) -> Iterator[str]:
    for name in team.roles.keys() - set(used):
        yield f"roles.{name}: nothing ever reaches this role"


def _states(team: StatesFile) -> Iterator[str]:
    if team.start not in team.states:
        yield f"start: there is no state {team.start!r}"
        return
    for name, state in team.states.items():
        yield from _named(
            team, {f"states.{name}.roles": role for role in state.roles if role not in team.roles}
        )
        targets = [transition.to for transition in state.next]
        yield from (
            f"states.{name}.next: there is no state {to!r}" for to in targets if to not in team.states
        )
        if state.next and state.controller == "rules" and state.next[-1].when is not None:
            yield f"states.{name}.next: the last transition needs no `when`, or the run could get stuck"
    reached = _reached(team)
    yield from (f"states.{name}: no transition leads to this state" for name in team.states.keys() - reached)
    if not any(team.states[name].end for name in reached if name in team.states):
        yield "states: no end can be reached"
    yield from _unused(
        team, {role for name in reached & team.states.keys() for role in team.states[name].roles}
    )


def _reached(team: StatesFile) -> set[str]:
    found, new = set[str](), {team.start}
    while new:
        found |= new
        leading = (team.states[name].next for name in new if name in team.states)
        new = {transition.to for transitions in leading for transition in transitions} - found
    return found


def _skills(team: AnyTeam, skills: Skills) -> Iterator[str]:
    for name, role in team.roles.items():
        yield from (f"roles.{name}.skills: there is no skill {s!r}" for s in role.skills if s not in skills)
    if isinstance(team, SopFile):
        yield from _producers(team, skills)


def _producers(team: SopFile, skills: Skills) -> Iterator[str]:
    """Each watched kind has a producer, each role can be reached, and the end can come."""
    makes = {
        name: {skills[skill].produces().kind() for skill in role.skills if skill in skills}
        for name, role in team.roles.items()
    }
    every = {Requirement.kind()}.union(*makes.values())
    for name, role in team.roles.items():
        yield from (
            f"roles.{name}.watches: nobody makes a {kind}" for kind in role.watches if kind not in every
        )
        if not role.watches or not role.skills:
            yield f"roles.{name}: in a sop, a role needs `watches` and `skills`"
    there = {Requirement.kind()}
    while grown := {
        kind for name, role in team.roles.items() if there & set(role.watches) for kind in makes[name] - there
    }:
        there |= grown
    for name, role in team.roles.items():
        if role.watches and set(role.watches) <= every and not there & set(role.watches):
            yield f"roles.{name}: nothing it watches can ever arrive"
    if team.until not in there:
        yield f"until: nobody who can be reached makes a {team.until}"
