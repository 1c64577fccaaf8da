"""From a team's file to a team that can work."""

from collections.abc import Collection, Mapping
from typing import Any, assert_never

from makery.kernel.errors import InputError
from makery.kernel.program import Program
from makery.kernel.role import Role
from makery.kernel.skill import Skill
from makery.kernel.team import Team
from makery.teams.characters import SKILLS as CHARACTER_SKILLS
from makery.teams.code_act import code_act
from makery.teams.codium import SKILLS as CODIUM_SKILLS
from makery.teams.codium import codium
from makery.teams.debate import debate, majority_vote
from makery.teams.goal_loop import goal_loop
from makery.teams.group_chat import group_chat
from makery.teams.interpreter import Session, interpreter
from makery.teams.react import react
from makery.teams.role_play import Play, role_play
from makery.teams.seats import Seat, member
from makery.teams.sop import watching
from makery.teams.states import procedure
from makery.teams.stops import Stop, code_works, max_turns, says
from makery.teams.table import Table
from makery.teams.task_graph import task_graph
from makery.teams.task_list import task_list
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
    StopEntry,
    TownFile,
    VoteFile,
    WerewolfFile,
)
from makery.teams.town import Town, town
from makery.teams.werewolf import Village, werewolf

_SOLO_SKILLS = {
    "react": (),
    "goal_loop": ("pursue_goal",),
    "task_list": ("execute_task", "create_tasks", "prioritise_tasks"),
    "code_act": ("write_action", "run_action"),
}
_SKILLS = {
    "debate": ("answer_problem",),
    "majority_vote": ("answer_problem",),
    "role_play": ("instruct", "carry_out"),
    "town": CHARACTER_SKILLS,
    "werewolf": CHARACTER_SKILLS,
    "task_graph": ("plan_graph",),
    "interpreter": ("write_cell", "run_cell"),
    "codium": CODIUM_SKILLS,
}


def build_team(
    team: AnyTeam, skills: Mapping[str, Skill[Any, Any]], cards: Mapping[str, str] | None = None
) -> Team:
    """The team; `check_team` has said that nothing is missing.

    Args:
        team: as its file says.
        skills: all that there are.
        cards: what is known of the model and the tools of a role, by its name, for those who choose.
    """
    roles = _roles(team)
    seats = {name: Seat(roles[name], e.human, e.runs_code) for name, e in team.roles.items()}
    match team:
        case ChatFile():
            return group_chat(*seats.values(), stop=_stop(team.stop), order=team.protocol, name=team.name)
        case StatesFile():
            program = Program(lambda pool: procedure(Table.of(pool), team, seats))
            return Team(team.name, tuple(roles.values()), program, skills)
        case SopFile():
            program = Program(lambda pool: watching(Table.of(pool), team))
            return Team(team.name, tuple(roles.values()), program, skills)
        case DebateFile():
            debaters = [role for name, role in roles.items() if name != team.judge]
            return debate(*debaters, rounds=team.rounds, judge=roles[team.judge] if team.judge else None)
        case VoteFile():
            return majority_vote(*roles.values(), answers=team.answers)
        case PlayFile():
            critic = roles[team.critic] if team.critic else None
            play = Play(
                roles[team.assistant], roles[team.user], specify=team.specify, critic=critic, turns=team.turns
            )
            return role_play(play)
        case CodiumFile():
            (worker,) = roles.values()
            given = {"ideas": team.ideas, "repairs": team.repairs, "clauses": team.clauses}
            return codium(worker, **given)
        case TownFile():
            return town(Town(tuple(roles.values()), team.places, team.first, team.hours, team.talk))
        case WerewolfFile():
            return werewolf(Village(tuple(roles.values()), team.wolves, team.seer, team.talk, team.seed))
        case GraphFile():
            specialists = [role for name, role in roles.items() if name != team.controller]
            return task_graph(roles[team.controller], *specialists, cards=cards, most=team.most)
        case InterpreterFile():
            user = next((roles[name] for name, e in team.roles.items() if e.human != "never"), None)
            agent = next(role for role in roles.values() if role is not user)
            return interpreter(Session(agent, user, ask=team.ask, most=team.most))
        case SoloFile():
            return _solo(team, *roles.values())
        case _:
            assert_never(team)


def seated(team: AnyTeam, persons: Collection[str]) -> AnyTeam:
    """The team with persons in those seats.

    Raises:
        InputError: there is no such role.
    """
    unknown = [name for name in persons if name not in team.roles]
    if unknown:
        remedy = f"There are: {', '.join(team.roles)}."
        raise InputError(f"The team {team.name!r} has no role {unknown[0]!r}.", remedy=remedy)
    roles = {
        name: entry.model_copy(update={"human": "always"}) if name in persons else entry
        for name, entry in team.roles.items()
    }
    return team.model_copy(update={"roles": roles})


def unasked(team: AnyTeam) -> AnyTeam:
    """The team without the question before each step: its user agreed to all of them beforehand."""
    return team.model_copy(update={"ask": False}) if isinstance(team, SoloFile | InterpreterFile) else team


def played(team: AnyTeam) -> tuple[str, ...]:
    """Roles whose every turn is a person's, where the protocol has no seats of its own for that."""
    if isinstance(team, ChatFile | StatesFile | InterpreterFile):
        return ()
    return tuple(name for name, entry in team.roles.items() if entry.human != "never")


def _roles(team: AnyTeam) -> dict[str, Role]:
    extra = _SOLO_SKILLS.get(team.protocol) or _SKILLS.get(team.protocol) or ()
    return {
        name: member(
            name,
            entry.goal,
            *entry.constraints,
            title=entry.title,
            tools=entry.tools,
            skills=(*extra, *(skill for skill in entry.skills if skill not in extra)),
        ).model_copy(update={"watches": entry.watches or ("Utterance",), "model": entry.model})
        for name, entry in team.roles.items()
    }


def _stop(entry: StopEntry) -> Stop:
    stop = max_turns(entry.turns)
    if entry.says:
        stop = says(entry.says, by=entry.by) | stop
    return code_works() | stop if entry.code_works else stop


def _solo(team: SoloFile, role: Role) -> Team:
    match team.protocol:
        case "react":
            return react(role, most=team.most)
        case "goal_loop":
            return goal_loop(role, steps=team.most, step_by_step=team.ask)
        case "task_list":
            return task_list(role, most=team.most)
        case "code_act":
            return code_act(role, most=team.most, ask=team.ask)
