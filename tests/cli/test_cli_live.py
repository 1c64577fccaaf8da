"""What the live views show of a run's events."""

import io

import pytest
from rich.console import Console

from makery.interfaces.cli.live import LiveView
from makery.interfaces.cli.progress import Progress
from makery.interfaces.cli.text import duration
from makery.kernel.completion import Purpose, Usage
from makery.kernel.documents import Check, CheckResult, TestReport, TestSuite
from makery.kernel.events import ActStarted, Event, MessagePublished, ModelCalled, RunStarted, TextStreamed
from makery.kernel.message import Message
from makery.testing import requirement_of


def published(artifact: object, act: str = "") -> MessagePublished:
    message = Message.model_validate({"id": act or "first", "sender": "x", "artifact": artifact})
    return MessagePublished(act=act, message=message.record())


def story() -> list[Event]:
    """A run of two clauses, one of them checked, with an engineer at work."""
    purpose = Purpose(run="r", role="engineer", skill="write_code")
    check = Check(id="K1", clauses=("C1",), code="def test_a(): pass")
    report = TestReport(candidate=0, revision=0, results=(CheckResult(check="K1", outcome="passed"),))
    return [
        RunStarted(run="r1", team="t", mode="duo", model="embedded", out="/out"),
        published(requirement_of("It adds. It subtracts.")),
        published(TestSuite(checks=(check,)), "a1"),
        published(report, "a2"),
        ActStarted(act="a3", role="engineer", skill="write_code", label="main.py"),
        TextStreamed(purpose=purpose, text="print('hi')"),
        ModelCalled(
            purpose=purpose,
            model="embedded",
            template="write_code",
            version="0" * 12,
            usage=Usage(prompt_tokens=1000, completion_tokens=234),
            usd=0.0,
            seconds=2.0,
            finish="stop",
            attempts=1,
            source="model",
            digest="0" * 64,
        ),
    ]


def screen(view: LiveView) -> str:
    console = Console(file=io.StringIO(), width=120, record=True)
    console.print(view.render())
    return console.export_text()


def test_progress_counts_checked_clauses_tokens_and_who_works() -> None:
    progress = Progress(clock=lambda: 0.0)

    for event in story():
        progress.take(event)

    assert (progress.clauses, progress.checked) == (2, {"C1"})
    assert [work.about for work in progress.working.values()] == ["main.py"]
    assert progress.meter.total.usage.total == 1234


def test_the_display_shows_who_works_on_what_and_what_it_cost() -> None:
    view = LiveView(Console(file=io.StringIO()))

    for event in story():
        view(event)

    shown = screen(view)
    assert "1 of 2 clauses checked" in shown
    assert "engineer" in shown and "main.py" in shown
    assert "1,234 tokens" in shown


@pytest.mark.parametrize("stream", [True, False])
def test_streamed_text_is_on_the_display_only_on_demand(stream: bool) -> None:
    view = LiveView(Console(file=io.StringIO()), stream=stream)

    for event in story():
        view(event)

    assert ("print('hi')" in screen(view)) is stream


def test_markup_in_what_a_model_wrote_is_shown_as_it_is() -> None:
    view = LiveView(Console(file=io.StringIO()), stream=True)
    view(TextStreamed(purpose=Purpose(role="engineer"), text="[bold]x[/oops]"))

    assert "[bold]x[/oops]" in screen(view)


@pytest.mark.parametrize(("seconds", "text"), [(7.6, "8 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_times_read_like_times(seconds: float, text: str) -> None:
    assert duration(seconds) == text
