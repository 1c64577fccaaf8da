"""The report: counts, statistics and comparisons that can be worked out by hand."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from makery.lab.line import Configuration, Line, Tokens, append
from makery.lab.statistics import bootstrap, mcnemar, wilson
from makery.lab.summary import compare, over_suites, summaries

Makery = Callable[..., Result]


def line(number: int, *, mode: str = "direct", solved: bool | None = True, **more: object) -> Line:
    configuration = {"suite": more.pop("suite", "mbpp"), "mode": mode, "model": "m", "process": "f" * 12}
    facts = {
        "configuration": Configuration.model_validate(configuration),
        "id": str(number),
        "task": "t",
        "makery": "0.1.0",
        "commit": "c",
        "prompts": "p",
        "solved": solved,
        "base_solved": solved,
        "passed": 4 if solved else 1,
        "total": 4,
        "tokens": Tokens(prompt=80, completion=20),
        "seconds": 10.0,
        "failure": "" if solved else "wrong value",
    }
    return Line.model_validate({**facts, **more})


def test_a_summary_counts_what_can_be_judged() -> None:
    (found,) = summaries([line(1), line(2, solved=False), line(3, solved=None), line(4)])

    assert (found.solved, len(found.lines), found.not_run) == (2, 3, 1)
    assert found.fraction == pytest.approx((1 + 0.25 + 1) / 3)
    assert found.tokens_per_task == 100
    assert found.tokens_per_solved == 150, "failures cost, too"
    assert found.failures == {"wrong value": 1}


def test_precision_and_recall_of_the_verdict() -> None:
    verified = {"verdict": "verified"}
    (found,) = summaries([line(1, **verified), line(2, **verified, solved=False), line(3), line(4)])

    assert found.precision == pytest.approx(1 / 2)
    assert found.recall == pytest.approx(1 / 3)


def test_partly_verified_is_not_verified() -> None:
    (found,) = summaries([line(1, verdict="partly verified")])
    assert found.verified == 0 and found.precision is None


def test_times_of_cached_runs_do_not_count() -> None:
    (found,) = summaries([line(1), line(2, seconds=1.0, from_cache=3)])
    assert found.seconds == 10.0


def test_configurations_are_compared_on_their_common_tasks() -> None:
    first = [line(n, solved=n > 4) for n in range(1, 9)]
    second = [line(n, mode="duo", solved=n > 1) for n in range(1, 7)]
    one, other = summaries([*first, *second])

    done = compare(one, other)
    assert (done.pairs, done.wins, done.losses) == (6, 3, 0)
    assert done.p == pytest.approx(0.25)
    assert done.difference == pytest.approx(0.5)
    assert done.interval.low < 0.5 < done.interval.high


def test_tasks_whose_tests_changed_are_not_compared() -> None:
    one, other = summaries([line(1), line(1, mode="duo", task="other")])
    assert compare(one, other).pairs == 0


@pytest.mark.parametrize(
    ("wins", "losses", "p"), [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (8, 1, 0.0390625), (3, 3, 1.0)]
)
def test_mcnemar_is_exact(wins: int, losses: int, p: float) -> None:
    assert mcnemar(wins, losses) == pytest.approx(p)


def test_a_bootstrap_is_the_same_each_time_and_holds_the_mean() -> None:
    differences = [1.0] * 10 + [0.0] * 40 + [-1.0] * 5
    low_high = bootstrap(differences)

    assert low_high == bootstrap(differences)
    assert low_high.low < 5 / 55 < low_high.high
    assert bootstrap([0.0] * 5).low == bootstrap([]).high == 0.0


def test_wilson_stays_between_nothing_and_all() -> None:
    assert wilson(0, 18).low == 0.0 and wilson(0, 18).high == pytest.approx(0.176, abs=0.001)
    assert wilson(18, 18).high == 1.0


def test_the_same_process_on_several_suites_is_put_together() -> None:
    found = summaries([line(1), line(1, suite="humaneval", verdict="verified"), line(1, mode="duo")])
    (whole,) = over_suites(found)

    assert whole.configuration.suite == "all" and len(whole.lines) == 2
    assert whole.precision == 1.0


def test_the_command_prints_markdown_and_draws_a_picture(makery: Makery, tmp_path: Path) -> None:
    for n in range(4):
        append(tmp_path / "a.jsonl", line(n, solved=n > 1))
        append(tmp_path / "b.jsonl", line(n, mode="duo", solved=n > 0))
    result = makery("eval", "report", "a.jsonl", "b.jsonl", "--plot", "p.svg")

    assert result.exit_code == 0, result.output
    assert "| 1 | mbpp direct m, ffffffff | 4 | 2 (50.0 %) |" in result.stdout
    assert "| 2 against 1 | 4 | 1 | 0 | 1.000 | +25.0 points" in result.stdout
    assert "| 1 | 2 |\n| 2 | 1 |" in result.stdout, "failures by class"
    picture = ET.parse(tmp_path / "p.svg").getroot()
    assert len(picture.findall("{http://www.w3.org/2000/svg}circle")) == 3, "two points and a legend"


def test_errors_are_counted_by_their_kind(makery: Makery, tmp_path: Path) -> None:
    append(tmp_path / "a.jsonl", line(1, solved=False, error="LimitReached"))
    append(tmp_path / "a.jsonl", line(2, error="LimitReached"))

    assert "|   | LimitReached |\n| --- | --- |\n| 1 | 2 |" in makery("eval", "report", "a.jsonl").stdout


def test_difficulties_are_told_apart(makery: Makery, tmp_path: Path) -> None:
    append(tmp_path / "a.jsonl", line(1, group="easy"))
    append(tmp_path / "a.jsonl", line(2, group="hard", solved=False))
    out = makery("eval", "report", "a.jsonl").stdout

    assert "| 1 | easy | 1 | 100.0 % |" in out and "| 1 | hard | 0 | 25.0 % |" in out


def test_the_report_can_be_json_or_a_file(makery: Makery, tmp_path: Path) -> None:
    append(tmp_path / "a.jsonl", line(1))

    assert json.loads(makery("eval", "report", "a.jsonl", "--json").stdout)[0]["solved"] == 1
    assert makery("eval", "report", "a.jsonl", "-o", "r.md").stdout == ""
    assert (tmp_path / "r.md").read_text(encoding="utf-8").startswith("# Evaluation")


def test_a_file_that_is_missing_or_empty_is_told(makery: Makery, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")

    assert makery("eval", "report", "none.jsonl").exit_code == 2
    assert "no results" in makery("eval", "report", "empty.jsonl").stderr
