"""A budget is never exceeded, however calls interleave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from makery.kernel.budget import Budget, Limits, Reservation, Spent
from makery.kernel.completion import Usage
from makery.kernel.errors import LimitReached

TOKENS, USD, CALLS = 1000, 1.0, 12


class BudgetMachine(RuleBasedStateMachine):
    """Calls reserve their worst case, then settle for at most that, or are given up."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.limits = Limits(tokens=TOKENS, usd=USD, calls=CALLS)
        self.budget = Budget(self.limits)
        self.open: list[Reservation] = []

    @rule(target=held, tokens=st.integers(0, 400), cents=st.integers(0, 40))
    def reserve(self, tokens: int, cents: int) -> Reservation | None:
        before = (self.budget.spent, len(self.open))
        try:
            reservation = self.budget.reserve(tokens, cents / 64)
        except LimitReached as error:
            assert error.remedy
            assert self.would_exceed(tokens, cents / 64)
            assert (self.budget.spent, len(self.open)) == before
            return None
        assert not self.would_exceed(tokens, cents / 64)
        self.open.append(reservation)
        return reservation

    @rule(reservation=consumes(held), share=st.integers(0, 4))
    def settle(self, reservation: Reservation | None, share: int) -> None:
        if reservation is None:
            return
        usage = Usage(prompt_tokens=reservation.tokens * share // 4)
        self.budget.settle(reservation, usage, reservation.usd * share / 4)
        self.open.remove(reservation)

    @rule(reservation=consumes(held))
    def release(self, reservation: Reservation | None) -> None:
        if reservation is not None:
            spent = self.budget.spent
            self.budget.release(reservation)
            self.open.remove(reservation)
            assert self.budget.spent == spent

    @precondition(lambda self: not self.open)
    @rule()
    def go_on_after_a_restart(self) -> None:
        self.budget = Budget(self.limits, self.budget.spent)

    @invariant()
    def nothing_is_exceeded(self) -> None:
        spent = self.budget.spent
        assert spent.usage.total + sum(r.tokens for r in self.open) <= TOKENS
        assert spent.usd + sum(r.usd for r in self.open) <= USD
        assert spent.calls + len(self.open) <= CALLS

    def would_exceed(self, tokens: int, usd: float) -> bool:
        spent = self.budget.spent
        return (
            spent.usage.total + sum(r.tokens for r in self.open) + tokens > TOKENS
            or spent.usd + sum(r.usd for r in self.open) + usd > USD
            or spent.calls + len(self.open) + 1 > CALLS
        )


TestBudgetUnderAnyInterleaving = BudgetMachine.TestCase


@given(st.integers(0, 10**9), st.floats(0, 1e6))
def test_without_limits_nothing_is_refused(tokens: int, usd: float) -> None:
    budget = Budget(Limits())
    budget.settle(budget.reserve(tokens, usd), Usage(prompt_tokens=tokens), usd)
    assert (budget.spent.usage.total, budget.spent.usd, budget.spent.calls) == (tokens, usd, 1)


@given(spent=st.floats(0, 100), elapsed=st.floats(0, 100))
def test_time_is_counted_over_all_sittings(spent: float, elapsed: float) -> None:
    budget = Budget(Limits(seconds=60), Spent(seconds=spent))
    if spent + elapsed < 60:
        budget.check_time(elapsed)
        return
    for ask in (lambda: budget.check_time(elapsed), lambda: budget.reserve(1, 0, elapsed=elapsed)):
        with pytest.raises(LimitReached, match="--max-minutes"):
            ask()


@pytest.mark.parametrize(
    ("limits", "option"),
    [
        (Limits(tokens=5), "--max-tokens"),
        (Limits(usd=0.5), "--max-usd"),
        (Limits(calls=0), "--max-calls"),
        (Limits(seconds=0), "--max-minutes"),
    ],
)
def test_the_refusal_names_the_option_to_raise_and_the_exit_status(limits: Limits, option: str) -> None:
    with pytest.raises(LimitReached, match=rf"{option} is reached.*larger {option}") as caught:
        Budget(limits).reserve(6, 0.6)
    assert (caught.value.limit, caught.value.exit_status) == (option, 4)


def test_a_local_model_costs_nothing_and_passes_a_limit_of_nothing() -> None:
    budget = Budget(Limits(usd=0.0))
    budget.settle(budget.reserve(100, 0.0), Usage(prompt_tokens=100), 0.0)
    assert budget.spent.usd == 0


def test_a_reservation_can_be_given_back_only_once() -> None:
    budget = Budget(Limits(tokens=10))
    reservation = budget.reserve(10, 0)
    budget.release(reservation)
    with pytest.raises(ValueError, match="not in list"):
        budget.release(reservation)
    assert budget.reserve(10, 0).tokens == 10


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), max_size=6))
def test_usage_adds_up_in_any_order(parts: list[tuple[int, int, int]]) -> None:
    usages = [Usage(prompt_tokens=p, completion_tokens=c, cached_tokens=k) for p, c, k in parts]
    assert sum(usages, Usage()) == sum(reversed(usages), Usage())
    assert sum(usages, Usage()).total == sum(p + c for p, c, _ in parts)
