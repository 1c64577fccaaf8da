"""Calls that lead a run: stop, continue, answer, another way."""

from typing import Any, Literal

from makery.client import wire
from makery.client.calls import Calls, safe, sent


class Steering(Calls):
    """See `Client`. `run` is a run's whole id."""

    def pause(self, run: str) -> wire.RunDetail:
        """Stop a run, whoever works on it; it can be resumed."""
        return self._post(f"runs/{safe(run)}/pause", wire.RunDetail)

    def cancel(self, run: str) -> wire.RunDetail:
        """Give a run up for good; what it made stays."""
        return self._post(f"runs/{safe(run)}/cancel", wire.RunDetail)

    def resume(self, run: str, **limits: Any) -> wire.RunDetail:
        """Continue a run. `limits` are the fields of `ContinuedRun`."""
        order = wire.ContinuedRun(**limits)
        return self._post(f"runs/{safe(run)}/resume", wire.RunDetail, json=sent(order))

    def fork(self, run: str, at: str, *, once: str = "", **options: Any) -> wire.RunDetail:
        """Go another way from a step, in a new run. `options` are the fields of `ForkedRun`."""
        order = wire.ForkedRun(at=at, **options)
        return self._post(f"runs/{safe(run)}/fork", wire.RunDetail, once=once, json=sent(order))

    def questions(self, run: str) -> tuple[wire.Question, ...]:
        """What a run waits for a person to decide; the oldest first."""
        return self._get(f"runs/{safe(run)}/questions", wire.Page[wire.Question]).items

    def turns(self, run: str, *, role: str | None = None) -> tuple[wire.Turn, ...]:
        """The seats in which a run waits for a person, the oldest first; `role` is your seat."""
        given = {} if role is None else {"role": role}
        return self._get(f"runs/{safe(run)}/turns", wire.Page[wire.Turn], **given).items

    def say(self, run: str, text: str, *, role: str | None = None, act: str | None = None) -> wire.Turn:
        """Speak in a seat of a run; with the `act` of a turn, in that turn only."""
        order = wire.Speech(text=text, role=role, act=act)
        return self._post(f"runs/{safe(run)}/say", wire.Turn, json=sent(order))

    def answer(self, run: str, decision: Literal["approve", "edit", "reject"], **more: Any) -> wire.Question:
        """Decide what a run waits for. `more` are the other fields of `Answer`."""
        order = wire.Answer(decision=decision, **more)
        return self._post(f"runs/{safe(run)}/answer", wire.Question, json=sent(order))
