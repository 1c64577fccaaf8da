"""A protocol written as a generator: a pure function of the pool, told once and not anew at each turn."""

import pytest

from makery.kernel.act import Act
from makery.kernel.artifact import Artifact
from makery.kernel.errors import ContractViolation
from makery.kernel.message import Message
from makery.kernel.pool import Pool
from makery.kernel.program import Program, Steps, message_id


class Word(Artifact):
    text: str


class Telling:
    """A conversation of three turns that counts how often it was begun."""

    def __init__(self, *, faulty: bool = False) -> None:
        self.begun = 0
        self.faulty = faulty

    def steps(self, _: Pool) -> Steps[None]:
        self.begun += 1
        said: list[str] = []
        for number in range(3):
            message = yield Act(
                role="ada", skill="speak", label=str(number), options=(("said", "".join(said)),)
            )
            said.append(message.artifact.text)
            if self.faulty:
                raise ContractViolation("No.")


def grow(program: Program, pool: Pool, text: str) -> None:
    (act,) = program.next_acts(pool)
    pool.publish(Message(id=message_id(act), sender="ada", skill="speak", artifact=Word(text=text)))


def test_a_conversation_is_told_once_however_long_its_pool_grows() -> None:
    telling, pool = Telling(), Pool()
    program = Program(telling.steps)
    for text in "abc":
        assert not program.finished(pool)
        grow(program, pool, text)
    assert program.finished(pool)
    assert telling.begun == 1


def test_another_pool_with_the_same_messages_leads_to_the_same_acts() -> None:
    program, pool = Program(Telling().steps), Pool()
    grow(program, pool, "a")
    grow(program, pool, "b")
    assert program.next_acts(Pool(tuple(pool))) == program.next_acts(pool)
    assert Program(Telling().steps).next_acts(pool) == program.next_acts(pool)


def test_what_a_conversation_raises_it_raises_each_time_it_is_asked() -> None:
    program, pool = Program(Telling(faulty=True).steps), Pool()
    grow(program, pool, "a")
    for _ in range(2):
        with pytest.raises(ContractViolation):
            program.finished(pool)
