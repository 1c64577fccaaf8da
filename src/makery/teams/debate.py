"""Several answer alone, read each other, answer again; then a vote or a judge decides. Each answer is kept.

Multi-agent debate (Du et al. 2023, arXiv:2305.14325). `majority_vote` is what it has to beat: the same
number of answers that never see each other (self-consistency, Wang et al. 2022, arXiv:2203.11171).
"""

import re
from collections import Counter
from collections.abc import Sequence

from makery.kernel.dialogue import Choice, Ending, Opinion
from makery.kernel.program import Program, Steps
from makery.kernel.role import Role
from makery.kernel.team import Team
from makery.skills.registry import load_skills
from makery.teams.notes import note
from makery.teams.seats import member
from makery.teams.table import Table


def debater(name: str, goal: str = "You find the right answer and check each step.") -> Role:
    """A role that can take part in a debate."""
    return member(name, goal, skills=("answer_problem",))


def debate(*debaters: Role, rounds: int = 2, judge: Role | None = None) -> Team:
    """A team that answers `rounds` times, first alone; a judge decides only where no majority does."""
    program = Program(lambda pool: argue(Table.of(pool), debaters, rounds, judge))
    roles = (*debaters, *((judge,) if judge else ()))
    return Team(name="debate", roles=roles, protocol=program, skills=load_skills())


def majority_vote(role: Role, *, answers: int = 5) -> Team:
    """A team of one that answers so many times, independently; the most frequent answer wins."""
    program = Program(lambda pool: vote(Table.of(pool), role.name, answers))
    return Team(name="majority_vote", roles=(role,), protocol=program, skills=load_skills())


def argue(table: Table, debaters: Sequence[Role], rounds: int, judge: Role | None) -> Steps[Ending]:
    """The debate itself. It ends early when all agree."""
    opening = table.messages[: table.opening]
    opinions: list[Opinion] = []
    for number in range(rounds):
        seen = [*opening, *table.messages[table.opening :][-len(debaters) :]] if number else opening
        acts = [
            table.act(role.name, "answer_problem", sees=seen, sample=str(n))
            for n, role in enumerate(debaters)
        ]
        opinions = yield from table.do_all(Opinion, acts)
        if len({canonical(opinion.answer) for opinion in opinions}) == 1:
            return (
                yield from table.end(debaters[0].name, opinions[0].answer, f"agreement in round {number + 1}")
            )
    winner, votes = most_frequent([opinion.answer for opinion in opinions])
    if judge is None or votes * 2 > len(opinions):
        return (yield from table.end(debaters[0].name, winner, f"{votes} of {len(opinions)} votes"))
    choices = "\n".join(f"{o.speaker}: {' '.join(o.reasoning.split())} Answer: {o.answer}" for o in opinions)
    act = table.act(judge.name, "choose", sees=opening, question=note("best_answer"), choices=choices)
    chosen = yield from table.do(Choice, act)
    answer = next(opinion.answer for opinion in opinions if opinion.speaker == chosen.choice)
    how = f"the judge chose {chosen.choice}"
    if chosen.assumed:
        how = f"no majority, and the judge gave no usable choice: the first answer, {chosen.choice}'s, stands"
    return (yield from table.end(judge.name, answer, how))


def vote(table: Table, name: str, answers: int) -> Steps[Ending]:
    """Independent answers, then the vote."""
    acts = [table.act(name, "answer_problem", sample=str(n)) for n in range(answers)]
    opinions = yield from table.do_all(Opinion, acts)
    winner, votes = most_frequent([opinion.answer for opinion in opinions])
    return (yield from table.end(name, winner, f"{votes} of {answers} votes"))


def most_frequent(answers: Sequence[str]) -> tuple[str, int]:
    """The answer that most give, the first given of equals, and how many give it."""
    counts = Counter(map(canonical, answers))
    best = max(answers, key=lambda answer: counts[canonical(answer)])
    return best, counts[canonical(best)]


def canonical(answer: str) -> str:
    """The same for answers that mean the same: `The answer is 1,200.0 km` and `1200`."""
    numbers = re.findall(r"-?\d[\d,]*(?:\.\d+)?", answer)
    if numbers:
        return f"{float(numbers[-1].replace(',', '')):g}"
    return re.sub(r"\W+", " ", answer.casefold()).strip()
