"""The relay: an unmodified OpenAI client works, a dead account is not noticed, and everything is counted."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import openai
import pytest
from api_server import PATIENCE_SECONDS, TOKEN, caller, make_factory, served
from app_standins import settings_in
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from relay_upstream import SEED, UPSTREAM_KEY, Upstream, relaying

from makery.app.build import Installed
from makery.app.relay_asked import DEFAULT_ANSWER
from makery.interfaces.patience import PatientProtocol
from makery.interfaces.server import whole_application
from makery.relay.answers import AnswerCache
from makery.relay.upstream import Pool
from makery.relay.upstream import Upstream as Account

HELLO: Any = [{"role": "user", "content": "hello"}]
TOOLS: Any = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]
PRICED = {"usd_per_million_in": 1.0, "usd_per_million_out": 2.0}


@pytest.fixture
def first() -> Upstream:
    return Upstream("first")


@pytest.fixture
def second() -> Upstream:
    return Upstream("second")


@pytest.fixture
def url(tmp_path: Path, first: Upstream, second: Upstream) -> Iterator[str]:
    """Two accounts; the first gets nearly all requests."""
    with relaying(tmp_path, first, second, first={"weight": 1000, **PRICED}, second=PRICED) as address:
        yield address


def client_of(url: str, key: str = TOKEN) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/relay/v1", api_key=key, max_retries=0)


def relay_key(api: httpx2.Client, **more: Any) -> str:
    order = {"name": "relay", "scopes": ["relay"], **more}
    return api.post("/api/v1/keys", json=order).raise_for_status().json()["key"]


def usage_rows(url: str) -> list[dict[str, Any]]:
    with caller(url) as api:
        return api.get("/api/v1/relay/usage").json()["items"]


def test_the_official_client_chats_streams_embeds_and_lists_models(url: str) -> None:
    with client_of(url) as client:
        answer = client.chat.completions.create(model="m", messages=HELLO)
        assert answer.choices[0].message.content == "I am first"
        assert answer.usage is not None
        assert answer.usage.total_tokens == 16
        chunks = list(client.chat.completions.create(model="m", messages=HELLO, stream=True))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "I am first"
        counted = list(
            client.chat.completions.create(
                model="m", messages=HELLO, stream=True, stream_options={"include_usage": True}
            )
        )
        assert counted[-1].usage is not None
        assert counted[-1].usage.completion_tokens == 5
        vector = client.embeddings.create(model="m", input="hello", encoding_format="float")
        assert vector.data[0].embedding == [0.5, 0.25]
        assert [model.id for model in client.models.list()] == ["m"]


def test_tools_pass_through_unchanged(url: str, first: Upstream) -> None:
    with client_of(url) as client:
        answer = client.chat.completions.create(model="m", messages=HELLO, tools=TOOLS, temperature=0.3)
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].id == "c1"
    assert first.asked[0] == {"model": "m", "messages": HELLO, "tools": TOOLS, "temperature": 0.3}


def test_the_official_client_streams_the_call_of_a_tool(url: str) -> None:
    with client_of(url) as client:
        chunks = list(client.chat.completions.create(model="m", messages=HELLO, tools=TOOLS, stream=True))
    pieces = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert pieces[0].function is not None
    assert pieces[0].function.name == "add"
    arguments = "".join(piece.function.arguments or "" for piece in pieces if piece.function)
    assert json.loads(arguments) == {"a": 1, "b": 2}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_the_official_client_uses_responses_whole_and_streamed(url: str) -> None:
    with client_of(url) as client:
        assert client.responses.create(model="m", input="hello").output_text == "I am first"
        events = list(client.responses.create(model="m", input="hello", stream=True))
    assert [event.type for event in events][-1] == "response.completed"
    assert events[-1].type == "response.completed"
    assert events[-1].response.usage is not None


def hugging_face(url: str, key: str = TOKEN) -> InferenceClient:
    """A client of another maker, told nothing but the address and the key."""
    return InferenceClient(base_url=f"{url}/relay/v1", api_key=key)


def test_a_client_that_is_not_openai_s_chats_and_streams(url: str) -> None:
    client = hugging_face(url)
    whole: Any = client.chat_completion(HELLO, model="m")
    assert (whole.choices[0].message.content, whole.usage.total_tokens) == ("I am first", 16)
    pieces: Any = client.chat_completion(HELLO, model="m", stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "I am first"


def test_a_client_that_is_not_openai_s_calls_a_tool_and_goes_on(url: str, first: Upstream) -> None:
    client = hugging_face(url)
    whole: Any = client.chat_completion(HELLO, model="m", tools=TOOLS)
    (call,) = whole.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("add", {"a": 1})
    pieces: Any = client.chat_completion(HELLO, model="m", tools=TOOLS, stream=True)
    calls = [one for piece in pieces for one in piece.choices[0].delta.tool_calls or ()]
    assert json.loads("".join(one.function.arguments for one in calls)) == {"a": 1, "b": 2}
    result = {"role": "tool", "tool_call_id": call.id, "content": "3"}
    after: Any = client.chat_completion([*HELLO, whole.choices[0].message, result], model="m", tools=TOOLS)
    assert after.choices[0].message.content == "I am first"
    assert first.asked[-1]["messages"][-1] == result


def test_a_client_that_is_not_openai_s_is_told_why_it_is_refused(url: str) -> None:
    with pytest.raises(HfHubHTTPError) as refused:
        hugging_face(url, "mk_0123456789abc_x").chat_completion(HELLO, model="m")
    assert refused.value.response.status_code == 401
    assert "key" in str(refused.value)


async def test_makery_s_own_gateway_works_on_a_relay(url: str, tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "other")
    parts = Installed(settings, {"MAKERY_API_KEY": TOKEN})
    trial = await parts.try_model(f"m@{url}/relay/v1")
    assert trial.works, trial.message
    wrong = await Installed(settings, {"MAKERY_API_KEY": "mk_0123456789abc_x"}).try_model(f"m@{url}/relay/v1")
    assert not wrong.works
    assert "key" in wrong.message


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_kept_for_exactly_the_same_question(
    tmp_path: Path, first: Upstream, stream: bool
) -> None:
    with relaying(tmp_path, first, cache_minutes=60) as url:
        with client_of(url) as client:

            def said(text: str = "hello", **more: Any) -> str:
                messages: Any = [{"role": "user", "content": text}]
                made: Any = client.chat.completions.create(
                    model="m", messages=messages, stream=stream, **more
                )
                if not stream:
                    return made.choices[0].message.content
                return "".join(chunk.choices[0].delta.content or "" for chunk in made)

            assert [said(), said()] == ["I am first"] * 2
            assert len(first.asked) == 1, "the second answer was kept"
            said("another")
            said(temperature=0.5)
            said(extra_headers={"Cache-Control": "no-cache"})
            assert len(first.asked) == 4
        with caller(url) as api:
            made = api.post("/api/v1/organisations", json={"name": "other"}).json()["id"]
            order = {"name": "k", "scopes": ["admin"], "organisation": made}
            stranger = api.post("/api/v1/keys", json=order).json()["key"]
        with client_of(url, stranger) as client:
            said()
        assert len(first.asked) == 5, "another organisation's answers are not given"


def test_a_kept_answer_is_counted_as_a_call_that_used_nothing(tmp_path: Path, first: Upstream) -> None:
    with relaying(tmp_path, first, cache_minutes=60, first=PRICED) as url, caller(url) as api:
        for hit in (None, "hit", "hit"):
            answer = api.post("/relay/v1/chat/completions", json={"model": "m", "messages": HELLO})
            assert answer.headers.get("Makery-Cache") == hit
    with served(whole_application(make_factory(tmp_path), token=TOKEN)) as again:
        (row,) = usage_rows(again)
    assert (row["calls"], row["prompt_tokens"], row["completion_tokens"]) == (3, 11, 5)


def test_failures_and_answers_that_broke_off_are_not_kept(tmp_path: Path, first: Upstream) -> None:
    with (
        relaying(tmp_path, first, cache_minutes=60, cool_down_seconds=0.001) as url,
        client_of(url) as client,
    ):
        first.fault = "400"
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="m", messages=HELLO)
        first.fault = "midway"
        with pytest.raises(openai.APIError):
            list(client.chat.completions.create(model="m", messages=HELLO, stream=True))
        first.fault = ""
        assert client.chat.completions.create(model="m", messages=HELLO).choices[0].message.content
        list(client.chat.completions.create(model="m", messages=HELLO, stream=True))
    assert len(first.asked) == 4


def test_without_the_setting_nothing_is_kept(url: str, first: Upstream) -> None:
    with client_of(url) as client:
        for _ in range(2):
            client.chat.completions.create(model="m", messages=HELLO)
    assert len(first.asked) == 2


def test_old_and_too_many_answers_go() -> None:
    now = [0.0]
    kept = AnswerCache(seconds=10, most=10, clock=lambda: now[0])
    kept.keep("a", "text/plain", b"12345")
    kept.keep("b", "text/plain", b"12345")
    assert kept.find("a") is not None
    kept.keep("c", "text/plain", b"1")
    assert kept.find("b") is None, "the one that was not asked for longest went"
    kept.keep("d", "text/plain", b"12345678901")
    assert kept.find("d") is None, "too large to be kept"
    now[0] = 11.0
    assert kept.find("a") is None
    assert not AnswerCache(seconds=0, most=10).on


@pytest.mark.parametrize(
    ("fault", "stream"),
    [(fault, stream) for fault in ("500", "401", "429", "404", "302") for stream in (False, True)]
    + [("empty", True)],
)
def test_an_account_that_fails_is_not_noticed(
    url: str, first: Upstream, second: Upstream, fault: str, stream: bool
) -> None:
    first.fault = fault
    with client_of(url) as client:
        answer: Any = client.chat.completions.create(model="m", messages=HELLO, stream=stream)
        if stream:
            text = "".join(chunk.choices[0].delta.content or "" for chunk in answer)
        else:
            text = answer.choices[0].message.content
    assert text == "I am second"
    assert len(first.asked) == len(second.asked) == 1


def test_an_account_that_is_gone_is_not_noticed_and_left_alone(tmp_path: Path, second: Upstream) -> None:
    gone = {"base_url": "http://127.0.0.1:9/v1", "weight": 1000, "models": ["m"]}
    with relaying(tmp_path, second, others={"gone": gone}, cool_down_seconds=600) as url:
        with client_of(url) as client:
            for _ in range(5):
                answer = client.chat.completions.create(model="m", messages=HELLO)
                assert answer.choices[0].message.content == "I am second"
        with caller(url) as api:
            accounts = api.get("/api/v1/relay/accounts").json()["items"]
    health = {account["name"]: account for account in accounts}
    assert health["gone"]["failures"] == 1
    assert health["gone"]["cooling_seconds"] > 0
    assert health["second"]["calls"] == 5


@pytest.mark.parametrize("stream", [False, True])
def test_an_account_that_hangs_is_let_go_and_not_noticed(
    tmp_path: Path, second: Upstream, stream: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        address = f"http://127.0.0.1:{hanging.getsockname()[1]}/v1"
        account = {"base_url": address, "weight": 1000, "models": ["m"]}
        # Long enough that the other account, which is asked next, can answer on a busy machine.
        with relaying(tmp_path, second, others={"hangs": account}, first_byte_seconds=3) as url:
            with client_of(url) as client:
                answer: Any = client.chat.completions.create(model="m", messages=HELLO, stream=stream)
                chunks = [one.choices[0].delta.content or "" for one in answer] if stream else []
                text = "".join(chunks) if stream else answer.choices[0].message.content
            connection, _ = hanging.accept()
            with connection:
                connection.settimeout(PATIENCE_SECONDS)
                while connection.recv(1 << 16):
                    pass  # what it was asked; then the relay hangs up
            with caller(url) as api:
                accounts = api.get("/api/v1/relay/accounts").json()["items"]
    assert text == "I am second"
    (health,) = [account for account in accounts if account["name"] == "hangs"]
    assert (health["failures"], health["last_problem"]) == (1, "no answer within 3 s")
    assert health["cooling_seconds"] > 0


def test_an_account_that_stops_half_way_is_let_go_and_said_in_the_stream(
    tmp_path: Path, first: Upstream
) -> None:
    first.fault = "stalls"
    with relaying(tmp_path, first, idle_seconds=0.1) as url:
        with client_of(url) as client, pytest.raises(openai.APIError, match="hung up"):
            list(client.chat.completions.create(model="m", messages=HELLO, stream=True))
        assert first.left.wait(PATIENCE_SECONDS)


def test_accounts_are_drawn_in_proportion_to_their_weights() -> None:
    accounts = [Account(name=name, base_url="x", weight=weight) for name, weight in (("a", 3), ("b", 1))]
    pool = Pool(tuple(accounts), random=Random(SEED))
    orders = [tuple(one.name for one in pool.order("m")) for _ in range(4000)]
    assert set(orders) == {("a", "b"), ("b", "a")}
    assert orders.count(("a", "b")) / len(orders) == pytest.approx(0.75, abs=0.02)


def test_when_all_accounts_want_rest_the_caller_is_told_how_long(
    url: str, first: Upstream, second: Upstream
) -> None:
    first.fault = second.fault = "429"
    with client_of(url) as client, pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="m", messages=HELLO)
    assert refused.value.response.headers["retry-after"] == "7"


def test_when_no_account_answers_the_caller_learns_that_but_no_address(
    url: str, first: Upstream, second: Upstream
) -> None:
    first.fault = second.fault = "500"
    with client_of(url) as client, pytest.raises(openai.InternalServerError) as refused:
        client.chat.completions.create(model="m", messages=HELLO)
    assert refused.value.status_code == 502
    assert "127.0.0.1" not in refused.value.response.text


def test_an_account_that_dies_half_way_is_said_in_the_stream(url: str, first: Upstream) -> None:
    first.fault = "midway"
    with client_of(url) as client, pytest.raises(openai.APIError, match="hung up"):
        list(client.chat.completions.create(model="m", messages=HELLO, stream=True))


def test_a_refusal_that_is_the_caller_s_fault_is_passed_on_without_the_account_s_key(
    url: str, first: Upstream, second: Upstream
) -> None:
    first.fault = "400"
    with client_of(url) as client, pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="m", messages=HELLO)
    assert "bad request of Bearer ***" in refused.value.response.text
    assert second.asked == []


def test_neither_side_sees_the_other_s_key(url: str, first: Upstream) -> None:
    with client_of(url) as client:
        client.chat.completions.create(model="m", messages=HELLO)
    assert first.headers[0]["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert TOKEN not in str(first.headers)


def test_use_is_counted_by_key_model_and_day_and_exported(tmp_path: Path, first: Upstream) -> None:
    with relaying(tmp_path, first, first=PRICED) as url:
        with caller(url) as api:
            key = relay_key(api)
        with client_of(url, key) as client:
            client.chat.completions.create(model="m", messages=HELLO)
            list(client.chat.completions.create(model="m", messages=HELLO, stream=True))
    # A server that stops has written everything: the next one on the same database knows it.
    with served(whole_application(make_factory(tmp_path), token=TOKEN)) as again, caller(again) as api:
        (row,) = usage_rows(again)
        exported = api.get("/api/v1/relay/usage", params={"form": "csv"}).text.splitlines()
        assert api.get("/api/v1/relay/usage", params={"until": "2020-01-01"}).json()["items"] == []
    assert (row["key"], row["model"], row["calls"]) == (key.split("_")[1], "m", 2)
    assert (row["prompt_tokens"], row["completion_tokens"]) == (22, 10)
    assert row["usd"] == pytest.approx((22 * 1 + 10 * 2) / 1e6)
    assert exported[0] == "day,key,model,calls,prompt_tokens,completion_tokens,usd"
    assert exported[1].endswith("m,2,22,10,4.2e-05")


def test_a_key_s_quota_of_tokens_is_never_exceeded(url: str, first: Upstream) -> None:
    with caller(url) as api:
        key = relay_key(api, quota={"tokens": 100})
    with client_of(url, key) as client:
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(model="m", messages=HELLO, max_tokens=200)
        assert refused.value.code == "insufficient_quota"
        answered = 0
        with pytest.raises(openai.RateLimitError):
            for _ in range(20):
                client.chat.completions.create(model="m", messages=HELLO, max_tokens=10)
                answered += 1
    assert 1 <= answered <= 100 // 16


def test_an_account_is_told_the_bound_of_an_answer_that_a_quota_counts_on(url: str, first: Upstream) -> None:
    with caller(url) as api:
        key = relay_key(api, quota={"tokens": 100_000})
    with client_of(url, key) as client:
        client.chat.completions.create(model="m", messages=HELLO)
        list(client.chat.completions.create(model="m", messages=HELLO, stream=True))
        client.chat.completions.create(model="m", messages=HELLO, max_tokens=10)
        client.chat.completions.create(model="m", messages=HELLO, extra_body={"max_tokens": None})
        client.responses.create(model="m", input="hello")
        client.responses.create(model="m", input="hello", max_output_tokens=20)
        client.embeddings.create(model="m", input="hello", encoding_format="float")
    names = ("max_completion_tokens", "max_tokens", "max_output_tokens")
    told = [{name: asked[name] for name in names if name in asked} for asked in first.asked]
    chat, response = {"max_completion_tokens": DEFAULT_ANSWER}, {"max_output_tokens": DEFAULT_ANSWER}
    assert told == [chat, chat, {"max_tokens": 10}, chat, response, {"max_output_tokens": 20}, {}]


def test_for_a_response_without_a_bound_as_much_is_set_aside_as_for_a_chat(url: str, first: Upstream) -> None:
    with caller(url) as api:
        key = relay_key(api, quota={"tokens": 100})
        poor = relay_key(api, quota={"usd": 0.001})
    for one in (key, poor):
        with client_of(url, one) as client:
            for unknown in ({}, {"max_tokens": 1}):
                with pytest.raises(openai.RateLimitError) as refused:
                    client.responses.create(model="m", input="hello", extra_body=unknown)
                assert refused.value.code == "insufficient_quota"
            assert first.asked == []
            client.responses.create(model="m", input="hello", max_output_tokens=16)
            client.embeddings.create(model="m", input="hello", encoding_format="float")
        first.asked.clear()


def test_of_a_response_that_broke_off_what_came_is_counted(tmp_path: Path, first: Upstream) -> None:
    first.fault = "midway"
    with relaying(tmp_path, first) as url, client_of(url) as client, pytest.raises(openai.APIError):
        list(client.responses.create(model="m", input="hello", stream=True))
    with served(whole_application(make_factory(tmp_path), token=TOKEN)) as again:
        (row,) = usage_rows(again)
    assert row["completion_tokens"] == 2


def test_a_reader_that_stops_reading_holds_neither_account_nor_slot(
    tmp_path: Path, first: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientProtocol, "send_seconds", 0.1)
    first.fault = "endless"
    asked = {"model": "m", "messages": HELLO, "stream": True}
    with (
        relaying(tmp_path, first, calls_at_once=1) as url,
        caller(url) as api,
        client_of(url) as client,
        api.stream("POST", "/relay/v1/chat/completions", json=asked) as unread,
    ):
        assert unread.status_code == 200
        assert first.left.wait(PATIENCE_SECONDS)
        first.fault = ""
        assert client.chat.completions.create(model="m", messages=HELLO).choices


def test_a_key_s_quota_of_money_fails_closed(tmp_path: Path, first: Upstream, second: Upstream) -> None:
    with relaying(tmp_path, first, second, first={"weight": 1000}, second=PRICED) as url:
        with caller(url) as api:
            poor = relay_key(api, quota={"usd": 1e-9})
            rich = relay_key(api, quota={"usd": 1})
        with client_of(url, poor) as client, pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model="m", messages=HELLO)
        with client_of(url, rich) as client:
            answer = client.chat.completions.create(model="m", messages=HELLO)
        assert answer.choices[0].message.content == "I am second", "only accounts with a price are asked"
    assert first.asked == []


def test_a_key_is_confined_to_its_models_rate_and_scope(url: str) -> None:
    with caller(url) as api:
        other = relay_key(api, models=["other"])
        slow = relay_key(api, quota={"requests_per_minute": 1})
        reader = api.post("/api/v1/keys", json={"name": "r", "scopes": ["runs:read"]}).json()["key"]
    with client_of(url, other) as client:
        with pytest.raises(openai.PermissionDeniedError, match="may not use the model"):
            client.chat.completions.create(model="m", messages=HELLO)
        assert list(client.models.list()) == []
    with client_of(url, slow) as client:
        client.chat.completions.create(model="m", messages=HELLO)
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model="m", messages=HELLO)
    with client_of(url, reader) as client, pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="m", messages=HELLO)
    with client_of(url, "mk_0123456789abc_x") as client, pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model="m", messages=HELLO)


def test_usage_of_one_organisation_is_hidden_from_another(url: str) -> None:
    with caller(url) as api:
        made = api.post("/api/v1/organisations", json={"name": "other"}).json()["id"]
        order = {"name": "k", "scopes": ["admin"], "organisation": made}
        stranger = api.post("/api/v1/keys", json=order).json()["key"]
    with client_of(url) as client:
        client.chat.completions.create(model="m", messages=HELLO)
    with caller(url, stranger) as other:
        assert other.get("/api/v1/relay/usage").json()["items"] == []
        assert other.get("/api/v1/relay/accounts").status_code == 403


def test_requests_that_are_none_are_told_so_in_openai_s_form(url: str) -> None:
    with caller(url) as api:
        for body in (b"", b"[]", b"{", b'{"messages": []}', b'{"model": 5}'):
            answer = api.post("/relay/v1/chat/completions", content=body)
            assert answer.status_code == 400
            assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_relay_without_accounts_says_what_to_set(tmp_path: Path) -> None:
    with relaying(tmp_path) as url, caller(url) as api:
        answer = api.post("/relay/v1/chat/completions", json={"model": "m", "messages": []})
        assert answer.status_code == 503
        assert "relay.upstreams" in answer.json()["error"]["message"]
