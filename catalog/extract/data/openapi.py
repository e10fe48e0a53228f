"""OpenAPI documents as tools: one per operation, parameters and JSON body as one input schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.extract.choice import MADE_OPERATIONS
from catalog.extract.data.entries import line_of
from catalog.records import Gap, Location, Tool

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_DEEPEST_REFERENCE = 8
_MOST_NODES = 4_000
_PARAMETER_KEYS = ("type", "enum", "default", "format", "minimum", "maximum", "items", "pattern")


def is_openapi(document: Any) -> bool:
    """Whether the document is an OpenAPI or Swagger one with paths."""
    return (
        isinstance(document, dict)
        and bool(document.keys() & {"openapi", "swagger"})
        and isinstance(document.get("paths"), dict)
    )


def operation_tools(
    document: Mapping[str, Any], path: str, text: str, summary_first: bool, extractor: str = MADE_OPERATIONS
) -> Iterator[Tool | Gap]:
    """A tool per operation, named by its operationId. Operations without one are one gap: code makes up their names."""
    unnamed = 0
    for item in document["paths"].values():
        for method in _METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            if not isinstance(operation, dict):
                continue
            name = operation.get("operationId")
            if not isinstance(name, str) or not name:
                unnamed += 1
                continue
            texts = [operation.get("summary"), operation.get("description")]
            stated = next((t for t in (texts if summary_first else texts[::-1]) if isinstance(t, str) and t), None)
            parameters = [*_list(item.get("parameters")), *_list(operation.get("parameters"))]
            yield Tool(
                re.sub(r"[^\w.-]", "_", name)[:128],
                description=stated,
                input_schema=_Resolver(document).input_schema(parameters, operation.get("requestBody")),
                location=Location(path, line_of(text, name)),
                extractor=extractor,
            )
    if unnamed:
        yield Gap(path, None, f"{unnamed} operations have no operationId; the code makes up the names of their tools")


class _Resolver:
    """Schemas of one operation with references resolved, within a bound on what is copied."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._left = _MOST_NODES

    def input_schema(self, parameters: list[Any], body: Any) -> dict[str, Any]:
        """The parameters and the JSON body's properties side by side; a body that is no object is `body`."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        for stated in parameters:
            parameter = self._resolved(stated)
            name, place = parameter.get("name"), parameter.get("in")
            if not isinstance(name, str) or place in ("header", "cookie"):
                continue
            if place == "body":
                self._add_body(parameter.get("schema"), parameter.get("required") is True, properties, required)
                continue
            schema = self.schema(parameter.get("schema")) or {
                k: parameter[k] for k in _PARAMETER_KEYS if k in parameter
            }
            if isinstance(parameter.get("description"), str):
                schema = {**schema, "description": parameter["description"]}
            properties[name] = schema
            if parameter.get("required") is True:
                required.append(name)
        content = _mapping(self._resolved(body).get("content"))
        media = next((content[k] for k in content if "json" in k or "form" in k), None)
        if isinstance(media, Mapping):
            self._add_body(media.get("schema"), self._resolved(body).get("required") is True, properties, required)
        whole: dict[str, Any] = {"type": "object", "properties": properties}
        return {**whole, "required": list(dict.fromkeys(required))} if required else whole

    def _add_body(self, stated: Any, is_required: bool, properties: dict[str, Any], required: list[str]) -> None:
        schema = self.schema(stated)
        for part in _list(schema.get("allOf")):
            schema = {
                **schema,
                "properties": {**_mapping(schema.get("properties")), **_mapping(part.get("properties"))},
            }
            schema["required"] = [*_list(schema.get("required")), *_list(part.get("required"))]
        if isinstance(schema.get("properties"), Mapping):
            properties |= schema["properties"]
            required += [r for r in _list(schema.get("required")) if isinstance(r, str)]
        elif schema:
            properties["body"] = schema
            if is_required:
                required.append("body")

    def schema(self, stated: Any, depth: int = 0) -> dict[str, Any]:
        """The schema with its references resolved; what lies behind too many of them stays open."""
        value = self._resolved(stated)
        self._left -= 1
        if depth > _DEEPEST_REFERENCE or self._left < 0:
            return {}
        out: dict[str, Any] = {}
        for key, part in value.items():
            if key == "properties" and isinstance(part, Mapping):
                out[key] = {n: self.schema(p, depth + 1) for n, p in part.items()}
            elif isinstance(part, Mapping) and key in ("items", "additionalProperties", "not"):
                out[key] = self.schema(part, depth + 1)
            elif key in ("allOf", "anyOf", "oneOf"):
                out[key] = [self.schema(p, depth + 1) for p in _list(part)]
            elif key not in ("example", "examples", "xml", "externalDocs"):
                out[key] = part
        return out

    def _resolved(self, value: Any) -> Mapping[str, Any]:
        for _ in range(_DEEPEST_REFERENCE):
            reference = value.get("$ref") if isinstance(value, Mapping) else None
            if not isinstance(reference, str):
                break
            value = self._at(reference)
        return _mapping(value)

    def _at(self, reference: str) -> Any:
        value: Any = self._document
        for part in reference.removeprefix("#/").split("/"):
            value = _mapping(value).get(part.replace("~1", "/").replace("~0", "~"))
        return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
