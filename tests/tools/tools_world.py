"""What tests of tools share."""

from collections import deque

from makery.kernel.ports import Question
from makery.kernel.tool import ToolCall


class Persons:
    """The `People` port: answers in order; every question is kept."""

    def __init__(self, *answers: str | None) -> None:
        self.asked: list[Question] = []
        self._answers = deque(answers)

    async def ask(self, question: Question, /) -> str | None:
        self.asked.append(question)
        return self._answers.popleft()


def call(tool: str, **arguments: object) -> ToolCall:
    return ToolCall(id="c1", tool=tool, arguments=arguments)
