"""Lets requests that begin alike share the work of reading that beginning, also when they come at once.

llama.cpp's server reuses what a slot has read only within that slot: four requests with one long beginning,
sent together, make four slots read it (measured on two busy cores with 800 tokens and the 0.5B: 51 s instead
of 2 s). But it can save a slot and restore it into another within milliseconds. So each new beginning is read
once, saved, and restored into whatever slot needs it next; those that would read it at the same moment wait.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


class Slots(Protocol):
    """The slots of the server, as far as sharing needs them; none of this raises."""

    def save(self, slot: int, name: str) -> int:
        """Save what the slot has read; how many bytes that took, 0 if it could not be saved."""
        ...

    def restore(self, slot: int, name: str) -> bool:
        """Put a saved beginning into the slot; whether that worked."""
        ...

    def forget(self, name: str) -> None:
        """Remove a saved beginning."""
        ...


@dataclass
class _Slot:
    number: int
    text: str = ""
    """What it has read, as far as we know."""
    busy: bool = False
    used: int = 0
    """When it was last taken, counted in requests."""


@dataclass
class _Saved:
    name: str
    text: str
    size: int
    used: int


@dataclass
class _Plan:
    """How one request gets its slot ready."""

    slot: _Slot
    restore: _Saved | None
    fill: bool
    """Whether so much is new that it is read and saved first."""


@dataclass
class SharedPrefixes:
    """Gives each request a slot that has read as much of its prompt as any request before it."""

    slots: Slots
    count: int
    """How many slots there are."""
    worth: int = 600
    """Characters that a detour must save: about 150 tokens, two seconds of reading on two cores."""
    most_bytes: int = 1 << 30
    """Of all saved beginnings together."""
    _all: list[_Slot] = field(init=False)
    _saved: list[_Saved] = field(init=False, default_factory=list)
    _filling: list[str] = field(init=False, default_factory=list)
    _changed: threading.Condition = field(init=False, default_factory=threading.Condition)
    _clock: int = 0

    def __post_init__(self) -> None:
        self._all = [_Slot(number) for number in range(self.count)]

    @contextmanager
    def slot(self, text: str, read: Callable[[int], bool]) -> Iterator[int]:
        """A slot for one request, waited for; free again afterwards.

        Args:
            text: The request's prompt, in an order in which equal beginnings mean equal tokens.
            read: Makes the slot of that number read the prompt and answer nothing; whether that worked.
        """
        plan = self._take(text)
        try:
            self._prepare(plan, text, read)
            yield plan.slot.number
        finally:
            with self._changed:
                plan.slot.busy = False
                self._changed.notify_all()

    def _take(self, text: str) -> _Plan:
        with self._changed:
            while not (free := self._free()) or self._worth_waiting(text):
                self._changed.wait()
            self._clock += 1
            slot = max(free, key=lambda one: (self._worthy(one.text, text), -one.used))
            saved = max(self._saved, key=lambda one: _common(one.text, text), default=None)
            own, other = _common(slot.text, text), _common(saved.text, text) if saved else 0
            restore = saved if other >= own + self.worth else None
            plan = _Plan(slot, restore, fill=len(text) - (other if restore else own) >= self.worth)
            slot.busy, slot.used, slot.text = True, self._clock, text
            if plan.fill:
                self._filling.append(text)
            return plan

    def _free(self) -> list[_Slot]:
        return [slot for slot in self._all if not slot.busy]

    def _worthy(self, known: str, text: str) -> int:
        """Characters in common, 0 if too few to choose a slot for."""
        common = _common(known, text)
        return common if common >= self.worth else 0

    def _worth_waiting(self, text: str) -> bool:
        """Whether somebody is just reading much more of the same beginning than is known yet."""
        known = [saved.text for saved in self._saved] + [slot.text for slot in self._free()]
        most = max((_common(one, text) for one in known), default=0)
        return any(_common(one, text) >= most + self.worth for one in self._filling)

    def _prepare(self, plan: _Plan, text: str, read: Callable[[int], bool]) -> None:
        if plan.restore and self.slots.restore(plan.slot.number, plan.restore.name):
            plan.restore.used = plan.slot.used
        if not plan.fill:
            return
        try:
            if read(plan.slot.number):
                self._save(plan.slot, text)
        finally:
            with self._changed:
                self._filling.remove(text)
                self._changed.notify_all()

    def _save(self, slot: _Slot, text: str) -> None:
        name = f"prefix-{slot.used}.bin"
        size = self.slots.save(slot.number, name)
        if not size:
            return
        with self._changed:
            self._saved.append(_Saved(name, text, size, slot.used))
            self._saved.sort(key=lambda one: one.used)
            while sum(one.size for one in self._saved) > self.most_bytes:
                self.slots.forget(self._saved.pop(0).name)


def _common(one: str, other: str) -> int:
    """How many characters the two begin with alike, by halving: texts are long and this is asked often."""
    alike, most = 0, min(len(one), len(other))
    while alike < most:
        middle = (alike + most + 1) // 2
        if one[alike:middle] == other[alike:middle]:
            alike = middle
        else:
            most = middle - 1
    return alike
