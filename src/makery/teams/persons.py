"""A person in any seat of any team: what the role's model would say, choose or plan, the person is asked for.

In a conversation a seat with `human: always` does the same by its own rules; this works for every protocol.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.dialogue import Agenda, Bid, Choice, Deed, Opinion, Utterance
from makery.kernel.ports import Question
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.team import Team
from makery.skills.society.transcript import transcript
from makery.teams.seats import EXIT

NOT_ASKED = ("conclude", "tell", "ask_human", "use_tools", "run_blocks", "run_action", "run_cell")
"""Skills without a model: a person has no say in them either."""
_SHOWN = 6
"""Messages that a person sees before they answer."""


def with_persons(team: Team, names: Collection[str]) -> Team:
    """The team with persons in the seats of those roles."""
    skills = {
        name: skill if name in NOT_ASKED or skill.produces() not in _READERS else ByPerson(skill, names)
        for name, skill in team.skills.items()
    }
    return replace(team, skills=skills) if names else team


class Asked(Frozen):
    """What a skill was to do, and what a person is shown of it."""

    inner: Any
    question: str
    choices: tuple[str, ...]
    places: tuple[str, ...]


class ByPerson(Skill[Asked, Artifact]):
    """A skill that a person does for some roles; an empty answer, or none, leaves it to the model."""

    def __init__(self, skill: Skill[Any, Any], names: Collection[str]) -> None:
        self._skill = skill
        self._names = names
        self.name = skill.name  # type: ignore[misc]
        self.purpose = skill.purpose  # type: ignore[misc]

    def gather(self, act: Act, artifacts: Inputs) -> Asked:
        """As the skill itself, with the last turns and the question in words."""
        given = self._skill.gather(act, artifacts)
        said = transcript(artifacts[-_SHOWN:], most=2000)
        asked = act.option("situation") or act.option("question") or act.option("todo") or act.option("note")
        names = (line.partition(":")[0].strip() for line in act.option("choices").split("\n"))
        lines = (said, asked, f"({self.purpose})")
        return Asked(
            inner=given,
            question="\n".join(filter(None, lines)),
            choices=tuple(filter(None, names)),
            places=tuple(filter(None, act.option("places").split("\n"))),
        )

    async def run(self, given: Asked, tools: Toolbox) -> Artifact:
        """The person's answer as what the skill gives; the model's where there is none."""
        name = tools.role.name if tools.role else ""
        if name in self._names:
            question = Question(role=name, text=given.question, choices=given.choices)
            answer = (await tools.people.ask(question) or "").strip()
            made = _READERS[self._skill.produces()](name, answer, given) if answer not in ("", EXIT) else None
            if made is not None:
                return made
        return await self._skill.run(given.inner, tools)


def _deed(who: str, answer: str, given: Asked) -> Artifact | None:
    """`the inn: I sit down. "Hello!"`: the place first, what is done, what is said in quotes."""
    place, _, rest = answer.partition(":")
    fitting = [name for name in given.places if name.lower() == place.strip().lower()]
    doing, _, says = rest.partition('"')
    if not fitting:
        return None
    return Deed(who=who, place=fitting[0], doing=doing.strip() or "is there", says=says.strip('" '))


def _bid(who: str, answer: str, given: Asked) -> Artifact | None:
    return Bid(who=who, urgency=min(10, int(answer))) if answer.isdecimal() else None


def _agenda(who: str, answer: str, given: Asked) -> Artifact:
    return Agenda(tasks=tuple(part.strip() for part in answer.split(";") if part.strip()))


def _opinion(who: str, answer: str, given: Asked) -> Artifact:
    """Reasons may stand before the last `=>`."""
    reasoning, _, last = answer.rpartition("=>")
    return Opinion(speaker=who, reasoning=reasoning.strip(), answer=last.strip())


_READERS: Mapping[type[Artifact], Any] = {
    Agenda: _agenda,
    Bid: _bid,
    Choice: lambda who, answer, given: Choice(choice=answer, reason="a person chose"),
    Deed: _deed,
    Opinion: _opinion,
    Utterance: lambda who, answer, given: Utterance(speaker=who, text=answer),
}
