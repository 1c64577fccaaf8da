"""The engine's process logic, on a stand-in process; and on the smallest real model."""

import asyncio
import json
import os
import signal
import stat
import threading
import urllib.request

import pytest

from makery.kernel.errors import ModelUnavailable, StorageFailure
from makery.llm.embedded.engine import EmbeddedEngine
from makery.llm.embedded.process import process_identity
from makery.llm.embedded.server import watch
from makery.llm.embedded.state import EngineFiles, EngineState
from makery.llm.embedded.weights import embedded_model


def starts(model):
    return model.with_suffix(".starts").read_text(encoding="utf-8").splitlines()


def state_of(engine_folder):
    (path,) = EngineFiles.states(engine_folder)
    return EngineState.read(path)


async def test_engine_is_started_once_and_found_again(engine, own_model):
    first = await engine().endpoint(str(own_model))
    again = await engine().endpoint(str(own_model))
    assert first == again
    assert first.base_url.startswith("http://127.0.0.1:") and first.base_url.endswith("/v1")
    assert len(starts(own_model)) == 1


async def test_two_runs_starting_at_once_share_one_engine(engine, own_model):
    endpoints = await asyncio.gather(*(engine().endpoint(str(own_model)) for _ in range(3)))
    assert len({endpoint.base_url for endpoint in endpoints}) == 1
    assert len(starts(own_model)) == 1


async def test_engine_inherits_no_environment_and_waits_passively(engine, own_model):
    await engine().endpoint(str(own_model))
    assert starts(own_model)[0].split()[1:] == ["passive", "False"]


async def test_engine_is_not_in_the_process_group_of_the_run(engine, own_model, tmp_path):
    await engine().endpoint(str(own_model))
    assert os.getpgid(state_of(tmp_path / "state").pid) != os.getpgid(0)


async def test_state_file_is_readable_by_its_owner_only_and_key_is_not_shown(engine, own_model, tmp_path):
    await engine().endpoint(str(own_model))
    (path,) = EngineFiles.states(tmp_path / "state")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    state = state_of(tmp_path / "state")
    assert state.key not in repr(state)
    assert state.key not in repr(await engine().status())


async def test_killed_engine_is_started_again(engine, own_model, tmp_path):
    one = engine()
    first = await one.endpoint(str(own_model))
    os.kill(state_of(tmp_path / "state").pid, signal.SIGKILL)
    second = await one.endpoint(str(own_model))
    assert first.key != second.key
    assert len(starts(own_model)) == 2


async def test_engine_that_hangs_is_ended_and_started_again(engine, own_model, tmp_path):
    await engine().endpoint(str(own_model))
    hung = state_of(tmp_path / "state")
    os.kill(hung.pid, signal.SIGSTOP)
    await engine(hung_seconds=0.5, stop_seconds=0.2).endpoint(str(own_model))
    assert not hung.runs()
    assert len(starts(own_model)) == 2


