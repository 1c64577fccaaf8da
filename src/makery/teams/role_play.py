"""Two play roles until a task is done: one instructs, the other carries out.

CAMEL (Li et al. 2023, arXiv:2303.17760): inception prompts that keep both in their roles, a task specifier
that makes the idea concrete, and a critic that may choose among several proposals.
"""

from dataclasses import dataclass, field

from makery.kernel.dialogue import Choice, Ending, Utterance
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.skills.society.role_play import DONE
from makery.teams.loop_guard import LoopGuard, Watch
from makery.teams.notes import note
from makery.teams.seats import member
from makery.teams.table import Table

SPECIFIER = member(
    "task_specifier", "You turn an idea into a task that can be finished.", skills=("specify_task",)
)


@dataclass(frozen=True)
class Play:
    """Who plays, and how."""

    assistant: Role
    """Carries out; needs the skill `carry_out`."""
    user: Role
    """Instructs; needs the skill `instruct`."""
    specify: bool = True
    critic: Role | None = None
    proposals: int = 2
    """Among which the critic chooses, at each turn."""
    turns: int = 12
    guard: LoopGuard = field(default_factory=LoopGuard)


def role_play(play: Play) -> Team:
    """A team of two, with a task specifier and a critic if wanted."""
    others = (*((SPECIFIER,) if play.specify else ()), *((play.critic,) if play.critic else ()))
    program = Program(lambda pool: perform(Table.of(pool), play))
    roles = (play.user, play.assistant, *others)
    return Team(name="role_play", roles=roles, protocol=program, skills=load_skills())


def player(name: str, goal: str, *, title: str = "") -> Role:
    """A role for either side."""
    return member(name, goal, title=title, skills=("instruct", "carry_out"))


def perform(table: Table, play: Play) -> Steps[Ending]:
    """The play itself."""
    watch = Watch(play.guard)
    table.options.update(assistant=play.assistant.title, user=play.user.title)
    if play.specify:
        specific = yield from table.do(Utterance, table.act(SPECIFIER.name, "specify_task"))
        table.messages.pop()
        table.options["task"] = specific.text
    for turn in range(play.turns):
        judged = watch.judge(table.made)
        if judged.state == "end":
            return (yield from table.end(play.user.name, judged.report, "it went in circles", "looping"))
        role, skill = ((play.user, "instruct"), (play.assistant, "carry_out"))[turn % 2]
        said = yield from _said(table, play, role.name, skill, judged.hint)
        # Nothing is done before anything was carried out.
        if skill == "instruct" and DONE in said.text and (solution := _solution(table, play)):
            return (yield from table.end(role.name, solution, "the task is done"))
    return (
        yield from table.end(
            play.user.name, _solution(table, play), f"the limit of {play.turns} turns", "stopped"
        )
    )


def _said(table: Table, play: Play, name: str, skill: str, hint: str) -> Steps[Utterance]:
    """The turn; with a critic, the proposal that it chooses. The others are not part of the dialogue."""
    if play.critic is None:
        return (yield from table.do(Utterance, table.act(name, skill, note=hint)))
    acts = [table.act(name, skill, note=hint, sample=str(n)) for n in range(play.proposals)]
    proposals = yield from table.do_all(Utterance, acts)
    messages = [table.messages.pop() for _ in proposals][::-1]
    shown = "\n".join(f"{n}: {' '.join(p.text.split())}" for n, p in enumerate(proposals, start=1))
    act = table.act(play.critic.name, "choose", question=note("best_proposal"), choices=shown)
    chosen = yield from table.do(Choice, act)
    table.messages[-1:] = [messages[int(chosen.choice) - 1]]
    return proposals[int(chosen.choice) - 1]


def _solution(table: Table, play: Play) -> str:
    solutions = [turn.text for turn in table.utterances if turn.speaker == play.assistant.name]
    return solutions[-1] if solutions else ""
