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
    State,
    StatesFile,
    TownFile,
    Transition,
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
    problems = [*_tools(team, tools), *_permissions(team, tools), *_shape(team), *_skills(team, skills)]
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


def _permissions(team: AnyTeam, known: Collection[str]) -> Iterator[str]:
    """A rule that fits no tool is a slip of the pen, and worse than none: whoever wrote it relies on it.

    What begins with `*`, like `*delete*`, is a precaution, and fits what there may be one day.
    """
    later = tuple(f"{server.name}_" for server in team.tools.mcp)
    for rule in team.permissions:
        known_one = any(fits(tool, (rule.tool,)) for tool in known)
        if not known_one and not rule.tool.startswith(("*", *later)):
            yield f"permissions: no tool fits {rule.tool!r}"


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
        yield from _next(team, name)
    reached = _reached(team, {team.start})
    yield from (f"states.{name}: no transition leads to this state" for name in team.states.keys() - reached)
    yield from _traps(team, reached & team.states.keys())
    yield from _unused(
        team, {role for name in reached & team.states.keys() for role in team.states[name].roles}
    )


def _next(team: StatesFile, name: str) -> Iterator[str]:
    """A state's transitions lead to states, one of them always holds, and no rule hides others."""
    state = team.states[name]
    place = f"states.{name}.next"
    yield from (
        f"{place}: there is no state {step.to!r}" for step in state.next if step.to not in team.states
    )
    if not state.next:
        return
    if state.controller == "rules" and not _always(state.next[-1]):
        yield f"{place}: the last transition needs no `when`, or the run could get stuck"
    if state.controller == "model" and not any(map(_always, state.next)):
        yield f"{place}: one transition needs no `when`, or the model could be left without a choice"
    if hidden := state.next[len(_possible(state)) :]:
        first = _possible(state)[-1].to
        yield f"{place}: {hidden[0].to!r} is never chosen: the transition to {first!r} before it always holds"


def _traps(team: StatesFile, reached: Collection[str]) -> Iterator[str]:
    """Wherever the run can get, it can end from there."""
    ending = {
        name for name in reached if any(team.states[at].end for at in _reached(team, {name}) & set(reached))
    }
    if not ending:
        yield "states: no end can be reached"
        return
    yield from (f"states.{name}: no end can be reached from here" for name in sorted(set(reached) - ending))


def _always(step: Transition) -> bool:
    return step.when is None or not (step.when.says or step.when.visits > 1)


def _possible(state: State) -> tuple[Transition, ...]:
    """The transitions that can be taken: by rules, none after the first that always holds."""
    if state.controller == "model":
        return state.next
    at = next((n for n, step in enumerate(state.next, start=1) if _always(step)), len(state.next))
    return state.next[:at]


def _reached(team: StatesFile, start: set[str]) -> set[str]:
    found, new = set[str](), start
    while new:
        found |= new
        leading = (_possible(team.states[name]) for name in new if name in team.states)
        new = {transition.to for transitions in leading for transition in transitions} - found
    return found


def _skills(team: AnyTeam, skills: Skills) -> Iterator[str]:
    for name, role in team.roles.items():
        yield from (f"roles.{name}.skills: there is no skill {s!r}" for s in role.skills if s not in skills)
        if role.watches and not isinstance(team, SopFile):
            yield f"roles.{name}.watches: in {team.protocol} nobody waits for artifacts; that is for sop"
    if isinstance(team, SopFile):
        yield from _producers(team, skills)


def _producers(team: SopFile, skills: Skills) -> Iterator[str]:
    """Each watched kind has a producer, each role gets all that it waits for, and the end can come."""
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
    there = _arriving(team, makes)
    for name, role in team.roles.items():
        for kind in role.watches:
            if kind in every and kind not in there:
                yield f"roles.{name}: it waits for ever for {kind}, {_waiting(team, kind, makes, there)}"
    if team.until not in there:
        yield f"until: nobody who can be reached makes a {team.until}"


def _arriving(team: SopFile, makes: Mapping[str, set[str]]) -> set[str]:
    """The kinds that can come to be: a role acts when one of each kind that it watches is there."""
    there = {Requirement.kind()}
    working = [(set(role.watches), makes[name]) for name, role in team.roles.items() if role.watches]
    while grown := {kind for watched, made in working if watched <= there for kind in made - there}:
        there |= grown
    return there


def _waiting(team: SopFile, kind: str, makes: Mapping[str, set[str]], there: Collection[str]) -> str:
    """Who would make it, and what they wait for."""
    told: list[str] = []
    for name in (name for name, made in makes.items() if kind in made):
        missing = [watched for watched in team.roles[name].watches if watched not in there]
        told.append(f"{name}, who waits for {' and '.join(missing) or 'nothing'}")
    return f"which only comes from {' or from '.join(told)}"
