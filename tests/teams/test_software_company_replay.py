"""The protocol is a pure function of the pool: the same after a crash, and in whatever order acts end."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from teams_world import (
    ALL,
    APP,
    CLI,
    World,
    asked_path,
    block,
    by_sample,
    keeping,
    made_by,
    requirement,
    verdict,
)

from makery.kernel.documents import Delivery, MutationReport, TestReport
from makery.kernel.message import derived_id
from makery.kernel.pool import Pool
from makery.kernel.scheduler import message_id
from makery.kernel.verdict import Verdict
from makery.teams.software_company import best_program

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LINES = [*(f"# ok:{clause}" for clause in ALL), *(f"# lost:{clause}" for clause in ALL), "broken", ""]
LINES += [keeping(*ALL)] * 3


def lucky(seed: int, skill: str) -> Callable:
    """Answers that are good or bad by chance, the same for the same call."""

    def answer(call) -> str:
        digest = int(derived_id(str(seed), skill, call.prompt.user, str(call.sample)), 16)
        lines = [LINES[digest % len(LINES)], LINES[digest // 16 % len(LINES)]]
        return block("\n".join(lines) or "# x", asked_path(call))

    return answer


def world_of(seed: int, *, mode="duo", candidates: int = 1) -> World:
    wrong = ALL[: seed % 3]
    return World(
        {
            "write_code": lucky(seed, "write_code"),
            "debug_error": lucky(seed, "debug_error"),
        },
        mode=mode,
        candidates=candidates,
        wrong=wrong,
        given=requirement(APP if mode == "company" else CLI),
        proves_nothing=frozenset({"C2.0.1"}) if seed % 2 else frozenset(),
    )


def outcome(pool: Pool) -> tuple[object, object]:
    return verdict(pool), best_program(pool)


def first(ready: int) -> int:
    return 0


def last(ready: int) -> int:
    return ready - 1


@FEW
@given(st.integers(0, 10**6), st.sampled_from(["direct", "duo", "company"]), st.integers(1, 3))
def test_every_run_ends_with_one_delivery_however_good_or_bad_the_model_is(
    seed: int, mode, candidates: int
) -> None:
    pool = world_of(seed, mode=mode, candidates=candidates).stepped(first, most=120)
    assert len(pool.artifacts(Delivery)) == 1


@FEW
@given(st.integers(0, 10**6), st.sampled_from(["direct", "duo", "company"]), st.data())
def test_verdict_and_program_do_not_depend_on_the_order_in_which_acts_end(
    seed: int, mode, data: st.DataObject
) -> None:
    world = world_of(seed, mode=mode)
    expected = outcome(world.stepped(first))
    drawn = world.stepped(lambda ready: data.draw(st.integers(0, ready - 1)))
    assert outcome(drawn) == expected == outcome(world.stepped(last))


@pytest.mark.parametrize("mode", ["direct", "duo", "company"])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_the_same_pool_names_the_same_acts_and_is_not_changed(mode, seed: int) -> None:
    world = world_of(seed, mode=mode, candidates=2)
    messages = tuple(world.stepped(first))
    for end in range(1, len(messages) + 1):
        pool = Pool(messages[:end])
        acts = list(world.team.protocol.next_acts(pool))
        assert acts == list(world.team.protocol.next_acts(Pool(messages[:end])))
        assert tuple(pool) == messages[:end]
        assert len({act.id for act in acts}) == len(acts)


@pytest.mark.parametrize("mode", ["direct", "duo", "company"])
@pytest.mark.parametrize("candidates", [1, 2])
def test_a_run_cut_off_after_any_message_goes_on_to_the_same_end(mode, candidates: int) -> None:
    world = world_of(5, mode=mode, candidates=candidates)
    messages = tuple(world.stepped(first))
    expected = outcome(Pool(messages))
    for end in range(1, len(messages) + 1):
        assert outcome(world.stepped(first, Pool(messages[:end]))) == expected


def test_every_message_was_asked_for_before_it_came() -> None:
    world = world_of(7, mode="company", candidates=2)
    messages = tuple(world.stepped(last))
    named: set[str] = set()
    for end in range(1, len(messages)):
        named |= {message_id(act) for act in world.team.protocol.next_acts(Pool(messages[:end]))}
        assert messages[end].id in named


@pytest.mark.parametrize("seed", range(6))
def test_the_scheduler_comes_to_the_same_end_as_one_act_after_the_other(seed: int) -> None:
    world = world_of(seed)
    alone = outcome(world.stepped(first))
    assert outcome(asyncio.run(world_of(seed).run())) == alone


def test_the_requirement_alone_starts_every_mode_and_finishes_none() -> None:
    for mode in ("direct", "duo", "company"):
        world = World(mode=mode)
        assert not world.team.protocol.finished(world.pool())
        assert world.team.protocol.next_acts(world.pool())


@FEW
@given(st.integers(0, 10**6), st.integers(2, 3), st.data())
def test_candidates_may_end_in_any_order_and_program_verdict_and_delivery_agree(
    seed: int, candidates: int, data: st.DataObject
) -> None:
    pool = world_of(seed, candidates=candidates).stepped(lambda ready: data.draw(st.integers(0, ready - 1)))
    program, delivery = best_program(pool), pool.latest(Delivery)
    assert program is not None and delivery is not None
    assert (program.candidate, program.revision) == (verdict(pool).candidate, verdict(pool).revision)
    assert str(verdict(pool)) in delivery.readme


@FEW
@given(st.data())
def test_the_candidate_that_is_found_clean_first_is_challenged_judged_and_delivered_alone(
    data: st.DataObject,
) -> None:
    programs = [block(keeping(*ALL, extra=f"# {number}"), f"part{number}.py") for number in range(3)]
    world = World({"write_code": by_sample(*programs)}, candidates=3)
    pool = world.stepped(lambda ready: data.draw(st.integers(0, ready - 1)))
    first_clean = made_by(pool, "run_code")[0].artifact
    assert isinstance(first_clean, TestReport)
    assert [judged.candidate for judged in pool.artifacts(Verdict)] == [first_clean.candidate]
    assert len(pool.artifacts(MutationReport)) == 1
    delivery = pool.latest(Delivery)
    assert delivery is not None and f"part{first_clean.candidate}.py" in delivery.readme
