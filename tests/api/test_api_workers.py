"""A server whose runs are done by workers: for its users nothing is different."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import TEAM, TOKEN, caller, make_factory, served
from app_standins import REQUIREMENT

from makery.interfaces.server import whole_application

RUNS = "/api/v1/runs"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[None]:
    """A worker in a thread, with a folder of its own for what it writes."""
    settings = {"home": tmp_path / "elsewhere", "database": f"sqlite:///{tmp_path}/shared.db"}
    up, loop = threading.Event(), asyncio.new_event_loop()
    factory = make_factory(tmp_path, **settings)
    task = loop.create_task(factory.work(lambda _: up.set()))
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait({task})))
    thread.start()
    assert up.wait(120)
    yield
    loop.call_soon_threadsafe(task.cancel)
    thread.join()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_a_team_with_persons_works_in_the_server_where_they_are_heard(tmp_path: Path) -> None:
    """No worker is there: this run does not wait for one."""
    settings = {"database": f"sqlite:///{tmp_path}/shared.db", "server": {"workers": True}}
    server = make_factory(tmp_path, **settings)
    with served(whole_application(server, token=TOKEN)) as address, caller(address) as api:
        assert api.put("/api/v1/teams/pair", json={"file": TEAM}).status_code == 200
        run = api.post("/api/v1/teams/pair/runs", json={"task": "A line.", "persons": ["critic"]}).json()[
            "id"
        ]
        with api.stream("GET", f"{RUNS}/{run}/events") as stream:
            assert any(line == "event: person_asked" for line in stream.iter_lines())
        assert api.post(f"{RUNS}/{run}/say", json={"text": "FINE"}).status_code == 200
        with api.stream("GET", f"{RUNS}/{run}/events") as stream:
            assert "event: run_ended" in list(stream.iter_lines())
        assert api.get(f"{RUNS}/{run}").json()["result"]["data"]["text"] == "FINE"


@pytest.mark.usefixtures("worker")
def test_a_run_ordered_over_http_is_done_by_a_worker_and_shown_by_the_server(tmp_path: Path) -> None:
    settings = {"database": f"sqlite:///{tmp_path}/shared.db", "server": {"workers": True}}
    server = make_factory(tmp_path, **settings)
    with served(whole_application(server, token=TOKEN)) as address, caller(address) as api:
        made = api.post(RUNS, json={"requirement": REQUIREMENT})
        assert made.status_code == 201, made.text
        run = made.json()["id"]
        with api.stream("GET", f"{RUNS}/{run}/events") as stream:
            assert any(line == "event: run_ended" for line in stream.iter_lines())
        shown = api.get(f"{RUNS}/{run}").json()
        assert (shown["state"], shown["files"]) == ("ended", ["README.md", "main.py"])
        assert api.get(f"{RUNS}/{run}/report").text.startswith("#")
        assert "hello" in api.get(f"{RUNS}/{run}/files/main.py").text
    assert (tmp_path / "elsewhere" / "runs" / run / "main.py").is_file()
