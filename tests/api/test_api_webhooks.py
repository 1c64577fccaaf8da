"""Webhooks are signed, tried again, and never lead into a private network unless that is allowed."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from api_server import PATIENCE_SECONDS, TOKEN, Gate, caller, make_factory, served
from app_standins import REQUIREMENT
from fastapi import FastAPI, Request, Response

from makery.app.access import Principal
from makery.app.webhooks import Herald
from makery.client import verify_signature
from makery.interfaces.server import whole_application
from makery.kernel.errors import InputError
from makery.kernel.events import RunEnded
from makery.store.access import Scope
from makery.store.database import Database
from makery.store.ownership import Owner
from makery.store.webhooks import Webhooks

ADMIN = Principal(organisation="o", scopes=frozenset[Scope]({"admin"}))
HOOKS = "/api/v1/webhooks"


@contextmanager
def listening(*statuses: int) -> Iterator[tuple[str, "Queue[tuple[bytes, str]]"]]:
    """An address that answers with these statuses in turn, then 200, and what it got."""
    got: Queue[tuple[bytes, str]] = Queue()
    left = list(statuses)
    app = FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        got.put((await request.body(), request.headers.get("Makery-Signature", "")))
        return Response(status_code=left.pop(0) if left else 200)

    with served(app) as url:
        yield f"{url}/hook", got


def test_the_end_of_a_run_is_told_signed_and_again_if_it_was_not_taken(tmp_path: Path, gate: Gate) -> None:
    gate.open()
    factory = make_factory(tmp_path, gate, server={"private_webhooks": True})
    with (
        listening(500) as (address, got),
        served(whole_application(factory, token=TOKEN)) as url,
        caller(url) as api,
    ):
        hook = api.post(HOOKS, json={"url": address, "events": ["run_ended"]}).json()
        run = api.post("/api/v1/runs", json={"requirement": REQUIREMENT}).json()["id"]
        first, second = got.get(timeout=PATIENCE_SECONDS), got.get(timeout=PATIENCE_SECONDS)
    assert first == second
    body, signature = second
    told = json.loads(body)
    assert (told["run"], told["event"]["type"], told["project"]) == (run, "run_ended", "default")
    assert verify_signature(hook["secret"], body, signature)
    assert not verify_signature("whsec_other", body, signature)


def test_secrets_are_shown_once_and_webhooks_can_be_removed(tmp_path: Path) -> None:
    factory = make_factory(tmp_path, server={"private_webhooks": True})
    with served(whole_application(factory, token=TOKEN)) as url, caller(url) as api:
        made = api.post(HOOKS, json={"url": "http://127.0.0.1:9/"}).json()
        assert made["secret"] not in api.get(HOOKS).text
        assert api.delete(f"{HOOKS}/{made['id']}").status_code == 204
        assert api.delete(f"{HOOKS}/{made['id']}").status_code == 404
        assert api.get(HOOKS).json()["items"] == []


def herald(tmp_path: Path, addresses: list[str], **more: Any) -> Herald:
    kept = Webhooks(Database.open(f"sqlite:///{tmp_path}/hooks.db"))
    return Herald(kept, resolve=lambda host: addresses, **more)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "::127.0.0.1",
        "fec0::1",
        "224.0.0.1",
        "ff02::1",
    ],
)
async def test_private_addresses_are_refused_however_they_are_written(tmp_path: Path, address: str) -> None:
    refusing = herald(tmp_path, ["93.184.215.14", address])
    with pytest.raises(InputError, match="private address"):
        refusing.add(ADMIN, "http://looks-harmless.example/")
    assert herald(tmp_path, [address], private=True).add(ADMIN, "http://inside.example/").url


async def test_public_addresses_are_taken(tmp_path: Path) -> None:
    found = herald(tmp_path, ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
    assert found.check("https://hooks.example/x") == ("hooks.example", "93.184.215.14")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example/",
        "file:///etc/passwd",
        "http://",
        "http://me:secret@x.example/",
        "x",
        "http://x:99999/",
    ],
)
async def test_what_is_no_web_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="not usable"):
        herald(tmp_path, ["93.184.215.14"]).add(ADMIN, url)


def test_a_webhook_that_sends_elsewhere_is_not_followed(tmp_path: Path, gate: Gate) -> None:
    gate.open()
    reached: Queue[str] = Queue()
    inside, outside = FastAPI(), FastAPI()

    @inside.post("/secret")
    async def secret() -> None:
        reached.put("inside")

    with served(inside) as private:

        @outside.post("/hook")
        async def hook() -> Response:
            reached.put("outside")
            return Response(status_code=307, headers={"Location": f"{private}/secret"})

        factory = make_factory(tmp_path, gate, server={"private_webhooks": True})
        with (
            served(outside) as public,
            served(whole_application(factory, token=TOKEN)) as url,
            caller(url) as api,
        ):
            api.post(HOOKS, json={"url": f"{public}/hook", "events": ["run_ended"]}).raise_for_status()
            api.post("/api/v1/runs", json={"requirement": REQUIREMENT}).raise_for_status()
            told = [reached.get(timeout=PATIENCE_SECONDS) for _ in range(3)]
    assert told == ["outside"] * 3, "tried three times, never followed"
    assert reached.empty()


def inside(reached: Queue[str]) -> FastAPI:
    """A server that no webhook may reach."""
    app = FastAPI()

    @app.post("/")
    async def hook(request: Request) -> None:
        reached.put(request.headers["host"])

    return app


async def told(telling: Herald) -> None:
    """Have an event told, and wait until that has come to its end."""
    owner = Owner(organisation=ADMIN.organisation, project="")
    telling.sink("r", owner)(RunEnded(run="r", exit_status=0, verdict="", seconds=1.0))
    await asyncio.sleep(0)  # it is put into the queue in the loop's next turn
    await telling.close()


async def test_a_name_that_turns_private_later_is_not_followed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The name is one that leads inside if it is looked up by anything but the herald."""
    addresses = ["93.184.215.14"]
    reached: Queue[str] = Queue()
    with served(inside(reached)) as url:
        rebound = herald(tmp_path, addresses, wait=0)
        rebound.add(ADMIN, f"http://localhost:{url.rpartition(':')[2]}/")
        addresses[0] = "127.0.0.1"
        await told(rebound)
    assert reached.empty()
    assert "private address" in caplog.text


async def test_a_message_goes_to_the_very_address_that_was_looked_up(tmp_path: Path) -> None:
    """Looked up once more at the connection, the name could lead elsewhere: nobody else knows this one."""
    reached: Queue[str] = Queue()
    with served(inside(reached)) as url:
        port = url.rpartition(":")[2]
        telling = herald(tmp_path, ["127.0.0.1"], private=True, wait=0)
        telling.add(ADMIN, f"http://nobody-knows-this.example:{port}/", events=("run_ended",))
        await told(telling)
    assert reached.get_nowait() == f"nobody-knows-this.example:{port}"
