"""Too much, too often, too slow, or from elsewhere: refused, and said so."""

import logging
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from api_server import PATIENCE_SECONDS, TOKEN, Gate, caller, events, make_factory, served
from app_standins import REQUIREMENT
from fastapi import Response

from makery.app.desk import Desk
from makery.interfaces.api.application import create_application
from makery.interfaces.patience import PatientProtocol

RUNS = "/api/v1/runs"
SMALL = 4096
"""Bytes that the system keeps of a connection."""


def test_a_body_that_is_too_large_is_refused(tmp_path: Path) -> None:
    factory = make_factory(tmp_path, server={"body_mib": 1})
    with served(create_application(factory, token=TOKEN)) as url, caller(url) as api:
        answer = api.post(RUNS, json={"requirement": "x" * (2 << 20)})
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        unsized = api.post(RUNS, content=iter([b" " * (1 << 20)] * 3))
        assert unsized.status_code == 413


def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    factory = make_factory(tmp_path, server={"requests_per_minute": 5})
    with served(create_application(factory, token=TOKEN)) as url, caller(url) as api:
        statuses = [api.get("/api/v1/me").status_code for _ in range(8)]
        assert statuses[:5] == [200] * 5
        last = api.get("/api/v1/me")
        assert (statuses[-1], last.status_code) == (429, 429)
        assert int(last.headers["Retry-After"]) >= 1


def test_a_key_has_only_so_many_open_streams(tmp_path: Path, gate: Gate) -> None:
    factory = make_factory(tmp_path, gate, server={"streams": 1})
    with served(create_application(factory, token=TOKEN)) as url, caller(url) as api:
        run = api.post(RUNS, json={"requirement": REQUIREMENT}).json()["id"]
        with api.stream("GET", f"{RUNS}/{run}/events") as open_one:
            lines = open_one.iter_lines()
            next(lines)
            assert api.get(f"{RUNS}/{run}/events").status_code == 429
            gate.open()


def test_a_client_that_never_ends_its_request_is_let_go(tmp_path: Path) -> None:
    app = create_application(make_factory(tmp_path), token=TOKEN, body_seconds=0.1)
    with served(app) as url:
        where = urlsplit(url)
        with socket.create_connection(
            (where.hostname or "", where.port or 0), timeout=PATIENCE_SECONDS
        ) as slow:
            head = f"POST {RUNS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
            slow.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
            assert slow.recv(4096).startswith(b"HTTP/1.1 408")


class Impatient(PatientProtocol):
    head_seconds = 0.1