async def test_stale_state_with_a_reused_process_number_harms_nobody(engine, own_model, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    files = EngineFiles(folder, own_model)
    stale = EngineState(
        pid=os.getpid(),
        identity="another start time",
        started="2026-01-01T00:00:00+00:00",
        port=9,
        key="old",
        model=own_model.name,
        path=str(own_model),
        size=own_model.stat().st_size,
        sha256="",
        slots=4,
        version="0",
    )
    stale.write(files.state)
    endpoint = await engine().endpoint(str(own_model))
    assert endpoint.key.get_secret_value() != "old"
    assert len(starts(own_model)) == 1


async def test_unreadable_state_file_is_replaced(engine, own_model, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    EngineFiles(folder, own_model).state.write_text("{half", encoding="utf-8")
    await engine().endpoint(str(own_model))
    assert len(starts(own_model)) == 1


async def test_engine_of_replaced_weights_is_started_anew(engine, own_model, tmp_path):
    await engine().endpoint(str(own_model))
    old = state_of(tmp_path / "state")
    own_model.write_bytes(b"other weights")
    await engine().endpoint(str(own_model))
    assert not old.runs()
    assert len(starts(own_model)) == 2


async def test_missing_weights_say_the_command_that_gets_them(engine):
    with pytest.raises(ModelUnavailable) as failure:
        await engine().endpoint("qwen2.5-coder-1.5b")
    assert failure.value.remedy == "Run `makery models pull qwen2.5-coder-1.5b`."
    assert "1.1 GB" in failure.value.message


async def test_missing_own_file_is_named(engine, tmp_path):
    with pytest.raises(ModelUnavailable, match=r"nowhere\.gguf"):
        await engine().endpoint(str(tmp_path / "nowhere.gguf"))


async def test_engine_that_dies_at_start_shows_its_last_lines(engine, own_model):
    own_model.write_bytes(b"refuse")
    with pytest.raises(ModelUnavailable, match="the weights are no good") as failure:
        await engine().endpoint(str(own_model))
    assert "ended with status 1" in failure.value.message
    assert ".log" in failure.value.remedy


async def test_state_folder_that_cannot_be_made_is_a_storage_failure(engine, own_model, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageFailure):
        await engine(state_folder=tmp_path / "file" / "state").endpoint(str(own_model))


async def test_stop_ends_engines_that_others_started_and_status_lists_them(engine, own_model):
    await engine().endpoint(str(own_model))
    other = engine()
    (status,) = await other.status()
    assert (status.model, status.reply) == ("own.gguf", "ready")
    assert await other.stop() == 1
    assert await other.status() == ()
    assert process_identity(status.pid) == ""


def counters(*, tokens=0, busy=0):
    return f"llamacpp:tokens_predicted_total {tokens}\nllamacpp:requests_processing {busy}\n"


@pytest.fixture
def watched(tmp_path):
    """Watches a state file while the server says one text after another; how many until it should end."""
    state = EngineState(
        pid=os.getpid(),
        identity="",
        started="",
        port=1,
        key="k",
        model="m",
        path="p",
        size=1,
        sha256="",
        slots=1,
        version="",
    )
    path = tmp_path / "engine-m.json"
    state.write(path)

    def run(texts, *, idle_seconds, before=lambda number, path, told: None):
        told, said = threading.Event(), []

        def metrics():
            before(len(said), path, told)
            said.append(texts[min(len(said), len(texts) - 1)])
            return said[-1]

        watch(path, state, metrics, told, idle_seconds=idle_seconds, every=0)
        return len(said)

    return run


def test_idle_engine_ends(watched):
    assert watched([counters()], idle_seconds=0) == 2


def test_engine_that_answers_does_not_end(watched):
    working = [counters(busy=1)] * 5 + [counters(tokens=9)]
    assert watched(working, idle_seconds=0) == 7


def test_engine_that_answered_between_two_looks_does_not_end(watched):
    assert watched([counters(tokens=tokens) for tokens in range(6)], idle_seconds=0) == 7


def test_announced_request_keeps_an_idle_engine(watched):
    def announce(number, path, told):
        if number < 4:
            os.utime(path, ns=(number, number))

    assert watched([counters()], idle_seconds=0, before=announce) == 5


def test_engine_ends_when_told(watched):
    assert (
        watched([counters()], idle_seconds=1e9, before=lambda number, path, told: number == 2 and told.set())
        == 3
    )


def test_engine_whose_state_file_is_gone_ends_when_it_has_answered(watched):
    texts = [counters(busy=1), counters(busy=1), counters()]
    assert (
        watched(texts, idle_seconds=1e9, before=lambda number, path, told: path.unlink(missing_ok=True)) == 3
    )


@pytest.mark.real_model
async def test_smallest_real_model_answers_is_shared_and_survives_a_kill(real_models_folder, tmp_path):
    smallest_first = map(embedded_model, ("smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"))
    weights = next((known for known in smallest_first if known.present(real_models_folder)), None)
    if weights is None:
        pytest.skip(f"no weights in {real_models_folder}: run `makery models pull`")
    engine = EmbeddedEngine(models_folder=real_models_folder, state_folder=tmp_path, slots=2, context=1024)
    try:
        first = await engine.endpoint(weights.name)
        await asyncio.to_thread(_chat, first, "Say hello.")
        os.kill(state_of(tmp_path).pid, signal.SIGKILL)
        second = await engine.endpoint(weights.name)
        assert second.key != first.key
        beginning = "The inventory counts apples, pears and plums. " * 20
        cached = await asyncio.gather(
            *(asyncio.to_thread(_chat, second, f"{beginning} Question {number}?") for number in range(3))
        )
        assert sum(tokens > 150 for tokens in cached) == 2  # the first to come reads the beginning for all
    finally:
        assert await engine.stop() == 1


def _chat(endpoint, text):
    """How many prompt tokens of an answered request were cached."""
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 4}
    request = urllib.request.Request(
        f"{endpoint.base_url}/chat/completions",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {endpoint.key.get_secret_value()}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        told = json.load(answer)
    assert told["choices"][0]["message"]["content"]
    return told["usage"]["prompt_tokens_details"]["cached_tokens"]
