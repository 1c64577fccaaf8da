"""Requests that begin alike share what was read, and the engine's door tells the truth about it."""

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from makery.llm.embedded.front import Front, Upstream
from makery.llm.embedded.prefixes import SharedPrefixes

LONG = "a requirement of many words; " * 40
OTHER = "quite another beginning; " * 40


class RecordedSlots:
    """Slots that save and restore at once and write down what was asked."""

    def __init__(self, size=10):
        self.size = size
        self.log = []

    def save(self, slot, name):
        self.log.append(("save", slot))
        return self.size

    def restore(self, slot, name):
        self.log.append(("restore", slot))
        return True

    def forget(self, name):
        self.log.append(("forget", name))


@pytest.fixture
def slots():
    return RecordedSlots()


def reads(log):
    def read(slot):
        log.append(("read", slot))
        return True

    return read


def test_new_long_beginning_is_read_once_and_saved(slots):
    prefixes = SharedPrefixes(slots, 2)
    with prefixes.slot(LONG + "one", reads(slots.log)) as slot:
        assert slots.log == [("read", slot), ("save", slot)]


def test_same_beginning_in_the_same_slot_needs_nothing(slots):
    prefixes = SharedPrefixes(slots, 2)
    with prefixes.slot(LONG + "one", reads(slots.log)) as first:
        pass
    slots.log.clear()
    with prefixes.slot(LONG + "two", reads(slots.log)) as second:
        assert (second, slots.log) == (first, [])


def test_busy_slot_shares_what_it_read_with_the_others(slots):
    prefixes = SharedPrefixes(slots, 3)
    with prefixes.slot(LONG + "one", reads(slots.log)):
        slots.log.clear()
        with (
            prefixes.slot(LONG + "two", reads(slots.log)) as second,
            prefixes.slot(LONG + "three", reads(slots.log)) as third,
        ):
            assert slots.log == [("restore", second), ("restore", third)]


def test_longer_prompt_restores_what_is_known_and_reads_the_rest(slots):
    prefixes = SharedPrefixes(slots, 2)
    with (
        prefixes.slot(LONG + "one", reads(slots.log)),
        prefixes.slot(LONG + OTHER, reads(slots.log)) as second,
    ):
        assert slots.log[2:] == [("restore", second), ("read", second), ("save", second)]


def test_short_prompts_make_no_detour(slots):
    prefixes = SharedPrefixes(slots, 2)
    with prefixes.slot("hello", reads(slots.log)), prefixes.slot("hello", reads(slots.log)):
        assert slots.log == []


def test_other_beginning_goes_to_another_slot_so_that_the_first_stays_known(slots):
    prefixes = SharedPrefixes(slots, 2)
    with prefixes.slot(LONG, reads(slots.log)) as first:
        pass
    with prefixes.slot(OTHER, reads(slots.log)) as second:
        pass
    assert first != second


def test_requests_that_come_while_a_beginning_is_read_wait_for_it(slots):
    prefixes = SharedPrefixes(slots, 4)
    with ThreadPoolExecutor() as pool:

        def use(text, read):
            with prefixes.slot(text, read) as slot:
                return slot

        def read_while_others_come(slot):
            others.extend(pool.submit(use, LONG + str(number), reads(slots.log)) for number in range(3))
            slots.log.append(("read", slot))
            return True

        others = []
        use(LONG + "first", read_while_others_come)
        assert len([future.result(timeout=20) for future in others]) == 3
    assert [what for what, _ in slots.log].count("read") == 1


def test_more_requests_than_slots_are_all_served(slots):
    prefixes = SharedPrefixes(slots, 2)
    busy, most, guard = [], [], threading.Lock()

    def use(number):
        with prefixes.slot(f"{number} {LONG}", reads([])) as slot:
            with guard:
                busy.append(slot)
                most.append(len(busy))
                assert len(set(busy)) == len(busy)
            with guard:
                busy.remove(slot)
        return number

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(20))) == list(range(20))
    assert max(most) <= 2


