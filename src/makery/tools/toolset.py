"""The kernel's `Toolset` port: tools by name, asked for or refused, with bounded results."""

import difflib
import json
from collections.abc import Iterable, Sequence

from makery.kernel.completion import UNNAMED, Purpose
from makery.kernel.errors import ContractViolation, MakeryError, ModelError
from makery.kernel.ports import People, Question
from makery.kernel.tool import ToolCall, ToolOutcome, ToolSpec
from makery.tools.permission import Permissions, fits
from makery.tools.retrieval import ToolIndex
from makery.tools.tool import Tool, ToolFailed

MOST_CHARACTERS = 6000
"""Of one result in a prompt; the middle of a longer one is left out, and that is said."""
YES, NO = "yes", "no"


class ToolBelt:
    """Tools that roles may use.

    Args:
        tools: what there is; names are unique.
        people: who is asked where a rule says so.
        permissions: which tools are allowed, asked for, denied.
        most_characters: the bound of one result.
    """

    def __init__(
        self,
        tools: Iterable[Tool],
        *,
        people: People,
        permissions: Permissions | None = None,
        most_characters: int = MOST_CHARACTERS,
    ) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.spec.name in self._tools:
                raise ContractViolation(f"Two tools are called {tool.spec.name!r}.")
            self._tools[tool.spec.name] = tool
        self._people = people
        self._permissions = permissions or Permissions()
        self._most = most_characters

    def offered(self, names: Sequence[str], /) -> tuple[ToolSpec, ...]:
        """The tools that fit a name or pattern and are not denied, by name."""
        return tuple(
            tool.spec
            for name, tool in sorted(self._tools.items())
            if fits(name, names) and self._permissions.of(name, safe=tool.safe) != "deny"
        )

    def find(self, need: str, names: Sequence[str], /, *, most: int = 5) -> tuple[ToolSpec, ...]:
        """Those of them that fit a need best."""
        index = ToolIndex(self.offered(names))
        try:
            return index.find(need, most=most)
        finally:
            index.close()

    async def call(
        self, call: ToolCall, names: Sequence[str], /, *, purpose: Purpose = UNNAMED
    ) -> ToolOutcome:
        """Do what a model asks, or tell it why not; it never raises for what a tool does wrong.

        `purpose` says on whose behalf, and where an answer to the question for consent is to be sent.

        Raises:
            MakeryError: what stops a whole run: a limit, an interruption.
        """
        try:
            tool = self._permitted(call, names)
            await self._agreed(tool, call, purpose)
            text = await _worked(tool, call)
        except ModelError as error:
            return ToolOutcome(call=call.id, tool=call.tool, text=self._bounded(str(error)), failed=True)
        return ToolOutcome(call=call.id, tool=call.tool, text=self._bounded(text))

    def _permitted(self, call: ToolCall, names: Sequence[str]) -> Tool:
        known = [spec.name for spec in self.offered(names)]
        if call.tool in known:
            return self._tools[call.tool]
        near = difflib.get_close_matches(call.tool, known, n=3) or known[:8]
        raise ToolFailed(f"There is no tool {call.tool!r} for you. There are: {', '.join(near) or 'none'}.")

    async def _agreed(self, tool: Tool, call: ToolCall, purpose: Purpose) -> None:
        if self._permissions.of(call.tool, safe=tool.safe) == "allow":
            return
        arguments = json.dumps(call.arguments, ensure_ascii=False)
        question = Question(
            role=purpose.role,
            text=f"May {call.tool} be used with {arguments}?",
            choices=(YES, NO),
            act=purpose.act,
            consent=True,
            audience=purpose.audience,
        )
        answer = await self._people.ask(question)
        if answer is None:
            raise ToolFailed(f"{call.tool} needs a person's consent, and nobody is there. Go another way.")
        if answer != YES:
            raise ToolFailed(f"The user does not allow {call.tool} with these arguments. Go another way.")

    def _bounded(self, text: str) -> str:
        if len(text) <= self._most:
            return text
        head, tail = text[: self._most * 2 // 3], text[-self._most // 3 :]
        return f"{head}\n[{len(text) - len(head) - len(tail)} characters left out here]\n{tail}"


async def _worked(tool: Tool, call: ToolCall) -> str:
    """What the tool gives.

    Raises:
        ToolFailed: it raised an error of its own; a tool is foreign code, and its model has to hear of it.
        MakeryError: as the tool raised it.
    """
    try:
        return await tool.work(call.arguments)
    except MakeryError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {error}. Change the arguments or go another way."
        raise ToolFailed(said) from error
