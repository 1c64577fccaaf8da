"""The server keeps to its OpenAPI document, whatever is sent: no 5xx, no answer that is not described."""

import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2
import pytest
import schemathesis
from api_server import PATIENCE_SECONDS, TEAM, TOKEN, caller, events, make_factory, served
from app_standins import REQUIREMENT
from hypothesis import HealthCheck, given, settings, strategies
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from makery.interfaces.server import whole_application

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = 10
"""Made-up requests for each operation, by each of the two callers, of each of the two kinds."""


class Caller(NamedTuple):
    """Who asks, and what is theirs."""

    key: str
    things: dict[str, str]
    """Operations on what is there do more than those on what is not: a run that has ended, a team."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all operations; its relay has an account that answers nothing."""
    folder = tmp_path_factory.mktemp("schema")
    account = {"base_url": "http://127.0.0.1:9/v1", "models": ["m"]}
    factory = make_factory(
        folder, server={"requests_per_minute": 10**6}, relay={"upstreams": {"gone": account}}
    )
    with served(whole_application(factory, token=TOKEN)) as url:
        yield url


@pytest.fixture(scope="module", params=["operator", "tenant"])
def who(request: pytest.FixtureRequest, address: str) -> Caller:
    """The server's operator, or a tenant's administrator."""
    key = TOKEN
    if request.param == "tenant":
        with caller(address) as api:
            made = api.post("/api/v1/organisations", json={"name": "a tenant"}).raise_for_status().json()
            order = {"name": "k", "scopes": ["admin", "relay"], "organisation": made["id"]}
            key = api.post("/api/v1/keys", json=order).raise_for_status().json()["key"]
    with caller(address, key) as api:
        run = api.post("/api/v1/runs", json={"requirement": REQUIREMENT}).json()["id"]
        list(events(api, run))
        api.put("/api/v1/teams/pair", json={"file": TEAM}).raise_for_status()
    return Caller(key, {"run": run, "other": run, "team": "pair", "step": "write_code", "path": "main.py"})


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name has an address, as on a machine without a network: webhooks are made up too."""
    resolve = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **named: Any) -> Any:
        if host != "127.0.0.1":
            raise socket.gaierror(f"no address for {host!r}")
        return resolve(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


# The server's own threads draw random numbers while requests are made up.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.usefixtures("no_names")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_no_request_makes_the_server_fail_or_break_its_contract(
    address: str, who: Caller, mode: GenerationMode
) -> None:
    document = schemathesis.openapi.from_dict(
        httpx2.get(f"{address}/api/v1/openapi.json", timeout=PATIENCE_SECONDS).json()
    )
    document.config.update(base_url=address)
    problems = [
        f"{operation.label}: {problem}"
        for result in document.get_all_operations()
        for operation in [result.ok()]
        for problem in problems_of(operation, who, mode)
    ]
    assert not problems, "\n\n".join(problems)


def problems_of(operation: Any, who: Caller, mode: GenerationMode) -> list[str]:
    """What is wrong with the answers to made-up requests of one operation."""
    # What an account of the relay answers is not the server's to promise: 502 is what a dead one gives.
    relayed = operation.path.startswith("/relay/")
    checks = [check for check in CHECKS if not relayed or check is not not_a_server_error]

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(mode), strategies.booleans())
    def try_one(case: Any, real: bool) -> None:
        place = case.meta.components.get(ParameterLocation.PATH)
        if real and place is not None and place.mode.is_positive:
            known = {name: thing for name, thing in who.things.items() if name in case.path_parameters}
            case.path_parameters = {**case.path_parameters, **known}
        case.call_and_validate(
            headers={"Authorization": f"Bearer {who.key}"}, checks=checks, timeout=PATIENCE_SECONDS
        )

    try:
        try_one()
    except Unsatisfiable:
        # Nothing that can be sent to `GET /health` is wrong.
        assert mode.is_negative, f"nothing could be made up for {operation.label}"
    except (AssertionError, BaseExceptionGroup) as error:
        return [str(one)[:1500] for one in single(error)]
    return []


def single(error: BaseException) -> list[BaseException]:
    """The errors in a group, or the error itself."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for one in error.exceptions for leaf in single(one)]


def test_every_operation_is_described_with_its_errors_and_a_key(address: str) -> None:
    found = httpx2.get(f"{address}/api/v1/openapi.json", timeout=PATIENCE_SECONDS).json()
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"] or operation["description"], (method, path)
            if path in ("/health", "/ready"):
                continue
            assert "401" in operation["responses"], (method, path)
            if path.startswith("/api/"):
                assert operation["security"], (method, path)
                kinds = operation["responses"]["422"]["content"]
                assert list(kinds) == ["application/problem+json"], (method, path)
