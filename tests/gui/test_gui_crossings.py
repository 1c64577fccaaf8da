"""Nobody gets at another's run by calling a handler of the page directly: tried at every one that there is.

Gradio has an address for each handler, so that the pages' own forms are no bound. Which handlers there are,
and what each takes, is read from the Blocks that are served: a new one is covered as soon as it is there.
"""

import inspect
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import gradio as gr
import httpx2
import pytest
from api_server import Gate, caller, events, served
from fastapi import FastAPI
from gui_server import application
from starlette.routing import Mount

from makery.app.factory import Factory
from makery.interfaces.gui.door import PRINCIPAL

KeyOf = Callable[..., str]

RUN_NAMES = {"run", "one", "other"}
"""What handlers call the id of a run."""
PLAUSIBLE = {"step": "1", "path": "main.py", "line": "python main.py", "text": "yes", "document": "{}"}
"""What is sent beside it, so that a handler has something to do."""
HARMLESS = {
    *PLAUSIBLE,
    *("act", "calls", "choice", "chosen", "days", "draft", "edited", "files", "gate", "goal", "key", "kind"),
    *("message", "history", "minutes", "model", "name", "new", "note", "old", "output", "places"),
    *("eyes", "provider", "scopes", "seats", "ask", "seed", "stdin", "task", "team", "tokens", "usd"),
    *(
        "x",
        "example_tuple",
        "index",
        "conversation",
        "conversations",
        "saved_conversations",
    ),  # of Gradio's own chat
}
"""What names nothing of anybody's; what is said of a run is looked up in the run that is named beside it."""
SECRET = "canary"
HELLO = "The program prints hello."
ASKED = f"{HELLO} And never the word {SECRET}."
SESSION = "one-session"
LEAST = 25
"""Handlers that take the id of a run, at least."""


CHOSEN = ("document",)
"""Handlers that are sent what was chosen of a list that Gradio keeps for the session."""


class Handler(NamedTuple):
    """A handler that a page calls."""

    number: int
    name: str
    takes: tuple[str, ...]
    """Names of what it is sent."""

    @property
    def label(self) -> str:
        return f"{self.number} {self.name}({', '.join(self.takes)})"

    def call(self, client: httpx2.Client, known: dict[str, Any], *, queue: bool = False) -> httpx2.Response:
        """What it answers to what is known of what it takes: at once, or over the queue's stream."""
        asked = {
            "fn_index": self.number,
            "data": [known.get(name) for name in self.takes],
            "session_hash": SESSION,
        }
        if not queue:
            return client.post("/gui/en/gradio_api/run/predict", json=asked)
        client.post("/gui/en/gradio_api/queue/join", json=asked).raise_for_status()
        return client.get("/gui/en/gradio_api/queue/data", params={"session_hash": SESSION})


def blocks_of(app: FastAPI) -> Any:
    """The Blocks behind the English pages."""
    guard = next(route.app for route in app.routes if isinstance(route, Mount) and route.path == "/gui/en")
    return vars(guard)["_app"].blocks


def handlers_of(app: FastAPI) -> list[Handler]:
    """All that run on the server."""
    blocks = blocks_of(app)
    return [
        Handler(number, getattr(found.fn, "__name__", "?"), _takes(found))
        for number, found in blocks.fns.items()
        if found.fn is not None
    ]


def _takes(found: Any) -> tuple[str, ...]:
    """The names of a handler's inputs; Gradio adds the request by itself."""
    names = [name for name in inspect.signature(found.fn).parameters if name != "request"]
    names += [f"more_{place}" for place in range(len(names), len(found.inputs))]
    return tuple(names[: len(found.inputs)])


@pytest.fixture
def app(factory: Factory) -> FastAPI:
    return application(factory)


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    with served(app) as address:
        yield address


def test_what_a_handler_takes_is_known_to_name_a_run_or_nothing(app: FastAPI) -> None:
    """A new name has to be listed in this file, so that it is thought about."""
    found = handlers_of(app)
    unknown = {(one.label, name) for one in found for name in one.takes if name not in RUN_NAMES | HARMLESS}
    assert {label for label, _ in unknown if not label.partition(" ")[2].startswith("order(")} == set()


def begun(client: httpx2.Client, requirement: str, **more: Any) -> str:
    order = {"requirement": requirement, "mode": "direct", **more}
    return client.post("/api/v1/runs", json=order).raise_for_status().json()["id"]


