"""The cache of model calls keeps organisations apart, wherever their runs are worked on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import served
from app_standins import settings_in
from relay_upstream import Upstream

from makery.app.build import Installed
from makery.app.parts import Order
from makery.kernel.budget import Budget, Limits
from makery.kernel.completion import Completion, ModelCall, Prompt, Purpose
from makery.store.access import LOCAL
from makery.store.ownership import Owner

RUNS = {"a1": "acme", "a2": "acme", "b1": "bolt", "b2": "bolt"}
"""Whose they are; others are the operator's."""
CALL = ModelCall(
    prompt=Prompt(system="You are terse.", user="Our secret plan", template="write_code", version="abc"),
    purpose=Purpose(run="r", role="engineer", skill="write_code", act="a"),
    max_tokens=64,
)


class Server:
    """Runs of two organisations, and one model for all of them."""

    def __init__(self, folder: Path, url: str, upstream: Upstream) -> None:
        self.parts = Installed(settings_in(folder), {"MAKERY_API_KEY": "k"})
        self.upstream = upstream
        self._workspace = self.parts.new_workspace(folder / "work")
        self._model = f"m@{url}/v1"
        ownership = self.parts.registers().ownership
        for run, organisation in RUNS.items():
            ownership.claim(run, Owner(organisation=organisation, project="p"))

    async def here(self, run: str) -> Completion:
        """The call's answer to a run that this process works on."""
        opened = self.parts.workbench(self._order(run), Budget(Limits()), lambda event: None, self._workspace)
        async with opened as tools:
            return await tools.models.complete(CALL)

    async def by_a_worker(self, run: str) -> Completion:
        """The call's answer to a run whose calls any worker makes."""
        kept = await self.parts.make_call(self._order(run), Budget(Limits()), lambda event: None, CALL)
        return Completion.model_validate(json.loads(kept)["completion"])

    def _order(self, run: str) -> Order:
        return Order(run=run, model=self._model, unsafe_local=True, any_price=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    upstream = Upstream("upstream")
    with served(upstream.app) as url:
        yield Server(tmp_path, url, upstream)


async def test_what_one_organisation_asked_is_asked_again_for_another(server: Server) -> None:
    assert [(await server.here(run)).source for run in RUNS] == ["model", "cache", "model", "cache"]
    assert (await server.here("the operator's")).source == "model"
    assert len(server.upstream.asked) == 3


async def test_a_worker_gives_no_organisation_another_s_answer(server: Server) -> None:
    await server.here("a1")
    assert (await server.by_a_worker("a2")).source == "cache"
    assert (await server.by_a_worker("b1")).source == "model"
    assert (await server.by_a_worker("the operator's")).source == "model"


async def test_the_operator_s_answers_are_no_organisation_s(server: Server) -> None:
    assert server.parts.registers().ownership.organisation("the operator's") == LOCAL
    await server.here("the operator's")
    assert (await server.here("another of the operator's")).source == "cache"
    assert (await server.here("a1")).source == "model"
