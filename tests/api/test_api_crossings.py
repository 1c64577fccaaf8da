"""Nobody gets at what is somebody else's: tried at every operation of the OpenAPI document.

The document says where an operation takes the name of a thing: in its path, its query, its body. Each such
place is tried with a thing of somebody else, so that a new operation is covered as soon as it is there.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from api_server import TEAM, TOKEN, Gate, caller, events, make_factory, served
from app_standins import REQUIREMENT

from makery.interfaces.server import whole_application

API = "/api/v1"
RUNS = f"{API}/runs"
SECRET = "canary"
"""In the name of everything that the owner has: it must never be seen by another."""
ASKED = f"{REQUIREMENT} And never the word {SECRET}."
THINGS = ("run", "other", "team", "user", "key", "webhook", "organisation", "project")
"""Names of parameters and fields that name somebody's thing."""
OF_A_RUN = {
    "path",
    "step",
    "old",
    "new",
    "after",
    "before",
    "Last-Event-ID",
    "text",
    "gate",
    "document",
    "act",
}
"""Of a run that is named beside them."""
ORDERED = {
    *("requirement", "task", "mode", "seed", "order", "archive", "at", "artifact", "file", "messages"),
    *("ask", "ask_minutes", "silence", "max_tokens", "max_usd", "max_minutes", "max_calls", "model"),
    *("allow_unknown_price", "decision", "note", "scopes", "days", "quota", "url", "events", "models"),
    *("concurrent_runs", "runs_per_day", "tokens_per_month", "usd_per_month", "stream", "input"),
    *("persons", "attended", "unasked", "role"),
}
"""What an order says."""
HARMLESS = OF_A_RUN | ORDERED | {"name", "form", "since", "until", "most", "Idempotency-Key", "token"}
"""Names of parameters and fields that name nothing of anybody's."""
OPEN = ("/health", "/ready")
MAKING = ("PUT /api/v1/teams/{team}",)
"""Operations whose path names what is to be made: one's own, whatever others have of that name."""

KeyOf = Callable[..., str]


class Operation(NamedTuple):
    """An operation of the document with an example of what it takes."""

    method: str
    path: str
    query: tuple[str, ...]
    media: str
    body: dict[str, Any]
    fields: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    def named(self) -> Iterator[tuple[str, str]]:
        """The places at which it takes the name of a thing: kind of place, name."""
        for name in THINGS:
            if f"{{{name}}}" in self.path:
                yield "path", name
            if name in self.query:
                yield "query", name
            if name in self.fields:
                yield "body", name

    def ask(self, client: httpx2.Client, things: dict[str, str], **more: dict[str, str]) -> httpx2.Response:
        """Ask for it with these things in its path and further fields of query and body."""
        place = self.path
        for name, thing in {"path": "main.py", "step": "1", "name": "write_code", **things}.items():
            place = place.replace(f"{{{name}}}", thing)
        body = {**self.body, **more.get("body", {})}
        sent: dict[str, Any] = {"params": more.get("query", {})}
        if self.media == "multipart/form-data":
            sent |= {"data": {"order": json.dumps(body)}, "files": {"archive": b"no archive"}}
        elif self.media:
            sent |= {"json": body}
        return client.request(self.method, place, **sent)


