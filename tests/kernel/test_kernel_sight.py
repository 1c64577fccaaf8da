"""What is seen of a run with the eyes of a role: its own, what it was told, and what everybody may know."""

import pytest

from makery.kernel.completion import Purpose, Usage
from makery.kernel.events import (
    ActFailed,
    ActStarted,
    Answered,
    CommandRun,
    Entry,
    Event,
    MessagePublished,
    ModelCalled,
    ModelRetried,
    PersonAsked,
    RunEnded,
    TextStreamed,
)
from makery.kernel.sight import EVERYTHING, HIDDEN, Sight

BEN = Purpose(role="ben", skill="choose", act="a", audience=("ben",))
ANNA, BOTH = Sight(seats=("anna",)), Sight(seats=("anna", "ben"))
ONE_SCREEN = Sight(seats=("anna", "ben"), one_screen=True)
CALLED = ModelCalled(
    purpose=BEN,
    model="m",
    template="choose",
    version="1",
    usage=Usage(prompt_tokens=7),
    usd=0.5,
    seconds=1.0,
    finish="stop",
    attempts=1,
    source="model",
    digest="d",
)
BEN_S: tuple[Event, ...] = (
    ActStarted(act="a", role="ben", skill="choose", label="Whom do you kill?", audience=("ben",)),
    ActFailed(act="a", role="ben", skill="choose", error="E", message="m", audience=("ben",)),
    PersonAsked(act="a", role="ben", text="Whom do you kill?"),
    Answered(act="a", reply="{}", role="ben", audience=()),
    MessagePublished(act="a", message={"sender": "ben", "audience": ["ben"]}),
    TextStreamed(purpose=BEN, text="cleo"),
    ModelRetried(purpose=BEN, reason="r", change="c"),
)
PUBLIC: tuple[Event, ...] = (
    ActStarted(act="b", role="ben", skill="speak"),
    MessagePublished(act="b", message={"sender": "ben", "audience": ["*"]}),
    MessagePublished(act="", message={"sender": "user", "audience": ["*"]}),
    Answered(act="g", reply="{}"),
    TextStreamed(purpose=Purpose(role="ben"), text="Hello."),
    RunEnded(run="r", exit_status=0, verdict="", seconds=1.0),
)


@pytest.mark.parametrize("event", BEN_S, ids=lambda event: event.type)
def test_what_is_for_one_role_is_seen_by_nobody_else(event: Event) -> None:
    assert ANNA.event(event) is None
    assert BOTH.event(event) is None
    assert Sight(seats=("ben",)).event(event) == ONE_SCREEN.event(event) == EVERYTHING.event(event) == event


@pytest.mark.parametrize("event", PUBLIC, ids=lambda event: event.type)
def test_what_is_for_all_is_seen_by_all(event: Event) -> None:
    assert ANNA.event(event) == BOTH.event(event) == event


def test_a_cost_counts_without_saying_whose_it_was() -> None:
    seen = ANNA.event(CALLED)
    assert isinstance(seen, ModelCalled)
    assert (seen.usage, seen.usd, seen.purpose.role, seen.purpose.act) == (CALLED.usage, 0.5, HIDDEN, "")
    assert "ben" not in seen.model_dump_json() and "choose" not in seen.model_dump_json()


def test_of_a_command_only_how_it_ended_is_seen() -> None:
    ran = CommandRun(purpose="code", argv=("python", "secret.py"), exit_status=1, seconds=1.0)
    assert ANNA.event(ran) == ran.model_copy(update={"argv": ()})


def test_entries_keep_their_numbers() -> None:
    told = [Entry(run="r", seq=seq, at=0.0, event=event) for seq, event in enumerate((*BEN_S, *PUBLIC), 1)]
    assert [entry.seq for entry in ANNA.entries(told)] == list(range(len(BEN_S) + 1, len(told) + 1))
    assert tuple(EVERYTHING.entries(told)) == tuple(told)
