"""One short question to a model, and what it showed in a sentence."""

from collections.abc import Callable

from makery.app.models import Trial
from makery.kernel.budget import Budget, Limits
from makery.kernel.completion import Completion, ModelCall, Prompt
from makery.kernel.errors import MakeryError
from makery.llm.connection import Connection
from makery.llm.gateway import Gateway

_QUESTION = Prompt(system="Answer with one word.", user="Say hello.")


async def try_connection(name: str, connect: Callable[[], Connection]) -> Trial:
    """Whether the model answers; errors become the sentence."""
    try:
        connection = connect()
        try:
            answer = await _ask(connection)
        finally:
            await connection.aclose()
    except MakeryError as error:
        return Trial(model=name, works=False, message=str(error))
    speed = answer.usage.completion_tokens / answer.seconds if answer.seconds else 0.0
    said = " ".join(answer.text.split())[:60]
    return Trial(
        model=name,
        works=True,
        message=f"{name} answered {said!r} in {answer.seconds:.1f} s ({speed:.0f} tokens/s).",
    )


async def _ask(connection: Connection) -> Completion:
    gateway = Gateway(
        connection=connection, budget=Budget(Limits()), sink=lambda _: None, allow_unknown_price=True
    )
    return await gateway.complete(ModelCall(prompt=_QUESTION, max_tokens=16))
