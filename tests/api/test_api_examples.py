"""Each answer that the OpenAPI document describes has an example, and the example is one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from api_server import TOKEN, make_factory
from jsonschema import Draft202012Validator
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from pydantic import BaseModel

from makery.client import wire
from makery.interfaces.api.examples import answers
from makery.interfaces.server import whole_application

BYTES = {"application/zip", "image/png", "application/octet-stream"}
"""What JSON cannot show."""


class Answer(NamedTuple):
    """An answer of an operation in one media type."""

    label: str
    status: str
    kind: str
    content: dict[str, Any]


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    return whole_application(make_factory(tmp_path), token=TOKEN).openapi()


def answers_of(document: dict[str, Any]) -> Iterator[Answer]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    yield Answer(f"{method.upper()} {path}", status, kind, content)


def test_every_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    found = [answer for answer in answers_of(document) if answer.kind not in BYTES]
    assert len(found) > 300
    lacking = [answer[:3] for answer in found if "example" not in answer.content]
    assert lacking == []
    unfit = {
        (*answer[:3], error.json_path): error.message
        for answer in found
        for error in errors_of(document, answer.content)
    }
    assert unfit == {}


def errors_of(document: dict[str, Any], content: dict[str, Any]) -> Iterator[Any]:
    """Where an example is not as its schema says; references are looked up in the document."""
    schema = {**content["schema"], "components": document["components"]}
    yield from Draft202012Validator(schema).iter_errors(content["example"])


def test_an_operation_answers_something_or_says_that_it_answers_nothing(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            done = {status: answer for status, answer in operation["responses"].items() if status < "300"}
            assert done, (method, path)
            for status, answer in done.items():
                assert answer.get("content") or status == "204", (method, path, status)


def test_a_problem_s_example_is_of_its_status_and_operation(document: dict[str, Any]) -> None:
    for answer in answers_of(document):
        if answer.kind == "application/problem+json":
            problem = wire.Problem.model_validate(answer.content["example"])
            assert str(problem.status) == answer.status
            assert problem.title
            assert problem.instance.count("/") == answer.label.count("/")
            assert "{" not in problem.instance


@pytest.mark.parametrize("example", list(answers()), ids=lambda example: type(example).__name__)
def test_an_example_names_every_field_and_is_read_back_as_it_was(example: BaseModel) -> None:
    text = example.model_dump_json()
    assert type(example).model_validate_json(text) == example


def test_the_relay_s_examples_are_what_openai_s_client_reads(document: dict[str, Any]) -> None:
    kinds: dict[str, type[BaseModel]] = {
        "chat/completions": ChatCompletion,
        "embeddings": CreateEmbeddingResponse,
        "responses": Response,
    }
    for path, kind in kinds.items():
        answer = document["paths"][f"/relay/v1/{path}"]["post"]["responses"]["200"]
        example = answer["content"]["application/json"]["example"]
        assert kind.model_validate(example) is not None