def test_failed_reading_frees_the_slot_and_what_waits(slots):
    prefixes = SharedPrefixes(slots, 1)

    def broken(slot):
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError), prefixes.slot(LONG, broken):
        pass
    with prefixes.slot(OTHER, reads(slots.log)) as slot:
        assert slot == 0


def test_beginning_that_could_not_be_saved_is_read_again_elsewhere():
    slots = RecordedSlots(size=0)
    prefixes = SharedPrefixes(slots, 2)
    with prefixes.slot(LONG, reads(slots.log)), prefixes.slot(LONG, reads(slots.log)):
        assert [what for what, _ in slots.log] == ["read", "save", "read", "save"]


def test_saved_beginnings_are_bounded_and_the_oldest_goes_first(slots):
    prefixes = SharedPrefixes(slots, 1, most_bytes=25)
    for number in range(3):
        with prefixes.slot(f"{number} {LONG}", reads([])):
            pass
    assert [what for what in slots.log if what[0] == "forget"] == [("forget", "prefix-1.bin")]


class Llama(ThreadingHTTPServer):
    """A stand-in for llama.cpp's server that says the whole prompt was cached, as after reading it first."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _LlamaHandler)
        self.asked = []


class _LlamaHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer({"path": self.path})

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != "Bearer key":
            self.answer({"error": "Invalid API Key"}, status=401)
        elif content == b"{":
            self.answer({"error": "no JSON"}, status=400)
        else:
            self.server.asked.append((self.path, json.loads(content)))
            self.reply(json.loads(content))

    def reply(self, body):
        cached = 0 if body.get("max_tokens") == 0 else 99
        usage = {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": cached}}
        if not body.get("stream"):
            self.answer({"usage": usage, "n_written": 7})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in ({"choices": ["字"]}, {"usage": usage}):
            self.chunk(f"data: {json.dumps(event)}\n\n".encode())
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def answer(self, body, *, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def llama():
    with Llama() as server:
        yield from _serving(server)


@pytest.fixture
def front(llama, tmp_path):
    upstream = Upstream(llama.server_address[1], "key", tmp_path)
    with Front(upstream, SharedPrefixes(upstream, 2)) as server:
        yield from _serving(server)


def _serving(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()


def ask(front, path, body=None, key="key"):
    """Status and text of the answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{front.server_address[1]}{path}",
        data=None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def chat(text, **more):
    return {"messages": [{"role": "user", "content": text}], "max_tokens": 5, **more}


def test_chat_goes_to_a_slot_after_its_beginning_was_read_and_saved(front, llama):
    status, _ = ask(front, "/v1/chat/completions", chat(LONG))
    assert status == 200
    (_, first), (saving, _), (_, second) = llama.asked
    assert (first["max_tokens"], second["max_tokens"]) == (0, 5)
    assert saving == f"/slots/{second['id_slot']}?action=save"


def test_usage_says_what_was_cached_before_the_request_came(front):
    _, text = ask(front, "/v1/chat/completions", chat(LONG))
    assert json.loads(text)["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
    _, text = ask(front, "/v1/chat/completions", chat(LONG))
    assert json.loads(text)["usage"]["prompt_tokens_details"]["cached_tokens"] == 99


def test_streamed_usage_is_true_too_and_the_rest_is_unchanged(front):
    _, text = ask(front, "/v1/chat/completions", chat(LONG, stream=True))
    events = [line.removeprefix("data: ") for line in text.splitlines() if line]
    assert json.loads(events[0]) == {"choices": ["字"]}
    assert json.loads(events[1])["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
    assert events[2] == "[DONE]"


def test_wrong_key_and_broken_requests_get_the_servers_own_words(front, llama):
    assert ask(front, "/v1/chat/completions", chat(LONG), key="other")[0] == 401
    assert ask(front, "/v1/chat/completions", b"{") == (400, '{"error": "no JSON"}')
    assert llama.asked == []


def test_everything_else_is_passed_on(front, llama):
    assert ask(front, "/v1/models") == (200, '{"path": "/v1/models"}')
    ask(front, "/v1/embeddings", {"input": "text"})
    ask(front, "/v1/chat/completions", chat(LONG, n=2))
    assert [body for _, body in llama.asked] == [{"input": "text"}, chat(LONG, n=2)]
