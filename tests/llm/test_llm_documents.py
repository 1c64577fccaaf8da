"""Documents out of answers, the schema check, the token estimate, the accounting table, and cheap imports."""

import json
import subprocess
import sys
from enum import Enum
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from makery.kernel.completion import Purpose, Usage
from makery.kernel.errors import MalformedOutput
from makery.kernel.events import Entry, ModelCalled, ModelRetried
from makery.llm.accounting import table
from makery.llm.schema import violation
from makery.llm.structured import document
from makery.llm.tokens import estimate


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    name: str = Field(min_length=1)
    weight: float | None = None


class Thing(BaseModel):
    model_config = {"extra": "forbid"}
    title: str
    count: int = Field(ge=0, le=9)
    kind: Literal["a", "b"]
    colour: Colour = Colour.RED
    parts: list[Part] = Field(default=[], max_length=2)
    extra: dict[str, int] = {}


SCHEMA = Thing.model_json_schema()
GOOD = {"title": "t", "count": 3, "kind": "a", "colour": "blue", "parts": [{"name": "p", "weight": None}]}


def test_a_valid_value_has_no_violation():
    assert violation(GOOD, SCHEMA) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": 3}, "title must be string, but is integer"),
        ({"count": True}, "count must be integer, but is boolean"),
        ({"count": 10}, "at most 9"),
        ({"count": -1}, "at least 0"),
        ({"kind": "c"}, "one of ['a', 'b']"),
        ({"colour": "green"}, "one of ['red', 'blue']"),
        ({"parts": [{}]}, "parts › item 1 lacks the required key 'name'"),
        ({"parts": [{"name": ""}]}, "at least 1 characters"),
        ({"parts": [{"name": "x"}] * 3}, "at most 2 items"),
        ({"parts": [{"name": "x", "weight": "heavy"}]}, "weight fits none of the allowed forms"),
        ({"extra": {"x": "y"}}, "extra › x must be integer"),
        ({"surprise": 1}, "unknown key 'surprise'"),
    ],
)
def test_a_violation_says_where_and_what(change, said):
    assert said in violation({**GOOD, **change}, SCHEMA)


def test_a_missing_key_is_named():
    assert "lacks the required key 'kind'" in violation({"title": "t", "count": 1}, SCHEMA)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=8
    )
)
def test_any_value_under_an_empty_schema_is_valid(value):
    assert violation(value, {}) == ""


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "```json\n{}\n```",
        "Sure! Here it is:\n\n{}\n\nHope it helps.",
        "```\n{}",
        "<answer>{}</answer>",
        "\n {} ",
    ],
)
def test_a_document_is_found_whatever_surrounds_it(around):
    text = json.dumps(GOOD, ensure_ascii=False)
    assert json.loads(document(around.replace("{}", text), SCHEMA)) == GOOD


def test_raw_line_breaks_in_strings_are_mended():
    assert json.loads(document('{"code": "a\n\tb"}', {"type": "object"})) == {"code": "a\n\tb"}


@given(st.dictionaries(st.text(), st.text() | st.integers()))
def test_any_object_survives(value):
    assert json.loads(document(json.dumps(value), {"type": "object"})) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("I cannot do that.", "not JSON"),
        ('{"title": "t"', "line 1, column"),
        ('{"title": "t"}', "lacks the required key"),
        ('"just a string"', "not JSON"),
    ],
)
def test_what_is_no_document_is_malformed_with_its_text(text, said):
    with pytest.raises(MalformedOutput, match=said) as caught:
        document(text, SCHEMA)
    assert caught.value.text == text


@given(st.text(), st.text())
def test_the_token_estimate_never_shrinks_with_more_text(one, other):
    assert max(estimate(one), estimate(other)) <= estimate(one + "\n" + other) + 1
    assert 0 <= estimate(one) <= len(one)


# ------------------------------------------------------------------------- accounting


def entry(seq: int, role: str, skill: str, source: str = "model", usd: float = 0.01, run: str = "r") -> Entry:
    usage = Usage(prompt_tokens=10, completion_tokens=5, cached_tokens=2)
    event = ModelCalled(
        purpose=Purpose(run=run, role=role, skill=skill),
        model="m", template="t", version="v", usage=usage, usd=usd, seconds=2.0,
        finish="stop", attempts=1, source=source, digest="d",
    )  # fmt: skip
    return Entry(run=run, seq=seq, at=0.0, event=event)


LEDGER = [
    entry(1, "engineer", "write_code"),
    entry(2, "engineer", "write_code", "cache", 0.0),
    entry(3, "qa_engineer", "write_test", run="r2"),
    Entry(run="r", seq=4, at=0.0, event=ModelRetried(purpose=Purpose(), reason="x", change="y")),
]


def test_the_table_counts_by_role_and_skill():
    code, tests = table(LEDGER)
    assert (code.role, code.skill, code.calls, code.remembered) == ("engineer", "write_code", 2, 1)
    assert code.usage == Usage(prompt_tokens=20, completion_tokens=10, cached_tokens=4)
    assert (code.usd, code.seconds) == (0.01, 4.0)
    assert (tests.role, tests.calls) == ("qa_engineer", 1)


def test_the_table_counts_by_run_and_in_all():
    assert [(row.run, row.calls) for row in table(LEDGER, by=("run",))] == [("r", 2), ("r2", 1)]
    (total,) = table(LEDGER, by=())
    assert total.calls == 3 and total.usd == pytest.approx(0.02)
    assert table([]) == ()


def test_importing_the_gateway_loads_no_client_library():
    heavy = ("pydantic_ai", "openai", "anthropic", "google.genai", "httpx", "httpx2", "keyring", "jinja2")
    code = (
        "import sys, makery.llm.gateway, makery.llm.connect, makery.llm.probe, makery.llm.cassette\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
