"""Who follows whom in a team: the arrows of its diagram. Boxes that are no role begin with a capital."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from makery.kernel.documents import Requirement
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


@dataclass(frozen=True)
class Arrow:
    """From one box to another."""

    start: str
    end: str
    label: str = ""


def arrows(team: AnyTeam, skills: Mapping[str, Skill[Any, Any]]) -> list[Arrow]:
    """Who follows whom, each pair once; `task` and `end` are boxes, too."""
    labels: dict[tuple[str, str], list[str]] = {}
    for arrow in _arrows(team, skills):
        labels.setdefault((arrow.start, arrow.end), []).append(arrow.label)
    return [Arrow(*pair, " or ".join(filter(None, told))) for pair, told in labels.items()]


def _arrows(team: AnyTeam, skills: Mapping[str, Skill[Any, Any]]) -> Iterable[Arrow]:
    match team:
        case StatesFile():
            return _of_states(team)
        case SopFile():
            return _of_kinds(team, skills)
        case PlayFile():
            return _of_play(team)
        case DebateFile():
            return _of_debate(team)
        case ChatFile():
            return _in_turn(team) if team.protocol == "round_robin" else _chosen(team)
        case GraphFile():
            return _of_graph(team)
        case TownFile():
            return _of_town(team)
        case WerewolfFile():
            return _of_village(team)
        case InterpreterFile():
            return _of_session(team)
        case SoloFile() | VoteFile() | CodiumFile():
            return _in_turn(team)
        case _:
            assert_never(team)


def _in_turn(team: AnyTeam) -> Iterable[Arrow]:
    names = list(team.roles)
    yield Arrow("task", names[0], team.protocol.replace("_", " "))
    if len(names) > 1:
        yield from (Arrow(one, two) for one, two in zip(names, [*names[1:], names[0]], strict=True))
    yield Arrow(names[-1], "end")


def _chosen(team: ChatFile) -> Iterable[Arrow]:
    """After each turn somebody chooses who speaks next."""
    choice = "Next speaker"
    who = "a person chooses" if team.protocol == "manual" else "a model chooses"
    said = [f"{team.stop.by or 'one'} says {team.stop.says}"] if team.stop.says else []
    works = ["code works"] if team.stop.code_works else []
    yield Arrow("task", choice)
    for name in team.roles:
        yield Arrow(choice, name, who)
        yield Arrow(name, choice)
    yield Arrow(choice, "end", f"until {' or '.join([*said, *works, f'{team.stop.turns} turns'])}")


def _of_play(team: PlayFile) -> Iterable[Arrow]:
    yield Arrow("task", team.user)
    yield from _by_critic(team, team.user, team.assistant, "instruction")
    yield from _by_critic(team, team.assistant, team.user, "solution")
    yield Arrow(team.user, "end", "task done")


def _by_critic(team: PlayFile, start: str, end: str, what: str) -> Iterable[Arrow]:
    """What one says to the other; with a critic, that one of its proposals which the critic chooses."""
    if team.critic is None:
        yield Arrow(start, end, what)
        return
    yield Arrow(start, team.critic, "proposals")
    yield Arrow(team.critic, end, f"the best {what}")


def _of_debate(team: DebateFile) -> Iterable[Arrow]:
    debaters = [name for name in team.roles if name != team.judge]
    yield from (Arrow("task", name) for name in debaters)
    yield from (Arrow(name, team.judge or "end", "answer") for name in debaters)
    if team.judge:
        yield Arrow(team.judge, "end")


def _of_graph(team: GraphFile) -> Iterable[Arrow]:
    """The controller gives parts away and gets results back."""
    yield Arrow("task", team.controller)
    for name in team.roles:
        if name != team.controller:
            yield Arrow(team.controller, name, "a part")
            yield Arrow(name, team.controller, "its result")
    yield Arrow(team.controller, "end", "the sum")


def _of_town(team: TownFile) -> Iterable[Arrow]:
    """Every hour all decide where to be; who is in the same place meets."""
    yield Arrow("task", "Hour")
    for name in team.roles:
        yield Arrow("Hour", name, "chooses a place")
        yield Arrow(name, "Meetings", "who meets may talk")
    yield Arrow("Meetings", "Hour", "the next hour")
    yield Arrow("Meetings", "end", f"after {team.hours} hours")


def _of_village(team: WerewolfFile) -> Iterable[Arrow]:
    """Parts are dealt; then night and day take turns."""
    for name in team.roles:
        yield Arrow("task", name, "a secret part")
        yield Arrow(name, "Night")
    yield Arrow("Night", "Day", "who was killed")
    yield Arrow("Day", "Night", "who has to go")
    yield from (Arrow(phase, "end", "one side has won") for phase in ("Night", "Day"))


def _of_session(team: InterpreterFile) -> Iterable[Arrow]:
    person = next((name for name, role in team.roles.items() if role.human != "never"), None)
    agent = next(name for name in team.roles if name != person)
    yield Arrow("task", agent, "interpreter")
    if person is None:
        yield Arrow(agent, "end", "answer")
        return
    yield Arrow(agent, person, "code and answers")
    yield Arrow(person, agent, "consent and wishes")
    yield Arrow(person, "end", "leaves")


def _of_states(team: StatesFile) -> Iterable[Arrow]:
    yield Arrow("task", team.start)
    for name, state in team.states.items():
        for step in state.next:
            told = [f"says {step.when.says}"] if step.when and step.when.says else []
            told += [f"visit {step.when.visits}"] if step.when and step.when.visits else []
            yield Arrow(name, step.to, " and ".join(told) or step.about)
        if state.end:
            yield Arrow(name, "end")


def _of_kinds(team: SopFile, skills: Mapping[str, Skill[Any, Any]]) -> Iterable[Arrow]:
    makers: dict[str, list[str]] = {Requirement.kind(): ["task"]}
    for name, role in team.roles.items():
        for skill in role.skills:
            makers.setdefault(skills[skill].produces().kind(), []).append(name)
    for name, role in team.roles.items():
        for kind in role.watches:
            yield from (Arrow(maker, name, kind) for maker in makers.get(kind, ()))
    yield from (Arrow(maker, "end", team.until) for maker in makers.get(team.until, ()))
