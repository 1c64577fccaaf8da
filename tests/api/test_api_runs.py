"""A run ordered over HTTP: it is the same run everywhere, and can be followed and taken."""

import io
import json
import zipfile

import httpx2
from api_server import PATIENCE_SECONDS, Gate, events
from app_standins import REQUIREMENT

from makery.app.factory import Factory

RUNS = "/api/v1/runs"
ORDER = {"requirement": REQUIREMENT}


def begin(api: httpx2.Client, **more: object) -> str:
    answer = api.post(RUNS, json={**ORDER, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def finish(api: httpx2.Client, gate: Gate, run: str) -> list[dict[str, str]]:
    gate.open()
    return list(events(api, run))


def test_a_run_is_ordered_followed_to_its_end_and_judged(api: httpx2.Client, gate: Gate) -> None:
    run = begin(api)
    assert api.get(f"{RUNS}/{run}").json()["state"] == "running"
    seen = finish(api, gate, run)
    assert [int(event["id"]) for event in seen] == list(range(1, len(seen) + 1))
    assert seen[0]["event"] == "run_started"
    assert seen[-1]["event"] == "run_ended"
    shown = api.get(f"{RUNS}/{run}").json()
    assert (shown["state"], shown["files"]) == ("ended", ["README.md", "main.py"])
    judged = api.get(f"{RUNS}/{run}/verdict").json()
    assert judged["sentence"] == shown["verdict"]
    assert judged["verdict"]["proofs"][0]["quote"] == REQUIREMENT
    assert api.get(f"{RUNS}/{run}/cost").json()["by_work"][0]["skill"] == "write_code"
    assert api.get(f"{RUNS}/{run}/report").text.startswith("#")


def test_the_command_line_and_the_server_show_each_other_s_runs(
    api: httpx2.Client, gate: Gate, factory: Factory
) -> None:
    run = begin(api)
    finish(api, gate, run)
    assert factory.runs()[0].id == run
    assert str(factory.show(run).verdict) == api.get(f"{RUNS}/{run}").json()["verdict"]
    own = factory.build(REQUIREMENT, out=factory.settings.home / "own")
    assert api.get(RUNS).json()["items"][0]["id"] == own.run_id
    assert [event["event"] for event in events(api, own.run_id)][-1] == "run_ended"


def test_a_broken_stream_goes_on_where_it_broke(api: httpx2.Client, gate: Gate) -> None:
    run = begin(api)
    before = []
    for event in events(api, run):
        before.append(event)
        if len(before) == 2:
            break
    gate.open()
    after = list(events(api, run, headers={"Last-Event-ID": before[-1]["id"]}))
    assert [int(event["id"]) for event in after] == list(range(3, 3 + len(after)))
    assert after[-1]["event"] == "run_ended"
    whole = api.get(f"{RUNS}/{run}/ledger").json()["items"]
    assert [json.loads(event["data"]) for event in (*before, *after)] == whole
    over = api.get(f"{RUNS}/{run}/events", headers={"Last-Event-ID": after[-1]["id"]})
    assert over.status_code == 204


def test_streamed_text_comes_only_on_demand(api: httpx2.Client, gate: Gate) -> None:
    run = begin(api)
    texts = []
    for event in events(api, run, params={"text": "true"}):
        if event["event"] == "act_started":
            gate.open()
        if event["event"] == "text_streamed":
            assert "id" not in event
            texts.append(json.loads(event["data"])["text"])
    assert "print('hello')" in "".join(texts)
    assert "text_streamed" not in {event["event"] for event in events(api, run)}


def test_many_watchers_see_the_same_events(api: httpx2.Client, gate: Gate, url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    run = begin(api)
    with ThreadPoolExecutor(10) as pool:
        watching = [pool.submit(lambda: list(events(api, run))) for _ in range(10)]
        assert gate.asked.wait(PATIENCE_SECONDS)
        gate.open()
        seen = [[event["id"] for event in watcher.result(60)] for watcher in watching]
    assert all(ids == seen[0] and len(ids) > 5 for ids in seen)


def test_the_same_idempotency_key_makes_one_run(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    once = {"Idempotency-Key": "order-1"}
    first = api.post(RUNS, json=ORDER, headers=once)
    second = api.post(RUNS, json=ORDER, headers=once)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["Idempotency-Replayed"] == "true"
    other = api.post(RUNS, json={**ORDER, "seed": 7}, headers=once)
    assert other.status_code == 422
    assert len(api.get(RUNS).json()["items"]) == 1


def test_an_order_that_failed_frees_its_idempotency_key(api: httpx2.Client, gate: Gate) -> None:
    once = {"Idempotency-Key": "order-1"}
    assert api.post(RUNS, json={**ORDER, "model": "nonsense"}, headers=once).status_code == 422
    assert api.post(RUNS, json=ORDER, headers=once).status_code == 201


def test_pages_hold_every_run_once(api: httpx2.Client, gate: Gate) -> None:
    gate.open()
    made = [begin(api) for _ in range(5)]
    found, before = [], ""
    while True:
        page = api.get(RUNS, params={"most": 2, "before": before}).json()
        found += [run["id"] for run in page["items"]]
        before = page["next"]
        if not before:
            break
    assert found == sorted(made, reverse=True)


def test_files_are_listed_read_compared_and_downloaded(api: httpx2.Client, gate: Gate) -> None:
    run = begin(api)
    finish(api, gate, run)
    tree = api.get(f"{RUNS}/{run}/files").json()
    assert [file["path"] for file in tree["program"]] == ["README.md", "main.py"]
    assert ".makery/report.md" in {file["path"] for file in tree["documents"]}
    file = api.get(f"{RUNS}/{run}/files/main.py")
    assert file.text == "print('hello')\n"
    assert file.headers["content-type"].startswith("text/plain")
    assert "+print('hello')" in api.get(f"{RUNS}/{run}/diff").text
    ends = {"old": tree["commits"][0]["id"], "new": tree["commits"][-1]["id"]}
    assert "README.md" in api.get(f"{RUNS}/{run}/diff", params=ends).text
    archive = zipfile.ZipFile(io.BytesIO(api.get(f"{RUNS}/{run}/archive").content))
    assert archive.read("main.py") == b"print('hello')\n"
    assert archive.testzip() is None


def test_an_answer_that_the_client_has_is_not_sent_again(api: httpx2.Client, gate: Gate) -> None:
    run = begin(api)
    finish(api, gate, run)
    first = api.get(f"{RUNS}/{run}")
    again = api.get(f"{RUNS}/{run}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = api.get(f"{RUNS}/{run}", headers={"If-None-Match": '"another"'})
    assert other.json() == first.json()


def test_a_repository_that_comes_as_an_archive_is_changed_on_a_branch(api: httpx2.Client, gate: Gate) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "print('old')\n")
        archive.writestr(".git/config", "[core]\n\tfsmonitor = touch /tmp/owned\n")
        archive.writestr("docs/notes.txt", "kept\n")
    gate.open()
    answer = api.post(
        f"{RUNS}/change", data={"order": json.dumps(ORDER)}, files={"archive": packed.getvalue()}
    )
    assert answer.status_code == 201, answer.text
    run = answer.json()["id"]
    list(events(api, run))
    shown = api.get(f"{RUNS}/{run}").json()
    assert shown["branch"] == f"makery/{run}"
    assert "docs/notes.txt" in shown["files"]
    diff = api.get(f"{RUNS}/{run}/diff").text
    assert "-print('old')" in diff
    assert "+print('hello')" in diff


def test_what_there_is_can_be_listed(api: httpx2.Client) -> None:
    def names(place: str) -> list[str]:
        return [item["name"] for item in api.get(f"/api/v1/{place}").json()["items"]]

    assert "write_code" in names("skills")
    assert "engineer" in names("roles")
    assert "software_company.duo" in names("teams")
    assert names("models") == ["embedded"]
    assert "write_code" in names("prompts")
    assert "requirement" in api.get("/api/v1/prompts/write_code").json()["variables"]
    assert api.get("/api/v1/skills/write_code").json()["output"]["type"] == "object"
    assert api.get("/api/v1/skills/nonsense").status_code == 404


def test_health_is_open_and_metrics_count_runs(api: httpx2.Client, gate: Gate, url: str) -> None:
    finish(api, gate, begin(api))
    assert httpx2.get(f"{url}/health", timeout=PATIENCE_SECONDS).json()["status"] == "ok"
    assert httpx2.get(f"{url}/ready", timeout=PATIENCE_SECONDS).json() == {
        "status": "ok",
        "version": "",
        "problems": [],
    }
    assert httpx2.get(f"{url}/metrics", timeout=PATIENCE_SECONDS).status_code == 401
    text = api.get("/metrics").text
    assert "makery_runs_started_total 1.0" in text
    assert 'route="/runs"' in text
