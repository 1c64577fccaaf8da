"""Recordings: made once, replayed strictly, never with a key in them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_bench import call_of
from llm_standin import KEY, Answer

from makery.kernel.budget import Limits, Spent
from makery.kernel.completion import Completion, ModelCall, Prompt, Purpose
from makery.kernel.errors import ContextOverflow, InputError, LimitReached, MalformedOutput, StorageFailure
from makery.llm.cassette import Recording, Replay, UnrecordedCall
from makery.llm.catalogue import load_catalogue
from makery.llm.connect import recorded
from makery.llm.digest import digest

SCHEMA = {"type": "object", "required": ["n"]}


async def test_a_replay_gives_what_was_recorded_without_model_money_or_tokens(bench, tmp_path):
    file = tmp_path / "run.jsonl"
    made = await bench(cassette=Recording(file, "openai/some-model"))
    first = await made.gateway.complete(call_of())
    replay = Replay(file)
    second = await bench(cassette=replay, limits=Limits(tokens=0, usd=0), script=[Answer("another")])
    again = await second.gateway.complete(call_of(purpose=Purpose(run="other", act="other")))
    assert (again.text, again.usage, again.seconds) == (first.text, first.usage, first.seconds)
    assert (again.source, again.usd) == ("cassette", 0.0)
    assert second.standin.calls == [] and second.budget.spent == Spent(calls=1)
    assert second.called[0].usage == first.usage and second.called[0].source == "cassette"
    assert replay.unused() == () and replay.model == "openai/some-model"


async def test_a_replay_makes_no_more_calls_than_its_limit(bench, tmp_path):
    file = tmp_path / "run.jsonl"
    made = await bench(cassette=Recording(file, "openai/some-model"), script=[Answer("one"), Answer("two")])
    calls = call_of("one"), call_of("two")
    for call in calls:
        await made.gateway.complete(call)
    replaying = await bench(cassette=Replay(file), limits=Limits(calls=1))
    await replaying.gateway.complete(calls[0])
    with pytest.raises(LimitReached, match="--max-calls is reached"):
        await replaying.gateway.complete(calls[1])


async def test_an_unrecorded_call_names_the_nearest_and_what_differs(bench, tmp_path):
    file = tmp_path / "run.jsonl"
    made = await bench(cassette=Recording(file, "openai/some-model"))
    await made.gateway.complete(call_of("line one\nline two"))
    replaying = await bench(cassette=Replay(file))
    with pytest.raises(UnrecordedCall) as caught:
        await replaying.gateway.complete(call_of("line one\nline 2", temperature=0.5))
    message = str(caught.value)
    assert "write_code" in message and "temperature (0.0 → 0.5)" in message
    assert 'line 2 of the user text ("line two" → "line 2")' in message
    assert "--record" in message
    assert replaying.standin.calls == []


async def test_another_model_is_told_as_the_difference(bench, tmp_path):
    file = tmp_path / "run.jsonl"
    made = await bench(cassette=Recording(file, "openai/some-model"))
    await made.gateway.complete(call_of())
    other = await bench(cassette=Replay(file), entry={"model": "other"})
    with pytest.raises(UnrecordedCall, match="some-model → openai/other"):
        await other.gateway.complete(call_of())


async def test_equal_calls_are_recorded_once_and_answered_alike(bench, tmp_path):
    file = tmp_path / "run.jsonl"
    made = await bench(cassette=Recording(file, "openai/some-model"), script=["one", "two"])
    texts = [(await made.gateway.complete(call_of())).text for _ in range(3)]
    assert texts == ["one"] * 3
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2


async def test_the_models_own_failures_are_replayed_too(bench, tmp_path):
    file = tmp_path / "run.jsonl"
    made = await bench(cassette=Recording(file, "openai/some-model"), script=["no json"])
    calls = [call_of(output_schema=SCHEMA), call_of("word " * 9000)]
    for call, kind in zip(calls, (MalformedOutput, ContextOverflow), strict=True):
        with pytest.raises(kind):
            await made.gateway.complete(call)
    replaying = await bench(cassette=Replay(file))
    with pytest.raises(MalformedOutput) as malformed:
        await replaying.gateway.complete(calls[0])
    with pytest.raises(ContextOverflow) as overflow:
        await replaying.gateway.complete(calls[1])
    assert malformed.value.text == "no json" and overflow.value.available == 8192


async def test_a_recording_never_holds_keys_or_urls(bench, tmp_path):
    file = tmp_path / "run.jsonl"
    made = await bench(cassette=Recording(file, "openai/some-model"))
    await made.gateway.complete(call_of())
    text = file.read_text(encoding="utf-8")
    assert KEY not in text and "127.0.0.1" not in text


def keep(recording: Recording, call: ModelCall, text: str = "x") -> None:
    recording.keep(digest("m", call), call, Completion(text=text, finish="stop", model="m"))


def test_a_recording_can_be_continued_even_after_a_torn_write(tmp_path):
    file = tmp_path / "run.jsonl"
    keep(Recording(file, "m"), call_of("one"))
    with file.open("ab") as torn:
        torn.write(b'{"digest": "abc", "ski')
    keep(Recording(file, "m"), call_of("two"))
    assert {line.call.prompt.user for line in Replay(file).unused()} == {"one", "two"}


def test_a_recording_of_another_model_is_not_continued(tmp_path):
    Recording(tmp_path / "run.jsonl", "m")
    with pytest.raises(InputError, match="'m', not 'n'"):
        Recording(tmp_path / "run.jsonl", "n")


@pytest.mark.parametrize(
    "text", ["", "hello\n", '{"makery_recording": 99, "model": "m"}\n', "[1]\n", "\x00\n"]
)
def test_what_is_no_recording_is_refused_by_name(tmp_path, text):
    file = tmp_path / "run.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"run\.jsonl"):
        Replay(file)


def test_a_broken_line_is_told_by_number(tmp_path):
    file = tmp_path / "run.jsonl"
    keep(Recording(file, "m"), call_of("one"))
    file.write_text(file.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    with pytest.raises(InputError, match="Line 3"):
        Replay(file)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Replay(tmp_path / "none.jsonl")
    with pytest.raises(StorageFailure, match="cannot be written"):
        Recording(Path("/proc/none/run.jsonl"), "m")


@given(st.text(), st.text(), st.integers(1, 9000), st.integers(0, 5))
def test_any_text_survives_recording(tmp_path_factory, user, answer, max_tokens, sample):
    file = tmp_path_factory.mktemp("tape") / "run.jsonl"
    call = ModelCall(prompt=Prompt(system="s", user=user), max_tokens=max_tokens, sample=sample)
    keep(Recording(file, "m"), call, answer)
    outcome = Replay(file).find(digest("m", call), "m", call)
    assert isinstance(outcome, Completion) and outcome.text == answer


def test_the_digest_sees_content_and_not_owners():
    call = call_of()
    same = call.model_copy(update={"purpose": Purpose(run="x", role="y", skill="z", act="a")})
    assert digest("m", call) == digest("m", same)
    changes = [
        {"max_tokens": 65},
        {"temperature": 0.1},
        {"seed": 1},
        {"stop": ("x",)},
        {"sample": 1},
        {"output_schema": {}},
        {"prompt": Prompt(system="You are terse.", user="other")},
    ]
    digests = {digest("m", call.model_copy(update=change)) for change in changes}
    assert len(digests | {digest("m", call), digest("n", call)}) == len(changes) + 2


@pytest.mark.parametrize(
    "name",
    ["embedded/qwen2.5-coder-1.5b", "embedded//home/me/a.gguf", "custom/x", "mylab/y", "openai/gpt-4o"],
)
def test_a_replay_needs_neither_key_nor_known_model(name):
    connection = recorded(name, catalogue=load_catalogue())
    assert connection.entry.name == name