@pytest.mark.parametrize("begun", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n"])
def test_a_client_that_never_says_what_it_wants_is_let_go(tmp_path: Path, begun: bytes) -> None:
    app = create_application(make_factory(tmp_path), token=TOKEN)
    with served(app, protocol=Impatient) as url:
        where = urlsplit(url)
        address = (where.hostname or "", where.port or 0)
        with socket.create_connection(address, timeout=PATIENCE_SECONDS) as slow:
            slow.sendall(begun)
            assert slow.recv(4096) == b"", "the server hangs up"


@pytest.fixture
def given_up() -> Iterator[threading.Event]:
    """Set when the server tells its log that it let a reader go."""
    told = threading.Event()
    watching = logging.Handler()
    watching.emit = lambda record: told.set() if "took nothing" in record.getMessage() else None
    log = logging.getLogger(PatientProtocol.__module__)
    log.addHandler(watching)
    yield told
    log.removeHandler(watching)


class Brisk(PatientProtocol):
    send_seconds = 0.2


def reader_of(url: str, path: str) -> socket.socket:
    """A connection that asked for something, and has not read any of it."""
    where = urlsplit(url)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    made.settimeout(PATIENCE_SECONDS)
    made.connect((where.hostname, where.port))
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    made.sendall(head.encode())
    return made


def all_that_comes(reader: socket.socket) -> int:
    """Bytes until the connection is at its end, however that comes."""
    size = 0
    try:
        while piece := reader.recv(1 << 16):
            size += len(piece)
    except ConnectionResetError:
        pass
    return size


@pytest.mark.parametrize(
    "what", ["events", "archive", "export", "recording", "files/.makery/screenshots/large.png"]
)
def test_a_reader_that_stops_reading_is_let_go(
    tmp_path: Path, gate: Gate, what: str, given_up: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.open()
    # The scripted model's calls are not recorded.
    monkeypatch.setattr(Desk, "recording", lambda *_: iter(["x" * 65_536] * 16))
    factory = make_factory(tmp_path, gate)
    app = create_application(factory, token=TOKEN)
    with served(app, protocol=Brisk, send_buffer=SMALL) as url, caller(url) as api:
        order = {"requirement": f"{REQUIREMENT} {'x' * 49_000}"}
        run = api.post(RUNS, json=order).raise_for_status().json()["id"]
        list(events(api, run))
        large = Path(factory.browse(run).root, ".makery", "screenshots", "large.png")
        large.parent.mkdir(parents=True, exist_ok=True)
        large.write_bytes(random.Random(7).randbytes(1 << 20))
        whole = len(api.get(f"{RUNS}/{run}/{what}").raise_for_status().content)
        assert whole > 150_000
        with reader_of(url, f"{RUNS}/{run}/{what}") as reader:
            assert given_up.wait(PATIENCE_SECONDS)
            assert all_that_comes(reader) < whole
        assert api.get("/health").status_code == 200


def test_a_reader_that_goes_on_reading_gets_all_of_it(tmp_path: Path) -> None:
    app = create_application(make_factory(tmp_path), token=TOKEN)
    size = 1 << 20
    app.add_api_route("/large", lambda: Response(bytes(size)))
    with served(app, protocol=Brisk, send_buffer=SMALL) as url, reader_of(url, "/large") as reader:
        assert all_that_comes(reader) > size


def test_a_connection_whose_answer_takes_long_is_kept(tmp_path: Path, gate: Gate) -> None:
    app = create_application(make_factory(tmp_path, gate), token=TOKEN)
    with served(app, protocol=Impatient) as url, caller(url) as api:
        run = api.post(RUNS, json={"requirement": REQUIREMENT}).json()["id"]
        with api.stream("GET", f"{RUNS}/{run}/events") as answer:
            assert gate.asked.wait(PATIENCE_SECONDS)
            gate.open()
            assert "run_ended" in answer.read().decode()


def test_a_page_elsewhere_cannot_pose_as_this_server(tmp_path: Path) -> None:
    app = create_application(make_factory(tmp_path), token=TOKEN, hosts=("127.0.0.1", "localhost"))
    with served(app) as url:
        assert httpx2.get(f"{url}/health", timeout=PATIENCE_SECONDS).status_code == 200
        rebound = httpx2.get(f"{url}/health", headers={"Host": "evil.example:8765"}, timeout=PATIENCE_SECONDS)
        assert rebound.status_code == 421


def test_a_browser_opens_the_printed_address_and_other_sites_cannot_use_its_cookie(url: str) -> None:
    with httpx2.Client(base_url=url, trust_env=False, timeout=PATIENCE_SECONDS) as browser:
        assert browser.get("/", params={"token": "guess"}).status_code == 401
        opened = browser.get("/", params={"token": TOKEN})
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        cookie = opened.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert browser.get(RUNS).status_code == 200
        elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert browser.post(RUNS, json={"requirement": "x"}, headers=elsewhere).status_code == 403
        assert browser.post(RUNS, json={"requirement": "x"}).status_code == 403
        own = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
        order = {"requirement": REQUIREMENT}
        assert browser.post(RUNS, json=order, headers=own).status_code == 201


def test_errors_are_problems_that_say_what_to_do(api: httpx2.Client) -> None:
    for answer in (
        api.get(f"{RUNS}/0000000000000"),
        api.post(RUNS, json={}),
        api.post(RUNS, json={"requirement": " "}),
        api.post(RUNS, json={"requirement": "x", "out": "/etc"}),
        api.post(RUNS, json={"requirement": "x", "model": "nonsense"}),
        api.get("/api/v1/nonsense"),
    ):
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status_code
        assert answer.status_code in (404, 422)
        assert problem["detail"]
        assert problem["instance"].startswith("/api/v1")
