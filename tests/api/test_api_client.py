"""`makery.client` does what the API offers, and takes up a broken stream where it broke."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from api_server import PATIENCE_SECONDS, TEAM, TOKEN, Gate, make_factory, served
from app_standins import REQUIREMENT

from makery.client import Client, Refused, verify_signature
from makery.interfaces.server import whole_application


@pytest.fixture
def client(url: str) -> Client:
    return Client(url, key=TOKEN)


def test_a_program_is_ordered_followed_and_taken(client: Client, gate: Gate) -> None:
    gate.open()
    with client as makery:
        run = makery.build(REQUIREMENT, mode="direct", once="only-once")
        assert makery.build(REQUIREMENT, mode="direct", once="only-once").id == run.id
        events = list(makery.follow(run.id))
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert makery.wait(run.id).state == "ended"
        assert [known.id for known in makery.runs()] == [run.id]
        assert makery.verdict(run.id).sentence == makery.run(run.id).verdict
        assert makery.file(run.id, "main.py") == b"print('hello')\n"
        assert "main.py" in {file.path for file in makery.files(run.id).program}
        assert zipfile.ZipFile(io.BytesIO(makery.archive(run.id))).read("main.py")
        assert "+print('hello')" in makery.diff(run.id)
        assert makery.report(run.id).startswith("#")
        assert makery.cost(run.id).calls == 1
        assert makery.me().organisation == "local"
        assert makery.models()[0].name == "embedded"


def test_a_run_is_stopped_and_resumed(client: Client, gate: Gate) -> None:
    with client as makery:
        run = makery.build(REQUIREMENT)
        assert gate.asked.wait(PATIENCE_SECONDS)
        assert makery.pause(run.id).state == "paused"
        gate.open()
        assert makery.resume(run.id, max_minutes=5).state == "running"
        assert makery.wait(run.id).state == "ended"


def test_a_repository_is_changed(client: Client, gate: Gate, tmp_path: Path) -> None:
    gate.open()
    archive = tmp_path / "repository.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", "print('old')\n")
    with client as makery:
        run = makery.change(REQUIREMENT, archive)
        assert makery.wait(run.id).branch == f"makery/{run.id}"


def test_a_refusal_says_what_to_do(client: Client, url: str) -> None:
    with client as makery, pytest.raises(Refused) as refused:
        makery.run("0123456789abc")
    assert refused.value.problem.status == 404
    assert "GET /api/v1/runs" in refused.value.remedy
    with Client(f"{url}/elsewhere", key=TOKEN) as lost, pytest.raises(Refused):
        lost.me()


def test_a_run_goes_on_after_the_server_was_stopped_and_started_again(tmp_path: Path, gate: Gate) -> None:
    with (
        served(whole_application(make_factory(tmp_path, gate), token=TOKEN)) as url,
        Client(url, key=TOKEN) as makery,
    ):
        run = makery.build(REQUIREMENT).id
        assert gate.asked.wait(PATIENCE_SECONDS)
    with (
        served(whole_application(make_factory(tmp_path), token=TOKEN)) as again,
        Client(again, key=TOKEN) as makery,
    ):
        assert makery.run(run).state == "paused"
        before = [event.seq for event in makery.follow(run)]
        makery.resume(run)
        after = [event.seq for event in makery.follow(run, after=before[-1])]
        assert makery.run(run).state == "ended"
    assert [*before, *after] == list(range(1, after[-1] + 1))


def test_a_broken_stream_is_taken_up_where_it_broke() -> None:
    """Each connection gives one event and breaks."""
    asked: list[str] = []
    waits: list[float] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/events"):
            detail = {
                "id": "r",
                "project": "p",
                "created": 1.0,
                "requirement": "x",
                "mode": "duo",
                "model": "m",
            }
            return httpx2.Response(200, json={**detail, "state": "ended"})
        last = request.headers["Last-Event-ID"]
        asked.append(last)
        if len(asked) > 3:
            return httpx2.Response(204)
        return httpx2.Response(200, stream=Breaking(int(last) + 1))

    with Client("http://x", key="k", transport=httpx2.MockTransport(answer), sleep=waits.append) as makery:
        assert [event.seq for event in makery.follow("r")] == [1, 2, 3]
    assert asked == ["0", "1", "2", "3"]
    assert len(waits) == 3


class Breaking(httpx2.SyncByteStream):
    """One event, then a broken connection."""

    def __init__(self, seq: int) -> None:
        self._seq = seq

    def __iter__(self):
        yield f'id: {self._seq}\ndata: {{"seq": {self._seq}, "at": 1.0, "event": {{}}}}\n\n'.encode()
        raise httpx2.ReadError("broken")


def test_only_genuine_recent_messages_are_taken_for_the_server_s() -> None:
    from makery.app.webhooks import sign

    body = b'{"run": "r"}'
    header = sign("whsec_x", body, 1000.0)
    assert verify_signature("whsec_x", body, header, clock=lambda: 1010.0)
    assert not verify_signature("whsec_y", body, header, clock=lambda: 1010.0)
    assert not verify_signature("whsec_x", body + b" ", header, clock=lambda: 1010.0)
    assert not verify_signature("whsec_x", body, header, clock=lambda: 2000.0)
    for forged in ("", "t=1000", "v1=ab", "t=x,v1=ab", "t=1010,v1=" + header.split("=")[-1], "t=1000,v1=é"):
        assert not verify_signature("whsec_x", body, forged, clock=lambda: 1010.0)


def test_the_client_has_a_call_for_every_operation(client: Client, gate: Gate, url: str) -> None:
    """Only the relay's own endpoints are left to the clients that they are made for."""
    gate.open()
    found = httpx2.get(f"{url}/api/v1/openapi.json", trust_env=False, timeout=PATIENCE_SECONDS).json()[
        "paths"
    ]
    asked: set[str] = set()

    def note(request: httpx2.Request) -> None:
        asked.add(f"{request.method} {request.url.path}")

    with client as makery:
        makery._http.event_hooks["request"].append(note)
        call_all(makery)
    missing = [
        f"{method} {path}"
        for path, methods in found.items()
        if not path.startswith("/relay/")
        for method in map(str.upper, methods)
        if not any(re.fullmatch(f"{method} {pattern(path)}", one) for one in asked)
    ]
    assert missing == []


