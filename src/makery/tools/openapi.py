"""Tools from an OpenAPI 3 description: each operation is one. (The form of ChatGPT's plug-ins.)"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from makery.kernel.artifact import Frozen
from makery.kernel.errors import InputError
from makery.kernel.tool import ToolSpec
from makery.tools.tool import Tool, ToolFailed

if TYPE_CHECKING:
    import httpx

Json = dict[str, Any]
_METHODS = ("get", "put", "post", "delete", "patch")
_DEEPEST = 12
"""References within references; a schema that refers to itself is cut there."""


class Parameter(Frozen):
    """Where one argument goes."""

    name: str
    place: Literal["path", "query", "header", "body"]


class Operation(Frozen):
    """One operation of an API."""

    method: str
    path: str
    parameters: tuple[Parameter, ...]


def read_openapi(path: Path) -> Json:
    """The description in a JSON or YAML file.

    Raises:
        InputError: it cannot be read or is no OpenAPI 3 description.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"The OpenAPI file {str(path)!r} cannot be read: {error}.") from error
    if not isinstance(found, dict) or not str(found.get("openapi", "")).startswith("3."):
        raise InputError(f"The file {str(path)!r} is no OpenAPI 3 description: it has no `openapi: 3.x`.")
    return found


def openapi_tools(
    description: Json,
    *,
    client: "httpx.AsyncClient",
    base_url: str = "",
    headers: Mapping[str, str] | None = None,
) -> tuple[Tool, ...]:
    """A tool for each operation.

    Args:
        description: as `read_openapi` gives it.
        client: makes the requests; the caller closes it.
        base_url: instead of the description's first server.
        headers: sent with each request: keys, for example. No model sees them.

    Raises:
        InputError: no base URL is known.
    """
    base, given = _base(description, base_url), dict(headers or {})
    found = _operations(description)
    return tuple(Tool(spec, _Call(operation, client, base, given), safe=False) for spec, operation in found)


def operation_names(description: Json, *, base_url: str = "") -> tuple[str, ...]:
    """What the tools that `openapi_tools` makes of it are called.

    Raises:
        InputError: no base URL is known.
    """
    _base(description, base_url)
    return tuple(spec.name for spec, _ in _operations(description))


def _base(description: Json, base_url: str) -> str:
    servers = description.get("servers") or [{}]
    base = (base_url or str(servers[0].get("url", ""))).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise InputError(
            "The OpenAPI file names no absolute server URL.", remedy="Give base_url beside the file."
        )
    return base


def _operations(description: Json) -> Iterator[tuple[ToolSpec, Operation]]:
    for path, item in description.get("paths", {}).items():
        for method in (method for method in _METHODS if method in item):
            found = _resolved(item[method], description)
            shared = _resolved(item.get("parameters", []), description)
            yield _described(method, path, found, shared)


def _described(method: str, path: str, found: Json, shared: list[Json]) -> tuple[ToolSpec, Operation]:
    properties: Json = {}
    required: list[str] = []
    parameters: list[Parameter] = []
    for given in (*shared, *found.get("parameters", ())):
        if given.get("in") not in ("path", "query", "header"):
            continue
        schema = {**given.get("schema", {"type": "string"})}
        properties[given["name"]] = {**schema, "description": given.get("description", "")}
        required += [given["name"]] if given.get("required") else []
        parameters.append(Parameter(name=given["name"], place=given["in"]))
    body = found.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        properties["body"] = body
        required += ["body"] if found["requestBody"].get("required") else []
        parameters.append(Parameter(name="body", place="body"))
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    said = " ".join((found.get("summary") or found.get("description") or f"{method.upper()} {path}").split())
    name = re.sub(r"[\W_]+", "_", found.get("operationId") or f"{method}_{path}").strip("_")[:64]
    spec = ToolSpec(name=name, description=said, parameters=schema, reads=method == "get")
    return spec, Operation(method=method.upper(), path=path, parameters=tuple(parameters))


def _resolved(value: Any, root: Json, depth: int = 0) -> Any:
    """The value with its references written out."""
    if isinstance(value, list):
        return [_resolved(part, root, depth) for part in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        if depth > _DEEPEST:
            return {}
        found: Any = root
        for step in reference[2:].split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        return _resolved(found, root, depth + 1)
    return {key: _resolved(part, root, depth) for key, part in value.items()}


class _Call:
    """Makes the request of one operation."""

    def __init__(
        self, operation: Operation, client: "httpx.AsyncClient", base: str, headers: dict[str, str]
    ) -> None:
        self._operation = operation
        self._client = client
        self._base = base
        self._headers = headers

    async def __call__(self, arguments: Json) -> str:
        import httpx

        request = self._request(arguments)
        try:
            response = await self._client.send(request)
        except httpx.HTTPError as error:
            raise ToolFailed(f"The service could not be reached: {error!r}. Go another way.") from error
        text = response.text
        if response.is_error:
            raise ToolFailed(f"The service answered {response.status_code}: {text[:1000]}")
        return text or f"Done ({response.status_code})."

    def _request(self, arguments: Json) -> "httpx.Request":
        from urllib.parse import quote

        given: dict[str, Json] = {"path": {}, "query": {}, "header": {}, "body": {}}
        for parameter in self._operation.parameters:
            if parameter.name in arguments:
                given[parameter.place][parameter.name] = arguments[parameter.name]
        path = self._operation.path
        for name in re.findall(r"\{(\w+)\}", path):
            if name not in given["path"]:
                raise ToolFailed(f"The argument {name!r} is missing.")
            path = path.replace(f"{{{name}}}", quote(str(given["path"][name]), safe=""))
        headers = {**{name: str(value) for name, value in given["header"].items()}, **self._headers}
        body = json.dumps(given["body"]["body"]).encode() if "body" in given["body"] else None
        if body is not None:
            headers["content-type"] = "application/json"
        return self._client.build_request(
            self._operation.method, self._base + path, params=given["query"], headers=headers, content=body
        )
