"""A person at the terminal answers what is asked there."""

import io
import sys

import pytest

from makery.interfaces.cli.people import TerminalPeople
from makery.kernel.ports import Question


@pytest.mark.parametrize(
    ("typed", "default", "answer"), [("\n", "yes", "yes"), ("\n", "", ""), ("no\n", "yes", "no")]
)
async def test_an_empty_line_means_what_the_question_offers(
    typed: str, default: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert await TerminalPeople().ask(Question(role="you", text="Run it?", default=default)) == answer


async def test_whoever_is_gone_has_agreed_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert await TerminalPeople().ask(Question(role="you", text="Run it?", default="yes")) == "exit"