def pattern(path: str) -> str:
    """A regular expression for what an operation's path may be."""
    return re.sub(r"\{(\w+)\}", lambda found: ".+" if found[1] == "path" else "[^/]+", path)


def approve(makery: Client, run: str) -> None:
    """Wait until a run asks whether its delivery is right, say yes, and wait for its end."""
    for _ in makery.follow(run):
        if makery.questions(run):
            break
    assert makery.answer(run, "approve").gate == "delivery"
    assert makery.wait(run).state == "ended"


def call_all(makery: Client) -> None:
    """Every call of the client once; some are refused, because nothing is there."""
    run = makery.build(REQUIREMENT, ask=("delivery",)).id
    approve(makery, run)
    assert makery.steps(run)[0].number == 1
    assert [label.decision for label in makery.labels(run)] == ["approve"]
    assert makery.labels(run)[0] in tuple(makery.all_labels())
    assert makery.step(run, "write_code").gives
    assert makery.compare(run, run).program == ""
    assert next(makery.ledger(run)).seq == 1
    assert makery.turns(run) == ()
    assert makery.export(run).startswith("{")
    for look in (makery.run, makery.files, makery.archive, makery.diff, makery.report, makery.verdict):
        assert look(run)
    assert makery.cost(run)
    assert makery.file(run, "main.py")
    approve(makery, makery.fork(run, "write_code", seed=7).id)  # it has the same gates
    project = makery.add_project("p")
    user = makery.add_user("u")
    key = makery.issue_key("k", ("runs:read",), user=user.id)
    assert project.id in {known.id for known in makery.projects()}
    assert user.id in {known.id for known in makery.users()}
    keys = tuple(makery.keys())
    assert key.id in {known.id for known in keys}
    made = makery.add_organisation("o", concurrent_runs=2)
    assert makery.set_quota(made.id, runs_per_day=5).quota.concurrent_runs is None
    assert made.id in {known.id for known in makery.organisations()}
    assert makery.publish_team("pair", TEAM).published
    assert "pair" in {team.name for team in makery.teams()}
    assert makery.team("pair").file
    makery.wait(makery.run_team("pair", "Write a line.").id)
    makery.withdraw_team("pair")
    for listed in (makery.skills, makery.roles, makery.models, makery.prompts):
        assert listed()
    assert makery.skill("write_code").takes
    assert makery.prompt("write_code").user
    assert makery.health().status == makery.ready().status == "ok"
    assert "makery_runs" in makery.metrics()
    assert list(makery.usage()) == []
    assert makery.accounts() == ()
    assert list(makery.webhooks()) == []
    makery.me()
    list(makery.runs())
    makery.revoke_key(key.id)
    makery.disable_user(user.id)
    refused: list[Callable[[], object]] = [
        lambda: makery.change(REQUIREMENT, Path(__file__)),
        lambda: makery.add_webhook("ftp://x"),
        lambda: makery.remove_webhook("0123456789abc"),
        lambda: makery.recording(run),
        lambda: makery.say(run, "Nobody asked."),
        lambda: makery.pause(run),
        lambda: makery.cancel(run),
        lambda: makery.resume(run),
    ]
    for call in refused:
        with pytest.raises(Refused):
            call()
