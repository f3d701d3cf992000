"""The API's description (OpenAPI 3.1), and the same as a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jigong.insight.law import Law
from jigong.portals.api.facts import schema as facts_schema
from jigong.portals.api.problems import TYPE
from jigong.portals.api.v1 import api

_METHODS = ("get", "post")
_HEADERS = {
    429: {"Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}}},
    409: {"Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}}},
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
}
_MEANS = {
    400: "The request is not JSON",
    401: "No token, or one that is wrong, expired or revoked",
    403: "The token may not do this",
    404: "There is no such thing within the token's reach",
    409: "It changed meanwhile, or the same request is under way",
    413: "The body is too large",
    422: "Something in the request is wrong",
    429: "Too many requests in a minute",
    503: "The platform is coming back",
}
EXAMPLES: dict[str, Any] = {
    "judge": {"facts": {"union_member": True}},
    "confirm_entitlements": {"items": [{"id": 1024, "version": 1}]},
    "deliver_records": {"records": [{"record_no": "PX-2023-0001", "person_id": "P-1024", "hours": 16}]},
}


def openapi(law: Law | None) -> dict[str, Any]:
    """The description; with the facts of ``law``, so that a program knows each by name and type."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    found["info"] = {**found["info"], "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}
    found["paths"] = {
        path: {method: _operation(dict(operation)) for method, operation in item.items()}
        for path, item in found["paths"].items()
    }
    if law is not None:
        facts = found["components"]["schemas"]["Facts"]
        facts["properties"] = {"facts": facts_schema(law)}
    return found


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    operation["parameters"] = [
        {**entry, "schema": _without_null(entry["schema"])} for entry in operation.get("parameters", ())
    ]
    operation["responses"] = {
        str(code): _response(int(code), answer) for code, answer in operation["responses"].items()
    }
    example = EXAMPLES.get(operation.get("operationId", ""))
    if example is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example
    return operation


def _without_null(shape: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out has no way to say null."""
    choices = [part for part in shape.get("anyOf", ()) if part != {"type": "null"}]
    return shape if len(choices) != 1 else {**{k: v for k, v in shape.items() if k != "anyOf"}, **choices[0]}


def _response(code: int, answer: dict[str, Any]) -> dict[str, Any]:
    made = {**answer, "description": _MEANS.get(code, "Done" if code == 200 else "You have it already")}
    if code >= 400 and "content" in made:
        made["content"] = {TYPE: made["content"]["application/json"]}
    if code == 400:
        # An address with a NUL in it is turned away before it reaches the API.
        made["content"]["text/html"] = {"schema": {"type": "string"}}
    if code in _HEADERS:
        made["headers"] = _HEADERS[code]
    return made


@dataclass(frozen=True, slots=True)
class ShownParameter:
    """A parameter of an operation, as the page shows it."""

    name: str
    where: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class ShownOperation:
    """An operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    open: bool
    parameters: tuple[ShownParameter, ...]
    body: str
    answer: str
    example: Any


@dataclass(frozen=True, slots=True)
class ShownSchema:
    """A shape, as the page shows it: names with their types."""

    name: str
    about: str
    fields: tuple[tuple[str, str, bool], ...]


def operations(found: dict[str, Any]) -> list[tuple[str, list[ShownOperation]]]:
    """The operations by tag, in the order of the description."""
    groups: dict[str, list[ShownOperation]] = {}
    for path, item in found["paths"].items():
        for method in _METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags") or ["other"]))
                groups.setdefault(tag, []).append(_shown(path, method, item[method]))
    return list(groups.items())


def shapes(found: dict[str, Any]) -> Iterator[ShownSchema]:
    """The shapes of bodies and answers."""
    for name, shape in found["components"]["schemas"].items():
        needed = set(shape.get("required", ()))
        fields = tuple(
            (field, type_name(part), field in needed) for field, part in shape.get("properties", {}).items()
        )
        if name != "Paging" and fields:
            yield ShownSchema(name, shape.get("description", ""), fields)


def _shown(path: str, method: str, operation: dict[str, Any]) -> ShownOperation:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    answer = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    parameters = tuple(
        ShownParameter(
            entry["name"], entry["in"], bool(entry.get("required")),
            entry.get("description") or entry["schema"].get("description") or type_name(entry["schema"]),
        )
        for entry in operation.get("parameters", ())
    )  # fmt: skip
    return ShownOperation(
        operation["operationId"], method.upper(), path, operation["summary"], operation.get("description", ""),
        not operation.get("security"), parameters, type_name(body.get("schema", {})) if body else "",
        type_name(answer.get("schema", {})), body.get("example"),
    )  # fmt: skip


def type_name(shape: dict[str, Any]) -> str:
    """A type in a word or two: ``list of Text``, ``integer or null``."""
    if "$ref" in shape:
        return str(shape["$ref"]).rsplit("/", 1)[-1]
    for key in ("anyOf", "oneOf"):
        if key in shape:
            return " or ".join(dict.fromkeys(type_name(part) for part in shape[key]))
    if "enum" in shape:
        return " | ".join(map(str, shape["enum"]))
    kind = shape.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {type_name(shape.get('items', {}))}"
    return f"{kind} ({shape['format']})" if "format" in shape else str(kind)
