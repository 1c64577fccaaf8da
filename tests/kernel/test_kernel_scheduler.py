"""The scheduler is a dataflow: every ready act at once, each exactly once, and the same after a crash."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact, Frozen
from makery.kernel.errors import ContractViolation, RateLimited
from makery.kernel.events import ActFailed, ActStarted, MessagePublished
from makery.kernel.message import Message
from makery.kernel.pool import Pool
from makery.kernel.role import Role
from makery.kernel.scheduler import Scheduler, message_id
from makery.kernel.skill import Inputs, Skill, Toolbox
from makery.kernel.team import Team
from makery.testing import ListSink, toolbox

Graph = dict[str, tuple[str, ...]]
"""Nodes and the nodes each needs, all of which come before it."""

Hook = Callable[[str], Awaitable[None]]


class Made(Artifact):
    node: str
    parts: tuple[str, ...]


class Wanted(Frozen):
    node: str
    parts: tuple[str, ...]


async def nothing(node: str) -> None:
    """Work that takes no time."""


class Make(Skill[Wanted, Made]):
    name = "make"
    purpose = "Makes a node out of those it needs."

    def __init__(self, hook: Hook = nothing) -> None:
        self.hook = hook
        self.performed: Counter[str] = Counter()
        self.purposes: list[tuple[str, str, str]] = []

    def gather(self, act: Act, artifacts: Inputs) -> Wanted:
        return Wanted(node=act.option("node"), parts=tuple(made.node for made in artifacts.all(Made)))

    async def run(self, given: Wanted, tools: Toolbox) -> Made:
        self.performed[given.node] += 1
        self.purposes.append((tools.purpose.run, tools.purpose.role, tools.purpose.skill))
        await self.hook(given.node)
        return Made(node=given.node, parts=given.parts)


@dataclass
class GraphProtocol:
    """Names every act whose needs are in the pool, again and again."""

    graph: Graph
    goal: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.goal = frozenset(self.graph)

    def next_acts(self, pool: Pool) -> Sequence[Act]:
        made = {m.artifact.node: m.id for m in pool if isinstance(m.artifact, Made)}
        return [
            Act(
                role="worker",
                skill="make",
                inputs=tuple(made[need] for need in needs),
                options=(("node", node),),
            )
            for node, needs in self.graph.items()
            if all(need in made for need in needs)
        ]

    def finished(self, pool: Pool) -> bool:
        return self.goal <= {made.node for made in pool.artifacts(Made)}


class PlainEngine:
    """Performs whatever it is given."""

    async def perform(self, act: Act, work: Callable[[], Awaitable[Message]], /) -> Message:
        return await work()


WORKER = Role(name="worker", title="Worker", goal="work", watches=("Made",), skills=("make",))


def company(graph: Graph, skill: Make | None = None) -> Team:
    return Team(
        name="graph", roles=(WORKER,), protocol=GraphProtocol(graph), skills={"make": skill or Make()}
    )


async def run(team: Team, pool: Pool | None = None, sink: ListSink | None = None) -> Pool:
    pool = Pool() if pool is None else pool
    await Scheduler(team, pool, toolbox(), PlainEngine(), sink or ListSink(), run="r1").run()
    return pool


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = [f"n{number}" for number in range(draw(st.integers(1, 7)))]
    graph: Graph = {}
    for name in names:
        graph[name] = tuple(draw(st.lists(st.sampled_from(list(graph)), unique=True))) if graph else ()
    return graph


@st.composite
def yields(draw: st.DrawFn) -> Hook:
    """Work that lets others go first a random number of times: random interleavings without a clock."""
    turns = draw(st.lists(st.integers(0, 4), min_size=1, max_size=7))

    async def hook(node: str) -> None:
        for _ in range(turns[int(node[1:]) % len(turns)]):
            await asyncio.sleep(0)

    return hook


@settings(max_examples=60)
@given(graph=graphs(), hook=yields())
def test_every_act_is_performed_exactly_once_after_what_it_needs(graph: Graph, hook: Hook) -> None:
    skill, sink = Make(hook), ListSink()
    pool = asyncio.run(run(company(graph, skill), sink=sink))
    assert skill.performed == Counter(list(graph))
    order = [made.node for made in pool.artifacts(Made)]
    assert all(order.index(need) < order.index(node) for node, needs in graph.items() for need in needs)
    assert all(set(made.parts) == set(graph[made.node]) for made in pool.artifacts(Made))
    assert len(sink.of(ActStarted)) == len(sink.of(MessagePublished)) == len(graph)
    assert [Message.model_validate(event.message) for event in sink.of(MessagePublished)] == list(pool)


@settings(max_examples=60)
@given(graph=graphs(), hook=yields(), other=yields(), data=st.data())
def test_going_on_from_any_prefix_leads_to_the_same_messages(
    graph: Graph, hook: Hook, other: Hook, data: st.DataObject
) -> None:
    whole = list(asyncio.run(run(company(graph, Make(hook)))))
    kept = whole[: data.draw(st.integers(0, len(whole)))]
    skill = Make(other)
    again = list(asyncio.run(run(company(graph, skill), Pool(tuple(kept)))))
    assert again[: len(kept)] == kept
    assert {message.id: message for message in again} == {message.id: message for message in whole}
    assert set(skill.performed) == {
        m.artifact.node for m in whole[len(kept) :] if isinstance(m.artifact, Made)
    }


async def test_independent_acts_run_at_the_same_time() -> None:
    meeting = asyncio.Barrier(3)

    async def meet(node: str) -> None:
        await meeting.wait()  # passes only when all three are here at once

    pool = await run(company({"n0": (), "n1": (), "n2": ()}, Make(meet)))
    assert len(pool) == 3


async def test_an_act_starts_as_soon_as_its_own_needs_exist() -> None:
    slow_may_end = asyncio.Event()

    async def hook(node: str) -> None:
        if node == "slow":
            await slow_may_end.wait()
        if node == "after_fast":
            slow_may_end.set()  # would never come if a whole phase had to end first

    pool = await run(company({"slow": (), "fast": (), "after_fast": ("fast",)}, Make(hook)))
    assert {made.node for made in pool.artifacts(Made)} == {"fast", "after_fast", "slow"}


async def test_an_act_that_is_named_again_while_under_way_is_not_started_twice() -> None:
    skill = Make()
    await run(company({"a": (), "b": (), "c": ("b",), "d": ("c", "a")}, skill))
    assert set(skill.performed.values()) == {1}


async def test_an_error_stops_the_others_and_is_raised() -> None:
    stopped: list[str] = []
    under_way = asyncio.Event()

    async def hook(node: str) -> None:
        if node == "fails":
            await under_way.wait()
            raise RateLimited("slow down")
        try:
            under_way.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append(node)
            raise

    sink = ListSink()
    with pytest.raises(RateLimited, match="slow down"):
        await run(company({"fails": (), "waits": ()}, Make(hook)), sink=sink)
    assert stopped == ["waits"]
    failed = sink.of(ActFailed)
    assert [(event.role, event.error, event.message) for event in failed] == [
        ("worker", "RateLimited", "slow down")
    ]


async def test_stopping_a_run_stops_its_acts() -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def hook(node: str) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    task = asyncio.create_task(run(company({"a": ()}, Make(hook))))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stopped.is_set()


async def test_what_was_published_before_an_error_stays() -> None:
    async def hook(node: str) -> None:
        if node == "b":
            raise RateLimited("slow down")

    pool = Pool()
    with pytest.raises(RateLimited):
        await run(company({"a": (), "b": ("a",)}, Make(hook)), pool)
    assert [made.node for made in pool.artifacts(Made)] == ["a"]


async def test_a_protocol_that_is_stuck_is_a_contract_violation() -> None:
    team = company({"a": ()})
    team.protocol.goal = frozenset({"a", "never"})  # type: ignore[attr-defined]
    with pytest.raises(ContractViolation, match="'graph' is stuck"):
        await run(team)


async def test_a_protocol_that_is_finished_starts_nothing() -> None:
    skill = Make()
    team = company({"a": ()}, skill)
    pool = await run(team)
    await run(team, pool)
    assert skill.performed == {"a": 1}


async def test_a_skill_knows_on_whose_behalf_it_works() -> None:
    skill = Make()
    await run(company({"a": ()}, skill))
    assert skill.purposes == [("r1", "worker", "make")]


async def test_an_act_s_message_has_the_id_that_the_act_determines() -> None:
    team = company({"a": ()})
    (act,) = team.protocol.next_acts(Pool())
    (message,) = await run(team)
    assert message.id == message_id(act)
    assert (message.sender, message.skill, message.causes) == ("worker", "make", ())


async def test_a_role_without_the_skill_may_not_act() -> None:
    idle = WORKER.model_copy(update={"skills": ()})
    team = Team(name="t", roles=(idle,), protocol=GraphProtocol({"a": ()}), skills={"make": Make()})
    with pytest.raises(ContractViolation, match="no skill 'make'"):
        await run(team)


def test_a_team_is_refused_if_its_roles_do_not_fit() -> None:
    protocol = GraphProtocol({})
    with pytest.raises(ContractViolation, match="same name"):
        Team(name="t", roles=(WORKER, WORKER), protocol=protocol, skills={"make": Make()})
    with pytest.raises(ContractViolation, match="unknown skills"):
        Team(name="t", roles=(WORKER,), protocol=protocol, skills={})
    with pytest.raises(ContractViolation, match="no role 'boss'"):
        company({}).role("boss")


def test_a_skill_says_what_it_takes_and_produces() -> None:
    assert (Make.takes(), Make.produces()) == (Wanted, Made)


def test_inputs_are_picked_by_kind() -> None:
    one, two = Made(node="1", parts=()), Made(node="2", parts=())
    inputs = Inputs([one, two])
    assert (inputs.all(Made), inputs.last(Made), inputs.one(Made)) == ((one, two), two, two)
    with pytest.raises(LookupError, match="no Requirement"):
        _ = inputs.requirement
