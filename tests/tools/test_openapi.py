"""Each operation of an OpenAPI description is a tool; requests are what the description says."""

import json
from pathlib import Path

import httpx
import pytest
from tools_world import Persons, call

from makery.kernel.errors import InputError
from makery.tools.openapi import openapi_tools, read_openapi
from makery.tools.permission import Permissions, Rule
from makery.tools.toolset import ToolBelt

DESCRIPTION = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
servers: [{url: "https://pets.example/v1/"}]
paths:
  /pets/{petId}:
    parameters:
      - {name: petId, in: path, required: true, schema: {type: integer}}
    get:
      operationId: getPet
      summary: Tell about a pet
      parameters:
        - {name: detail, in: query, schema: {type: string, enum: [short, long]}}
  /pets:
    post:
      summary: Add a pet
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string}
        mother: {$ref: "#/components/schemas/Pet"}
"""


@pytest.fixture
def description(tmp_path: Path) -> dict[str, object]:
    file = tmp_path / "pets.yaml"
    file.write_text(DESCRIPTION, encoding="utf-8")
    return read_openapi(file)


def belt(description: dict[str, object], answer: httpx.Response, asked: list[httpx.Request]) -> ToolBelt:
    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    client = httpx.AsyncClient(transport=httpx.MockTransport(respond))
    tools = openapi_tools(description, client=client, headers={"authorization": "Bearer key"})
    permissions = Permissions(rules=(Rule(tool="*", decision="allow"),))
    return ToolBelt(tools, people=Persons(), permissions=permissions)


async def test_an_operation_is_called_as_described(description: dict[str, object]) -> None:
    asked: list[httpx.Request] = []
    tools = belt(description, httpx.Response(200, json={"name": "Rex"}), asked)
    outcome = await tools.call(call("getPet", petId=7, detail="long"), ["*"])

    assert json.loads(outcome.text) == {"name": "Rex"}
    assert str(asked[0].url) == "https://pets.example/v1/pets/7?detail=long"
    assert asked[0].headers["authorization"] == "Bearer key"


async def test_a_body_is_sent_as_json_and_unnamed_operations_get_a_name(
    description: dict[str, object],
) -> None:
    asked: list[httpx.Request] = []
    tools = belt(description, httpx.Response(204), asked)
    outcome = await tools.call(call("post_pets", body={"name": "Rex"}), ["*"])
    assert (outcome.text, json.loads(asked[0].content)) == ("Done (204).", {"name": "Rex"})


async def test_errors_of_the_service_and_missing_arguments_are_told(description: dict[str, object]) -> None:
    tools = belt(description, httpx.Response(404, text="no such pet"), [])
    assert "404: no such pet" in (await tools.call(call("getPet", petId=1), ["*"])).text
    assert "'petId' is missing" in (await tools.call(call("getPet"), ["*"])).text


def test_only_what_is_got_may_be_asked_for_beside_others(description: dict[str, object]) -> None:
    tools = openapi_tools(description, client=httpx.AsyncClient())
    assert {tool.spec.name: tool.spec.reads for tool in tools} == {"getPet": True, "post_pets": False}


def test_a_schema_that_refers_to_itself_is_cut(description: dict[str, object]) -> None:
    tools = {tool.spec.name: tool for tool in openapi_tools(description, client=httpx.AsyncClient())}
    body = tools["post_pets"].spec.parameters["properties"]["body"]
    assert body["properties"]["mother"]["properties"]["name"] == {"type": "string"}


def test_a_path_argument_cannot_leave_its_place(description: dict[str, object]) -> None:
    tools = {tool.spec.name: tool for tool in openapi_tools(description, client=httpx.AsyncClient())}
    request = tools["getPet"].work._request({"petId": "../../admin"})  # type: ignore[attr-defined]
    assert request.url.raw_path == b"/v1/pets/..%2F..%2Fadmin"


@pytest.mark.parametrize("text", ["{}", "swagger: '2.0'", "- a", "a: [", "openapi: 2"])
def test_what_is_no_openapi_3_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_openapi(file)


def test_a_description_without_a_server_needs_a_base_url() -> None:
    with pytest.raises(InputError, match="names no absolute server URL"):
        openapi_tools({"openapi": "3.0.0", "paths": {}}, client=httpx.AsyncClient())