def operations(api: httpx2.Client) -> list[Operation]:
    """Every operation that the OpenAPI document names."""
    document = api.get(f"{API}/openapi.json").json()
    return [
        operation_of(document, method, path, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


def operation_of(document: dict[str, Any], method: str, path: str, described: dict[str, Any]) -> Operation:
    parameters = tuple(one["name"] for one in described.get("parameters", ()) if one["in"] != "path")
    content = described.get("requestBody", {}).get("content", {})
    media, wanted = next(iter(content.items()), ("", {}))
    if media == "multipart/form-data":  # one of its fields is an order as JSON
        wanted = {"schema": {"$ref": "#/components/schemas/NewRun"}}
    schema = resolved(document, wanted.get("schema", {}))
    examples = [wanted["example"]] if "example" in wanted else schema.get("examples", [{}])
    fields = tuple(schema.get("properties", ()))
    return Operation(method.upper(), path, parameters, media, examples[0], fields)


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    choices = schema.get("anyOf", [schema])
    reference = next((one["$ref"] for one in choices if "$ref" in one), "")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


@pytest.fixture
def url(tmp_path: Path, gate: Gate) -> Iterator[str]:
    factory = make_factory(tmp_path, gate, server={"private_webhooks": True})
    with served(whole_application(factory, token=TOKEN)) as address:
        yield address


def owned(owner: httpx2.Client, admin: httpx2.Client, gate: Gate) -> dict[str, str]:
    """What somebody has: an id for every name of THINGS. `admin` rules the same organisation."""
    gate.open()
    hook = {"url": f"http://127.0.0.1:9/{SECRET}", "events": ["never"]}
    made = {
        "run": (owner, "runs", {"requirement": ASKED}),
        "user": (admin, "users", {"name": f"{SECRET} user"}),
        "key": (owner, "keys", {"name": f"{SECRET} key", "scopes": ["runs:read"]}),
        "webhook": (owner, "webhooks", hook),
        "project": (admin, "projects", {"name": f"{SECRET} project"}),
    }
    things = {
        name: client.post(f"{API}/{place}", json=order).raise_for_status().json()["id"]
        for name, (client, place, order) in made.items()
    }
    owner.put(f"{API}/teams/pair", json={"file": f"{TEAM}about: {SECRET}\n"}).raise_for_status()
    list(events(owner, things["run"]))
    who = owner.get(f"{API}/me").json()
    return {**things, "other": things["run"], "team": "pair", "organisation": who["organisation"]} | (
        {"project": who["project"]} if who["project"] else {}
    )


def crossings(
    found: list[Operation], stranger: httpx2.Client, mine: dict[str, str], theirs: dict[str, str]
) -> tuple[list[str], int]:
    """Where a stranger reaches somebody's things, and at how many places that was tried."""
    reached: list[str] = []
    tried = 0
    for operation in found:
        for kind, name in operation.named():
            if theirs[name] == mine[name] or operation.label in MAKING:
                continue  # the same organisation, in which they are strangers; or a thing of one's own
            things = {**mine, name: theirs[name]} if kind == "path" else mine
            more = {} if kind == "path" else {kind: {name: theirs[name]}}
            answer = operation.ask(stranger, things, **more)
            tried += 1
            if answer.status_code not in (403, 404) or SECRET in answer.text:
                reached.append(f"{operation.label}, {kind} {name}: {answer.status_code} {answer.text[:200]}")
    return reached, tried


def leaks(found: list[Operation], stranger: httpx2.Client, mine: dict[str, str]) -> list[str]:
    """Where what a stranger reads of the own things holds something of somebody else's."""
    reading = [one for one in found if one.method == "GET" and not one.path.endswith("/events")]
    return [one.label for one in reading if SECRET in one.ask(stranger, mine).text]


def test_every_parameter_is_known_to_name_a_thing_or_nothing(api: httpx2.Client) -> None:
    """A new one has to be listed in this file, so that it is thought about."""
    unknown = {
        (operation.label, name)
        for operation in operations(api)
        for name in (*operation.query, *operation.fields, *path_names(operation.path))
        if name not in THINGS and name not in HARMLESS
    }
    assert unknown == set()


def path_names(path: str) -> list[str]:
    return [part[1:].partition("}")[0].partition(":")[0] for part in path.split("/") if part[:1] == "{"]


def test_no_operation_lets_one_organisation_reach_another_s_things(
    api: httpx2.Client, url: str, key_of: KeyOf, gate: Gate
) -> None:
    found = operations(api)
    with caller(url, key_of("ours")) as owner, caller(url, key_of("other")) as stranger:
        theirs = owned(owner, owner, gate)
        mine = {**theirs_of_nobody(stranger), "team": "debate"}
        reached, tried = crossings(found, stranger, mine, theirs)
        assert reached == []
        assert tried >= 35, "the document names things at so many places at least"
        assert leaks(found, stranger, mine) == []
        still_there(owner, theirs)
        with caller(url, key_of("third", "admin", "relay")) as third:
            assert leaks(found, third, mine) == []


def test_no_operation_lets_one_project_s_key_reach_another_s_things(
    api: httpx2.Client, url: str, key_of: KeyOf, gate: Gate
) -> None:
    found = operations(api)
    with caller(url, key_of("ours")) as admin:
        made = [admin.post(f"{API}/projects", json={"name": name}).json()["id"] for name in ("a", "b")]
        scopes = {"name": "k", "scopes": ["admin"]}
        keys = [admin.post(f"{API}/keys", json={**scopes, "project": id_}).json()["key"] for id_ in made]
        with caller(url, keys[0]) as owner, caller(url, keys[1]) as stranger:
            theirs = owned(owner, admin, gate)
            mine = {**theirs_of_nobody(stranger), "project": made[1], "team": "debate"}
            reached, tried = crossings(found, stranger, mine, theirs)
            assert reached == []
            assert tried >= 30
            assert leaks(found, stranger, mine) == []
            still_there(owner, theirs, users=admin)


def theirs_of_nobody(stranger: httpx2.Client) -> dict[str, str]:
    """A stranger's own things: a run, and ids that nobody has."""
    run = stranger.post(RUNS, json={"requirement": REQUIREMENT}).raise_for_status().json()["id"]
    list(events(stranger, run))
    who = stranger.get(f"{API}/me").json()
    nobody = dict.fromkeys(("user", "key", "webhook"), "0123456789abc")
    return {"run": run, "other": run, "organisation": who["organisation"], "project": "default", **nobody}


def still_there(owner: httpx2.Client, things: dict[str, str], *, users: httpx2.Client | None = None) -> None:
    """All that was tried has changed nothing of the owner's."""
    assert owner.get(f"{RUNS}/{things['run']}").json()["state"] == "ended"
    assert len(owner.get(RUNS).json()["items"]) == 1
    keys = {key["id"]: key for key in owner.get(f"{API}/keys").json()["items"]}
    assert keys[things["key"]]["revoked"] is None
    everyone = {user["id"]: user for user in (users or owner).get(f"{API}/users").json()["items"]}
    assert everyone[things["user"]]["disabled"] is None
    assert [hook["id"] for hook in owner.get(f"{API}/webhooks").json()["items"]] == [things["webhook"]]
    assert owner.get(f"{API}/teams/pair").json()["about"] == SECRET


def test_every_operation_but_health_wants_a_key(api: httpx2.Client, url: str) -> None:
    found = operations(api)
    assert len(found) > 55
    things = {**dict.fromkeys(THINGS, "0123456789abc"), "team": "debate"}
    with caller(url, "") as nobody, caller(url, "mk_0123456789abc_guess") as guesser:
        for operation in found:
            if operation.path not in OPEN:
                for client in (nobody, guesser):
                    answer = operation.ask(client, things)
                    assert answer.status_code == 401, (operation.label, answer.text)


def test_a_key_that_only_reads_changes_nothing_anywhere(api: httpx2.Client, url: str, key_of: KeyOf) -> None:
    things = {**dict.fromkeys(THINGS, "0123456789abc"), "team": "debate"}
    with caller(url, key_of("ours", "runs:read")) as reader:
        for operation in operations(api):
            if operation.method != "GET":
                answer = operation.ask(reader, things)
                assert answer.status_code == 403, (operation.label, answer.text)


def test_an_id_is_not_guessed_by_a_part_of_it(url: str, key_of: KeyOf, gate: Gate) -> None:
    gate.open()
    with caller(url, key_of("ours")) as owner:
        run = owner.post(RUNS, json={"requirement": REQUIREMENT}).json()["id"]
        list(events(owner, run))
        for part in (run[:6], run[:-1], run[-4:], f"{run}0"):
            assert owner.get(f"{RUNS}/{part}").status_code == 404
        assert owner.get(f"{RUNS}/{run}").status_code == 200


def test_every_body_that_is_asked_for_has_an_example_that_the_server_takes(
    api: httpx2.Client, url: str
) -> None:
    things = dict.fromkeys(THINGS, "0123456789abc")
    for operation in operations(api):
        if operation.media and not operation.path.startswith("/relay/"):
            assert operation.body or not operation.fields, f"{operation.label} has no example"
            answer = operation.ask(api, things)
            # What the example names need not be there, but its form is right.
            problem = answer.json() if "problem" in answer.headers.get("content-type", "") else {}
            assert not problem.get("detail", "").startswith("body"), (operation.label, problem)
