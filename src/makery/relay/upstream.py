"""The accounts that a relay passes requests on to, and which of them to ask next."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from pydantic import SecretStr

from makery.kernel.artifact import Frozen

_MILLION = 1_000_000


class Upstream(Frozen):
    """An account at an OpenAI-compatible endpoint."""

    name: str
    base_url: str
    """With its version path, without a trailing slash."""
    key: SecretStr = SecretStr("")
    weight: int = 1
    models: tuple[str, ...] = ()
    """Empty: whatever is asked for."""
    usd_per_million_in: float | None = None
    usd_per_million_out: float | None = None

    @property
    def priced(self) -> bool:
        """Whether it is known what its tokens cost."""
        return self.usd_per_million_in is not None and self.usd_per_million_out is not None

    def usd(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What tokens cost there; 0 where nobody knows."""
        price_in, price_out = self.usd_per_million_in or 0.0, self.usd_per_million_out or 0.0
        return (prompt_tokens * price_in + completion_tokens * price_out) / _MILLION

    def has(self, model: str) -> bool:
        """Whether it may be asked for a model."""
        return not self.models or model in self.models


class Health(Frozen):
    """How an account has done."""

    name: str
    calls: int
    failures: int
    cooling_seconds: float
    """How long it is still left alone; 0 if it is in use."""
    last_problem: str


@dataclass
class _Record:
    calls: int = 0
    failures: int = 0
    cool_until: float = 0.0
    problem: str = ""


@dataclass
class Pool:
    """Chooses among accounts by weight; those that failed are asked last until they have cooled down."""

    upstreams: tuple[Upstream, ...]
    cool_down: float = 30.0
    """Seconds, where the account does not say itself how long."""
    clock: Callable[[], float] = time.monotonic
    random: Random = field(default_factory=Random)
    _records: dict[str, _Record] = field(default_factory=dict)

    def order(self, model: str) -> tuple[Upstream, ...]:
        """All accounts that have a model, in the order in which to ask them."""
        now = self.clock()
        fitting = [one for one in self.upstreams if one.has(model)]
        fresh = [one for one in fitting if self._record(one).cool_until <= now]
        cooling = [one for one in fitting if one not in fresh]
        cooling.sort(key=lambda one: self._record(one).cool_until)
        return (*self._shuffled(fresh), *cooling)

    def worked(self, upstream: Upstream) -> None:
        """Note that an account answered."""
        record = self._record(upstream)
        record.calls += 1
        record.cool_until = 0.0

    def failed(self, upstream: Upstream, problem: str, seconds: float | None = None) -> None:
        """Note that an account failed, and leave it alone for a while."""
        record = self._record(upstream)
        record.calls += 1
        record.failures += 1
        record.problem = problem
        record.cool_until = self.clock() + (self.cool_down if seconds is None else seconds)

    def health(self) -> tuple[Health, ...]:
        """How each account has done."""
        now = self.clock()
        return tuple(
            Health(
                name=one.name,
                calls=self._record(one).calls,
                failures=self._record(one).failures,
                cooling_seconds=max(0.0, self._record(one).cool_until - now),
                last_problem=self._record(one).problem,
            )
            for one in self.upstreams
        )

    def models(self) -> tuple[str, ...]:
        """All models that accounts name, sorted."""
        return tuple(sorted({model for one in self.upstreams for model in one.models}))

    def _record(self, upstream: Upstream) -> _Record:
        return self._records.setdefault(upstream.name, _Record())

    def _shuffled(self, upstreams: Iterable[Upstream]) -> list[Upstream]:
        # Efraimidis and Spirakis: sorting by u^(1/w) draws without replacement in proportion to the weights.
        keyed = [(self.random.random() ** (1 / one.weight), one) for one in upstreams]
        return [one for _, one in sorted(keyed, key=lambda pair: pair[0], reverse=True)]
