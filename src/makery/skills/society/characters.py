"""Characters with a memory of their own: they perceive, reflect, plan, act, want to speak, and speak.

Each skill sees what that character may see, and nothing else: what it heard since it last put something into
its memory, and the memories that matter now.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from makery.kernel.act import Act
from makery.kernel.artifact import Frozen
from makery.kernel.dialogue import Bid, Deed, Memories, Memory, Utterance
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.prompting import Sampling, Template, ask_opinion, load
from makery.skills.society.memory_stream import retrieved
from makery.skills.society.speak import say, uttered
from makery.skills.society.transcript import transcript

MOST_PERCEIVED = 10
"""Lines that a character keeps of what it saw and heard in an hour: the last ones."""
_LONGEST = 240
_HEARD = 3000

Insight = Annotated[str, Field(max_length=160)]
Step = Annotated[str, Field(max_length=100)]


class Input(Frozen):
    name: str
    situation: str
    """Where and when, and what is going on."""
    memories: tuple[str, ...]
    heard: str
    """Seen and heard since the last memories."""
    note: str
    now: int = Field(exclude=True)
    places: tuple[str, ...] = Field(default=(), exclude=True)


def gathered(act: Act, artifacts: Inputs) -> Input:
    """What a character knows at this moment."""
    own = [a for a in artifacts.all(Memories) if a.owner == act.role]
    last = max((n for n, a in enumerate(artifacts) if a in own), default=-1)
    heard = transcript(artifacts[last + 1 :], most=_HEARD)
    now, situation = int(act.option("now", "0")), act.option("situation")
    stream = [memory for memories in own for memory in memories.entries]
    return Input(
        name=act.role,
        situation=situation,
        memories=retrieved(stream, f"{situation} {heard[-600:]}", now=now),
        heard=heard,
        note=act.option("note"),
        now=now,
        places=tuple(place for place in act.option("places").split("\n") if place),
    )


class Ratings(BaseModel):
    ratings: list[Annotated[int, Field(ge=1, le=10)]] = Field(max_length=MOST_PERCEIVED)


class Perceive(Skill[Input, Memories]):
    """What a character saw and heard -> memories, each as important as the character thinks."""

    name = "perceive"
    purpose = "remember what was seen and heard, and how important it is"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        given = gathered(act, artifacts)
        lines = [line[:_LONGEST] for line in given.heard.splitlines() if line][-MOST_PERCEIVED:]
        return given.model_copy(update={"heard": "\n".join(lines)})

    async def run(self, given: Input, tools: Toolbox) -> Memories:
        lines = given.heard.splitlines()
        form = None
        if lines:
            form = await ask_opinion(tools, _template(self.name), given, Ratings, Sampling(max_tokens=80))
        ratings = [*(form.ratings if form else ()), *[5] * len(lines)]
        entries = (Memory(text=t, importance=r, at=given.now) for t, r in zip(lines, ratings, strict=False))
        return Memories(owner=given.name, entries=tuple(entries))


class Insights(BaseModel):
    insights: list[Insight] = Field(max_length=3)


class Reflect(Skill[Input, Memories]):
    """Memories -> up to three conclusions from them, which are memories, too."""

    name = "reflect"
    purpose = "draw conclusions from what is remembered"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return gathered(act, artifacts)

    async def run(self, given: Input, tools: Toolbox) -> Memories:
        form = await ask_opinion(tools, _template(self.name), given, Insights, Sampling(max_tokens=250))
        return _kept(given, form.insights if form else (), "reflection")


class Steps(BaseModel):
    steps: list[Step] = Field(max_length=5)


class MakePlan(Skill[Input, Memories]):
    """Who a character is and what it remembers -> its plan, which is a memory, too."""

    name = "make_plan"
    purpose = "plan what to do next"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return gathered(act, artifacts)

    async def run(self, given: Input, tools: Toolbox) -> Memories:
        form = await ask_opinion(tools, _template(self.name), given, Steps, Sampling(max_tokens=250))
        return _kept(given, form.steps if form else (), "plan")


class Doing(BaseModel):
    doing: str = Field(max_length=120)
    says: str = Field(max_length=200)


class Live(Skill[Input, Deed]):
    """The hour, memories and plan -> where the character goes, what it does there and says."""

    name = "live"
    purpose = "decide where to be, what to do and what to say this hour"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return gathered(act, artifacts)

    async def run(self, given: Input, tools: Toolbox) -> Deed:
        fields: dict[str, Any] = {"place": (Literal[given.places], ...)}
        form = create_model("Form", __base__=Doing, **fields)
        chosen = await ask_opinion(tools, _template(self.name), given, form, Sampling(max_tokens=200))
        if chosen is None:
            return Deed(who=given.name, place=given.places[0], doing="rests")
        return Deed(who=given.name, **chosen.model_dump())


class Urgency(BaseModel):
    urgency: int = Field(ge=0, le=10)


class BidToSpeak(Skill[Input, Bid]):
    """What was said so far -> how much the character wants to speak next."""

    name = "bid_to_speak"
    purpose = "say how much one wants to speak next"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return gathered(act, artifacts)

    async def run(self, given: Input, tools: Toolbox) -> Bid:
        form = await ask_opinion(tools, _template(self.name), given, Urgency, Sampling(max_tokens=20))
        return Bid(who=given.name, urgency=form.urgency if form else 0)


class SayInCharacter(Skill[Input, Utterance]):
    """What was said so far and memories -> what the character says."""

    name = "say_in_character"
    purpose = "say something as a character"

    def gather(self, act: Act, artifacts: Inputs) -> Input:
        return gathered(act, artifacts)

    async def run(self, given: Input, tools: Toolbox) -> Utterance:
        return uttered(await say(tools, _template(self.name), given), given.name)


def _kept(given: Input, texts: list[str] | tuple[()], kind: Literal["reflection", "plan"]) -> Memories:
    tidy = dict.fromkeys(" ".join(text.split()) for text in texts if text.strip())
    entries = (Memory(text=text, importance=8, at=given.now, kind=kind) for text in tidy)
    return Memories(owner=given.name, entries=tuple(entries))


def _template(name: str) -> Template:
    return load(__file__.replace("characters.py", f"{name}.py"))
