"""Teams over HTTP: what there is can be had to work, and one of your own becomes an endpoint."""

from collections.abc import Callable

import httpx2
import pytest
from api_server import TEAM, Gate, caller, events
from app_standins import REQUIREMENT

TEAMS = "/api/v1/teams"
RUNS = "/api/v1/runs"
KeyOf = Callable[..., str]


def publish(api: httpx2.Client, file: str = TEAM, name: str = "pair") -> httpx2.Response:
    return api.put(f"{TEAMS}/{name}", json={"file": file})


def test_the_list_has_the_company_and_the_societies(api: httpx2.Client) -> None:
    teams = {team["name"]: team for team in api.get(TEAMS).json()["items"]}
    assert teams["software_company.duo"]["protocol"] == "software_company"
    assert teams["debate"]["protocol"] == "debate"
    assert list(teams) == sorted(teams)
    shown = api.get(f"{TEAMS}/debate").json()
    assert shown["file"]["protocol"] == "debate"
    assert shown["diagram"].startswith("flowchart")
    assert api.get(f"{TEAMS}/software_company.duo").json()["file"] == {}
    assert api.get(f"{TEAMS}/nonsense").status_code == 404


def test_a_published_team_is_an_endpoint_that_has_it_work(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    published = publish(api)
    assert published.status_code == 200, published.text
    assert published.json()["published"]
    order = {"task": "Write a line.", "max_calls": 10}
    made = api.post(f"{TEAMS}/pair/runs", json=order)
    assert made.status_code == 201, made.text
    run = made.json()["id"]
    assert [event["event"] for event in events(api, run)][-1] == "run_ended"
    shown = api.get(f"{RUNS}/{run}").json()
    assert (shown["kind"], shown["state"], shown["exit_status"]) == ("team", "ended", 0)
    assert shown["result"]["data"]["text"] == "FINE"
    assert ".makery/dialogue.jsonl" in {
        file["path"] for file in api.get(f"{RUNS}/{run}/files").json()["documents"]
    }


def test_the_software_company_is_a_team_like_any_other(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    once = {"Idempotency-Key": "only-once"}
    place = f"{TEAMS}/software_company.direct/runs"
    made = api.post(place, json={"task": REQUIREMENT}, headers=once)
    assert made.status_code == 201, made.text
    assert api.post(place, json={"task": REQUIREMENT}, headers=once).json()["id"] == made.json()["id"]
    list(events(api, made.json()["id"]))
    shown = api.get(f"{RUNS}/{made.json()['id']}").json()
    assert (shown["kind"], shown["mode"]) == ("build", "direct")


def test_a_team_is_replaced_and_withdrawn(api: httpx2.Client) -> None:
    publish(api)
    assert publish(api, TEAM.replace("You write.", "You sing.")).status_code == 200
    assert api.get(f"{TEAMS}/pair").json()["file"]["roles"]["writer"]["goal"] == "You sing."
    assert api.delete(f"{TEAMS}/pair").status_code == 204
    assert api.get(f"{TEAMS}/pair").status_code == 404
    assert api.delete(f"{TEAMS}/pair").status_code == 404
    assert api.delete(f"{TEAMS}/debate").status_code == 404


@pytest.mark.parametrize(
    ("file", "status"),
    [
        pytest.param("protocol: nonsense", 422, id="no protocol"),
        pytest.param("[" * 30_000, 422, id="nested too deeply"),
        pytest.param("{a: 2020-13-45}", 422, id="no date"),
        pytest.param("{a: !!timestamp x, b: !!int ''}", 422, id="no number"),
        pytest.param(TEAM.replace("pair", "other"), 422, id="another name"),
        pytest.param(TEAM.replace("You write.", '"\\ud800"'), 422, id="no Unicode"),
        pytest.param(TEAM + "model: nonsense\n", 422, id="no such model"),
        pytest.param(TEAM.replace("by: critic", "by: nobody"), 422, id="nobody ends it"),
    ],
)
def test_a_team_that_cannot_work_is_refused(api: httpx2.Client, file: str, status: int) -> None:
    assert publish(api, file).status_code == status
    assert api.get(f"{TEAMS}/pair").status_code == 404


def test_names_of_teams_that_come_with_makery_are_not_taken_over(api: httpx2.Client) -> None:
    for name in ("debate",):
        answer = publish(api, TEAM.replace("pair", name), name)
        assert answer.status_code == 409, answer.text


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("tools: {python: ['os:system']}", id="code"),
        pytest.param("tools: {mcp: [{name: x, command: [sh, -c, id]}]}", id="program"),
        pytest.param(
            "tools: {openapi: [{file: /etc/passwd, base_url: 'http://169.254.169.254'}]}", id="address"
        ),
        pytest.param("model: m@http://169.254.169.254/v1", id="model by address"),
        pytest.param("permissions: [{tool: '*', decision: allow}]", id="everything allowed"),
    ],
)
def test_only_the_operator_s_teams_reach_beyond_the_sandbox(url: str, key_of: KeyOf, more: str) -> None:
    with caller(url, key_of("ours")) as admin:
        answer = publish(admin, f"{TEAM}{more}\n")
        assert answer.status_code == 403, answer.text
        assert admin.get(f"{TEAMS}/pair").status_code == 404


def test_a_role_s_own_model_reaches_no_address_either(url: str, key_of: KeyOf) -> None:
    file = TEAM.replace("goal: You write.", "goal: You write., model: m@http://169.254.169.254/v1")
    with caller(url, key_of("ours")) as admin:
        assert file != TEAM
        assert publish(admin, file).status_code == 403


def test_a_tenant_s_team_is_seen_and_used_by_the_tenant_alone(
    api: httpx2.Client, url: str, key_of: KeyOf, gate: Gate
) -> None:
    gate.open()
    with caller(url, key_of("ours")) as owner, caller(url, key_of("other")) as stranger:
        assert publish(owner).status_code == 200
        for client in (stranger, api):
            assert "pair" not in client.get(TEAMS).text
            assert client.get(f"{TEAMS}/pair").status_code == 404
            assert client.post(f"{TEAMS}/pair/runs", json={"task": "x"}).status_code == 404
            assert client.delete(f"{TEAMS}/pair").status_code == 404
        assert publish(stranger, TEAM.replace("You write.", "You paint.")).status_code == 200
        assert owner.get(f"{TEAMS}/pair").json()["file"]["roles"]["writer"]["goal"] == "You write."


def test_a_project_s_team_is_the_project_s(url: str, key_of: KeyOf) -> None:
    with caller(url, key_of("ours")) as admin:
        made = [admin.post("/api/v1/projects", json={"name": name}).json()["id"] for name in ("a", "b")]
        scopes = {"name": "k", "scopes": ["runs:write"]}
        keys = [admin.post("/api/v1/keys", json={**scopes, "project": id_}).json()["key"] for id_ in made]
        with caller(url, keys[0]) as first, caller(url, keys[1]) as second:
            assert publish(first).status_code == 200
            assert second.get(f"{TEAMS}/pair").status_code == 404
            assert admin.get(f"{TEAMS}/pair").status_code == 404
            publish(admin, TEAM.replace("You write.", "You sing."))
            assert first.get(f"{TEAMS}/pair").json()["file"]["roles"]["writer"]["goal"] == "You write."
            assert second.get(f"{TEAMS}/pair").json()["file"]["roles"]["writer"]["goal"] == "You sing."
