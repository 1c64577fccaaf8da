"""Best of N: one candidate after the other, the first clean one ends the search."""

import asyncio
from dataclasses import dataclass

import pytest
from teams_world import ALL, World, block, by_sample, keeping, requirement, verdict

from makery.kernel.documents import AS_FOUND, Check, SourceCode
from makery.kernel.team import Team
from makery.teams.best_of_n import Lone

EXAMPLES = tuple(
    Check(id=f"E_{clause}", clauses=(clause,), code="def test(): ...", origin="requirement") for clause in ALL
)


@dataclass
class LoneWorld(World):
    """A world in which an engineer may try three times."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.team: Team = Lone(3).team("direct", candidates=1)


def world(*programs: str, **more: object) -> LoneWorld:
    answers = {"write_code": by_sample(*(block(text) for text in programs))}
    return LoneWorld(answers, examples=EXAMPLES, **more)  # type: ignore[arg-type]


async def test_a_first_clean_candidate_is_the_only_one() -> None:
    made = world(keeping(*ALL))
    pool = await made.run()

    assert verdict(pool).status == "verified"
    assert made.asked == {"write_code": 1}


async def test_another_is_asked_for_only_when_the_one_before_is_not_clean() -> None:
    made = world(keeping("C1"), keeping(*ALL), keeping(*ALL))
    pool = await made.run()

    assert verdict(pool).candidate == 1
    assert made.asked == {"write_code": 2}


async def test_without_a_clean_one_the_best_is_delivered_unmended() -> None:
    made = world("broken", keeping("C1", "C2"), keeping("C1"))
    pool = await made.run()

    assert verdict(pool).candidate == 1 and verdict(pool).status != "verified"
    assert made.asked == {"write_code": 3}, "no QA, no repair"
    assert Lone(3).best_program(pool) == next(p for p in pool.artifacts(SourceCode) if p.candidate == 1)


@pytest.mark.parametrize("seed", [{"todo.py": "# ok:C1"}])
async def test_a_change_runs_the_repository_s_own_tests_first(seed: dict[str, str]) -> None:
    made = world(keeping(*ALL), given=requirement(seed=seed))
    pool = await made.run()

    reports = [message for message in pool if message.skill == "run_code"]
    assert any(message.artifact.candidate == AS_FOUND for message in reports)  # type: ignore[attr-defined]
    assert verdict(pool).candidate == 0


def test_a_replay_makes_the_same_choices() -> None:
    one, other = world(keeping("C1"), keeping(*ALL)), world(keeping("C1"), keeping(*ALL))
    first = asyncio.run(one.run())
    second = other.stepped(lambda n: n - 1)

    assert {message.id for message in first} == {message.id for message in second}
