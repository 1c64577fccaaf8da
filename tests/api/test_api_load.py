"""Many watch many runs, and nothing of what is over stays in the server's memory.

The long version, with numbers, is benchmarks/load.py.
"""

import gc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from api_server import PATIENCE_SECONDS, TOKEN, Gate, caller, events, make_factory, served
from app_standins import REQUIREMENT, StandIns

from makery.app.factory import Factory
from makery.interfaces.server import whole_application

RUNS = "/api/v1/runs"
BATCH = 3


@pytest.fixture
def factory(tmp_path_factory: pytest.TempPathFactory, gate: Gate) -> Factory:
    limits = {"streams": 1000, "requests_per_minute": 10**6}
    return make_factory(tmp_path_factory.mktemp("load"), gate, engine="inline", server=limits)


@pytest.fixture
def url(factory: Factory) -> Iterator[str]:
    with served(whole_application(factory, token=TOKEN)) as address:
        yield address


def begin(api: httpx2.Client) -> str:
    return api.post(RUNS, json={"requirement": REQUIREMENT}).raise_for_status().json()["id"]


def test_every_watcher_of_every_run_sees_every_event(api: httpx2.Client, url: str, gate: Gate) -> None:
    runs = [begin(api) for _ in range(4)]

    def watch(number: int) -> tuple[str, list[str]]:
        run = runs[number % len(runs)]
        with caller(url) as client:
            return run, [event["id"] for event in events(client, run)]

    with ThreadPoolExecutor(24) as pool:
        watching = [pool.submit(watch, number) for number in range(24)]
        assert gate.asked.wait(PATIENCE_SECONDS)
        gate.open()
        seen = [watcher.result(PATIENCE_SECONDS) for watcher in watching]
    for run in runs:
        whole = [str(entry["seq"]) for entry in api.get(f"{RUNS}/{run}/ledger").json()["items"]]
        assert [ids for watched, ids in seen if watched == run] == [whole] * 6


def test_what_is_over_does_not_stay_in_memory(api: httpx2.Client, factory: Factory, gate: Gate) -> None:
    gate.open()
    counts = []
    for _ in range(3):
        for run in [begin(api) for _ in range(BATCH)]:
            assert [event["event"] for event in events(api, run)][-1] == "run_ended"
        counts.append(objects_of_makery(api, factory))
    grown = {name: count - counts[1][name] for name, count in counts[2].items() if count > counts[1][name]}
    # Not even one object for each run; the first batch fills what is kept on purpose.
    assert {name: more for name, more in grown.items() if more >= BATCH} == {}


def objects_of_makery(api: httpx2.Client, factory: Factory) -> Counter[str]:
    """How many objects of our classes there are, by class, once nothing is under way."""
    while "makery_runs_running 0.0" not in api.get("/metrics").text:
        pass
    parts = factory._parts
    assert isinstance(parts, StandIns)
    parts.orders.clear()  # stand-ins remember everything, for tests that want to know
    parts.model.calls.clear()
    parts.verifier.examined.clear()
    gc.collect()
    kinds = (type(one) for one in gc.get_objects())
    return Counter(kind.__qualname__ for kind in kinds if str(kind.__module__).startswith("makery."))
