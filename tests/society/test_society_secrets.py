"""What is told in confidence reaches nobody else: not by a protocol's choice, and not against it."""

import pytest
from secret_attempts import SECRET, conversation, village, with_memories
from society_world import run

from makery.kernel.act import Act
from makery.kernel.dialogue import Ending, Utterance
from makery.kernel.errors import ContractViolation
from makery.kernel.pool import Pool
from makery.kernel.program import Steps
from makery.teams.table import Table


def forbidden(pool: Pool) -> Steps[Ending]:
    """A protocol with a bug, or of an enemy: it hands the wolf the seer's message."""
    table = Table.of(pool)
    yield from table.do(Utterance, table.act("seer", "speak", to=("seer",)))
    yield Act(role="wolf", skill="speak", inputs=tuple(message.id for message in table.messages))
    return (yield from table.end("seer", "", ""))


def test_a_secret_leaks_in_none_of_a_hundred_attempts() -> None:
    tried = conversation()
    assert len(tried.asked) == 100
    assert tried.leaked == 0


def test_a_protocol_that_hands_a_secret_on_is_stopped_by_the_kernel() -> None:
    with pytest.raises(ContractViolation, match="'wolf' may not read message"):
        run(village(forbidden), {"speak": ["The wolf is Ada."]}, finished=False)


def test_whoever_it_is_for_can_read_it() -> None:
    def told(pool: Pool) -> Steps[Ending]:
        table = Table.of(pool)
        yield from table.do(Utterance, table.act("seer", "speak", to=("villager",)))
        yield from table.do(Utterance, table.act("villager", "speak"))
        return (yield from table.end("seer", "", "told"))

    done = run(village(told), {"speak": ["It is Ada.", "So it is Ada."]})
    assert "seer: It is Ada." in done.model.calls[1].prompt.user


def test_what_one_character_was_told_reaches_no_other_in_a_hundred_attempts() -> None:
    tried = with_memories()
    calls = tried.done.model.calls
    others = [call for call in calls if call.purpose.role != "ada"]
    assert len(tried.asked) >= 100
    assert tried.leaked == 0
    assert not any(SECRET in call.prompt.user or SECRET in call.prompt.system for call in others)
    assert any(SECRET in call.prompt.user for call in calls if call.purpose.role == "ada")
