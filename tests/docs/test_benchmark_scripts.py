"""The benchmarks' arithmetic, and the form of what they keep."""

import json

import pytest

from makery.kernel.completion import Purpose, Usage
from makery.kernel.events import CommandRun, Entry, ModelCalled

FIELDS = {"value", "unit", "n", "command", "date", "machine", "commit"}


def called(skill: str, prompt: int, cached: int, source: str = "model") -> ModelCalled:
    return ModelCalled(
        purpose=Purpose(skill=skill),
        model="m",
        template="t",
        version="v",
        usage=Usage(prompt_tokens=prompt, cached_tokens=cached),
        usd=0.0,
        seconds=1.0,
        finish="stop",
        attempts=1,
        source=source,
        digest="d",
    )


@pytest.fixture
def ledger(tmp_path):
    """An export with two calls that a model answered, one from the cache, and a command."""
    ran = CommandRun(purpose="checks", argv=("true",), exit_status=0, seconds=2.0)
    found = [
        called("write_code", 100, 25),
        called("write_test", 100, 75),
        called("write_test", 900, 0, "cache"),
    ]
    entries = [Entry(run="r", seq=n, at=float(n), event=event) for n, event in enumerate([*found, ran], 1)]
    path = tmp_path / "ledger.jsonl"
    path.write_text("".join(f"{entry.model_dump_json()}\n" for entry in entries), encoding="utf-8")
    return path


def test_only_calls_that_a_model_answered_count_for_the_prefix_cache(script, ledger):
    measure = script("benchmarks/prefix_cache.py")
    by_skill = measure.usage_by_skill([ledger])
    assert measure.share(sum(by_skill.values(), Usage())) == 0.5
    assert {skill: measure.share(usage) for skill, usage in by_skill.items()} == {
        "write_code": 0.25,
        "write_test": 0.75,
    }


@pytest.mark.parametrize(
    ("ended", "seconds"),
    [
        ([], 0.0),
        ([(10, 4)], 4.0),
        ([(10, 4), (12, 4)], 6.0),
        ([(10, 8), (6, 1)], 8.0),
        ([(3, 1), (9, 2)], 3.0),
    ],
)
def test_time_under_way_counts_once_what_went_on_side_by_side(script, ended, seconds):
    assert script("benchmarks/ledger.py").covered(ended) == seconds


def test_recorded_model_seconds_are_those_of_all_recorded_answers(script, tmp_path):
    lines = [
        {"makery_recording": 1, "model": "m"},
        {"digest": "a", "completion": {"text": "x", "seconds": 1.5}},
        {"digest": "b", "failure": {"kind": "Repetition"}},
        {"digest": "c", "completion": {"text": "y", "seconds": 2.0}},
    ]
    (tmp_path / "recording.jsonl").write_text("".join(f"{json.dumps(x)}\n" for x in lines), encoding="utf-8")
    assert script("benchmarks/overhead.py").recorded_model_seconds(tmp_path) == 3.5


def test_a_measure_is_kept_with_all_that_is_needed_to_repeat_it(script, tmp_path):
    record = script("benchmarks/record.py").record
    summary = tmp_path / "summary.json"
    record("b", 1.0, "s", n=3, command="make bench", summary=summary)
    record("a", 2.0, "s", n=3, command="make bench", summary=summary)
    record("b", 3.0, "s", n=3, command="make bench", machine="a laptop", note="hot", summary=summary)
    kept = json.loads(summary.read_text(encoding="utf-8"))
    assert kept["b"].pop("note") == "hot"
    assert list(kept) == ["a", "b"]
    assert (kept["b"]["value"], kept["b"]["machine"]) == (3.0, "a laptop")
    assert all(set(measure) == FIELDS for measure in kept.values())


def test_every_published_measure_has_all_its_fields(root):
    summary = json.loads((root / "benchmarks" / "summary.json").read_text(encoding="utf-8"))
    fields = {name: set(measure) - {"note"} for name, measure in summary.items()}
    assert {name: found for name, found in fields.items() if found != FIELDS} == {}


def test_growth_of_memory_is_the_slope_of_the_second_half(script):
    load = script("benchmarks/load.py")
    warming = [load.Reading(minutes=float(n), mib=100.0 + 50 * n) for n in range(4)]
    flat = [load.Reading(minutes=float(n), mib=300.0 + n / 60) for n in range(4, 8)]
    assert load.slope([*warming, *flat]) == pytest.approx(1.0)
    assert load.slope(warming[:1]) == 0.0
