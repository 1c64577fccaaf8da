"""A stand-in for models that answers from a script and refuses everything else."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from makery.kernel.completion import Completion, ModelCall, Usage

Answer = str | Completion | Exception | Callable[[ModelCall], str]
"""What a script may hold: a text, a whole completion (to test cut ones), an error to raise, or a
function of the call."""

CHARACTERS_PER_TOKEN = 4
_HEAD = 200


class UnexpectedCall(AssertionError):
    """The code under test asked for something that the script does not hold."""


class LeftOver(AssertionError):
    """The script holds something that the code under test never asked for."""


class ScriptedModel:
    """The kernel's `Models` port, answering each skill's calls in the order of its script.

    The script is keyed by skill name (`call.purpose.skill`), so that skills that run at the same time
    cannot take each other's answers. Token counts are estimated from the texts; the answers cost nothing.

        model = ScriptedModel({"write_prd": ["{...}"], "write_code": ["```python ...```"]})
        ...
        model.assert_finished()

    Args:
        answers: what each skill gets, in order.
        candidates: what `Models.candidates` reports.
        one_suite: what `Models.one_suite` reports.
        delay: awaited before each answer; hand in an event's or a barrier's wait to prove that calls overlap.
    """

    def __init__(
        self,
        answers: Mapping[str, Sequence[Answer]],
        *,
        candidates: int = 1,
        one_suite: bool = False,
        delay: Callable[[ModelCall], Awaitable[object]] | None = None,
    ) -> None:
        self.calls: list[ModelCall] = []
        """Every call that was made, refused ones included, in order."""
        self._answers = {skill: deque(script) for skill, script in answers.items()}
        self._candidates = candidates
        self._one_suite = one_suite
        self._delay = delay

    @property
    def candidates(self) -> int:
        """How many independent answers should be asked for."""
        return self._candidates

    @property
    def one_suite(self) -> bool:
        """Whether the checks of all clauses are asked for at once."""
        return self._one_suite

    async def complete(self, call: ModelCall, /) -> Completion:
        """The next answer of the calling skill's script.

        Raises:
            UnexpectedCall: the script holds no answer for that skill, or no more.
            Exception: the script holds an error at this place.
        """
        self.calls.append(call)
        answer = self._next(call)
        if self._delay is not None:
            await self._delay(call)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Completion):
            return answer
        return completion_of(answer if isinstance(answer, str) else answer(call), call)

    def calls_of(self, skill: str) -> list[ModelCall]:
        """The calls that one skill made, in order."""
        return [call for call in self.calls if call.purpose.skill == skill]

    def assert_finished(self) -> None:
        """Insist that every answer was asked for.

        Raises:
            LeftOver: some were not; names the skills and how many answers each has left.
        """
        left = {skill: len(script) for skill, script in self._answers.items() if script}
        if left:
            raise LeftOver(f"Answers that nobody asked for, by skill: {left}.")

    def _next(self, call: ModelCall) -> Answer:
        script = self._answers.get(call.purpose.skill)
        if script:
            return script.popleft()
        known = "its answers are used up" if script is not None else f"only {sorted(self._answers)} have any"
        raise UnexpectedCall(
            f"Unexpected model call by skill {call.purpose.skill!r} (role {call.purpose.role!r}): {known}.\n"
            f"The prompt begins: {call.prompt.user[:_HEAD]!r}"
        )


def completion_of(text: str, call: ModelCall, *, model: str = "scripted") -> Completion:
    """A whole completion with that text and token counts estimated from the texts."""
    prompt = len(call.prompt.system) + len(call.prompt.user)
    usage = Usage(prompt_tokens=_tokens(prompt), completion_tokens=_tokens(len(text)))
    return Completion(text=text, finish="stop", model=model, usage=usage)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
