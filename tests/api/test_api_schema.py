"""The server keeps to its OpenAPI document, whatever is sent: no 5xx, no answer that is not described."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from api_server import TOKEN, make_factory, served
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from makery.interfaces.server import whole_application

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


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


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name has an address, as on a machine without a network: webhooks are made up too."""
    resolve = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **named: Any) -> Any:
        if host != "127.0.0.1":
            raise socket.gaierror(f"no address for {host!r}")
        return resolve(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.usefixtures("no_names")
def test_no_request_makes_the_server_fail_or_break_its_contract(address: str) -> None:
    document = schemathesis.openapi.from_dict(httpx2.get(f"{address}/api/v1/openapi.json").json())
    document.config.update(base_url=address)
    problems = [
        f"{operation.label}: {problem}"
        for result in document.get_all_operations()
        for operation in [result.ok()]
        for problem in problems_of(operation)
    ]
    assert problems == []


def problems_of(operation: Any) -> list[str]:
    """What is wrong with the answers to made-up requests of one operation."""
    # What an account of the relay answers is not the server's to promise: 502 is what a dead one gives.
    relayed = operation.path.startswith("/relay/")
    checks = [check for check in CHECKS if not relayed or check is not not_a_server_error]

    @settings(max_examples=10, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy())
    def try_one(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, checks=checks)

    try:
        try_one()
    except (AssertionError, BaseExceptionGroup) as error:
        return [str(error)[:1500]]
    return []


def test_every_operation_is_described_with_its_errors_and_a_key(address: str) -> None:
    found = httpx2.get(f"{address}/api/v1/openapi.json").json()
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