def until_asked(client: httpx2.Client, run: str) -> None:
    """Follow a run until it waits at a gate."""
    for event in events(client, run):
        if event["event"] == "act_started" and json.loads(event["data"])["event"]["skill"] == "ask":
            return
    raise AssertionError("it never asked")


def everything(client: httpx2.Client) -> list[Any]:
    """All that steering would change of somebody's runs."""
    runs = client.get("/api/v1/runs").json()["items"]
    ledgers = [client.get(f"/api/v1/runs/{run['id']}/ledger").json() for run in runs]
    return [runs, ledgers, *[client.get(f"/api/v1/runs/{run['id']}/questions").json() for run in runs]]


def session_of(found: list[Handler], client: httpx2.Client, run: str) -> dict[str, Any]:
    """A session in which the own run was looked at, and what its forms then hold.

    Gradio takes of a list only what it offered in the session: what is offered of the own run.
    """
    known: dict[str, Any] = {**dict.fromkeys(RUN_NAMES, run), **PLAUSIBLE}
    for one in found:
        answer = one.call(client, {**dict.fromkeys(RUN_NAMES, run)})
        if one.name == "choices":
            known["chosen"] = answer.json()["data"][0]["value"]
    return known


@pytest.mark.parametrize("queue", [False, True], ids=["at once", "over the queue"])
def test_no_handler_of_the_page_lets_one_organisation_reach_another_s_run(
    app: FastAPI, url: str, key_of: KeyOf, gate: Gate, queue: bool
) -> None:
    gate.open()
    found = [one for one in handlers_of(app) if RUN_NAMES & set(one.takes)]
    assert len(found) >= LEAST
    scopes = ("runs:read", "runs:write")
    with caller(url, key_of("ours", *scopes)) as owner, caller(url, key_of("other", *scopes)) as stranger:
        mine, ended = begun(stranger, HELLO), begun(owner, ASKED)
        waiting = begun(owner, ASKED, ask=["delivery"])
        list(events(stranger, mine))
        list(events(owner, ended))
        until_asked(owner, waiting)
        before = everything(owner)
        known = session_of(found, stranger, mine)
        reached = [
            f"{one.label}, {name}: {answer[:300]}"
            for one in found
            for name in RUN_NAMES & set(one.takes)
            for run in (ended, waiting)
            for answer in [one.call(stranger, {**known, name: run}, queue=queue).text]
            if SECRET in answer or not refused(one, run, answer)
        ]
        assert not reached, "\n\n".join(reached)
        assert everything(owner) == before


def refused(handler: Handler, run: str, answer: str) -> bool:
    """Whether it said that there is no such run; Gradio takes of a list only what it offered."""
    if handler.name in CHOSEN:
        return "is not in the list of choices" in answer or "No documents yet" in answer
    return f"There is no run &#x27;{run}&#x27;" in answer


async def test_no_handler_relies_on_what_gradio_lets_through(
    app: FastAPI, url: str, key_of: KeyOf, gate: Gate
) -> None:
    """The functions themselves, given another's run: no list of choices stands before them."""
    gate.open()
    scopes = ("runs:read", "runs:write")
    with caller(url, key_of("ours", *scopes)) as owner:
        run = begun(owner, ASKED)
        list(events(owner, run))
    sender = app.state.serving.doors.recognise(key_of("other", *scopes))
    request = SimpleNamespace(request=SimpleNamespace(scope={PRINCIPAL: sender}))
    known = {**dict.fromkeys(RUN_NAMES, run), **PLAUSIBLE, "chosen": "1"}
    functions = blocks_of(app).fns
    for one in handlers_of(app):
        if RUN_NAMES & set(one.takes):
            with pytest.raises(gr.Error, match="There is no run"):
                await functions[one.number].fn(*[known.get(name) for name in one.takes], request)


def test_the_page_s_handlers_do_work_for_whose_run_it_is(
    app: FastAPI, url: str, key_of: KeyOf, gate: Gate
) -> None:
    """Else a refusal would say nothing."""
    gate.open()
    found = [one for one in handlers_of(app) if RUN_NAMES & set(one.takes)]
    with caller(url, key_of("ours", "runs:read", "runs:write")) as owner:
        run = begun(owner, ASKED)
        list(events(owner, run))
        known = session_of(found, owner, run)
        answers = {one.label: one.call(owner, known).text for one in found}
    assert not [label for label, answer in answers.items() if "There is no run" in answer]
    assert SECRET in "".join(answers.values())
