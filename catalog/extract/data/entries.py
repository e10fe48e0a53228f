"""Objects in documents that define tools: lists of tools, manifests, endpoint lists."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from catalog.records import Location, Tool
from classifier.resources import data_path

_NAME = re.compile(r"[A-Za-z_][\w.:/-]{0,127}$")
_PATH_PARAMETER = re.compile(r"\{(\w[\w-]*)\}|:(\w+)")
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title")
_METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


@cache
def knowledge() -> Mapping[str, Any]:
    """The tables of `data/extract/data.toml`."""
    return tomllib.loads(data_path("extract", "data.toml").read_text(encoding="utf-8"))


def listed_tools(document: Any, path: str, text: str) -> Iterator[Tool]:
    """The tools of a `tools/list` result, a JSON-RPC answer, an MCPB manifest or a plain array of tools."""
    extractor = "list:manifest" if isinstance(document, dict) and _is_bundle_manifest(document) else "list:tools"
    for entry in _tool_array(document):
        if extractor == "list:tools" and not _schema_of(entry):
            continue
        tool = _tool(entry, None, path, text, extractor)
        if tool:
            yield tool


def _is_bundle_manifest(document: Mapping[str, Any]) -> bool:
    return bool(document.keys() & {"manifest_version", "dxt_version", "mcpb_version"}) and "server" in document


def _tool_array(document: Any) -> list[Mapping[str, Any]]:
    for _ in range(3):
        if isinstance(document, dict):
            document = document.get("tools", document.get("result"))
    if isinstance(document, list) and document and all(isinstance(e, dict) for e in document):
        return document
    return []


def is_single_tool(document: Any) -> bool:
    """Whether the document is one tool on its own: a name, a description and an input schema."""
    return (
        isinstance(document, dict)
        and bool(_text(document, "name") and _text(document, "description"))
        and (isinstance(document.get("inputSchema", document.get("input_schema")), dict))
    )


def single_tool(document: Mapping[str, Any], path: str, text: str, extractor: str) -> Tool | None:
    """The tool that a document on its own defines."""
    return _tool(document, None, path, text, extractor)


def manifest_tools(document: Any, path: str, text: str) -> Iterator[Tool]:
    """The tools of a manifest that code turns into tools: a map or list of objects that say what each tool does."""
    for name, entry in _manifest_entries(document):
        if _does_something(entry):
            tool = _tool(entry, name, path, text, "manifest")
            if tool and (tool.description or tool.input_schema is not None):
                yield tool


def _manifest_entries(document: Any) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    if isinstance(document, list):
        yield from ((None, entry) for entry in document if isinstance(entry, dict))
        return
    if not isinstance(document, dict):
        return
    tools = document.get("tools")
    if isinstance(tools, list):
        yield from ((None, entry) for entry in tools if isinstance(entry, dict))
    elif isinstance(tools, dict):
        yield from ((name, entry) for name, entry in tools.items() if isinstance(entry, dict))
    elif document and all(isinstance(v, dict) for v in document.values()):
        yield from ((name, entry) for name, entry in document.items() if _text(entry, "description"))
    elif _text(document, "name") or _text(document, "id"):
        yield None, document


def _does_something(entry: Mapping[str, Any]) -> bool:
    said = knowledge()["entry"]
    for key in ("type", "kind"):
        if entry.get(key) in said["not_a_tool"]:
            return False
    return any(key in entry for key in said["does"])


def endpoint_tools(document: Any, path: str, text: str) -> Iterator[Tool]:
    """The tools of an endpoint list: objects with a tool's name, an HTTP method and a path."""
    said = knowledge()["endpoint"]
    entries = document if isinstance(document, list) else None
    if isinstance(document, dict):
        lists = [v for v in document.values() if isinstance(v, list)]
        entries = lists[0] if len(lists) == 1 else None
    for entry in entries or ():
        if not isinstance(entry, dict):
            return
        method, route = _first(entry, said["method"]), _first(entry, said["path"])
        name = _first(entry, said["name"])
        if not isinstance(name, str) or not isinstance(route, str) or str(method).lower() not in _METHODS:
            return
        tool = _tool({**entry, "name": name}, name, path, text, "endpoint list")
        if tool:
            described = tool.input_schema if tool.input_schema is not None else _path_schema(route)
            yield Tool(
                name,
                title=tool.title,
                description=tool.description,
                input_schema=described,
                annotations=tool.annotations,
                location=tool.location,
                extractor="endpoint list",
            )


def _path_schema(route: str) -> dict[str, Any]:
    names = [m[1] or m[2] for m in _PATH_PARAMETER.finditer(route)]
    schema: dict[str, Any] = {"type": "object", "properties": {n: {"type": "string"} for n in names}}
    return {**schema, "required": names} if names else schema


def _tool(entry: Mapping[str, Any], key: str | None, path: str, text: str, extractor: str) -> Tool | None:
    said = knowledge()["entry"]
    name = key if key is not None else _first(entry, said["name"])
    if not isinstance(name, str) or not _NAME.match(name):
        return None
    description = next((d for k in said["description"] if (d := _text(entry, k))), None)
    hints = _first(entry, said["annotations"])
    return Tool(
        name,
        title=next((t for k in said["title"] if (t := _text(entry, k))), None),
        description=description,
        input_schema=_schema_of(entry),
        annotations={k: hints[k] for k in _HINTS if isinstance(hints.get(k), (bool, str))}
        if isinstance(hints, dict)
        else {},
        location=Location(path, line_of(text, name)),
        extractor=extractor,
    )


def line_of(text: str, name: str) -> int:
    """The line on which a name first stands quoted, as a key or a whole value; 1 where it does not."""
    for form in (json.dumps(name), f"'{name}'", f"{name}:", f": {name}"):
        at = text.find(form)
        if at >= 0:
            return text.count("\n", 0, at) + 1
    return 1


def _schema_of(entry: Mapping[str, Any]) -> dict[str, Any] | None:
    value = _first(entry, knowledge()["entry"]["schema"])
    if isinstance(value, list):
        return _from_parameters([(_text(p, "name"), p) for p in value if isinstance(p, dict)])
    if not isinstance(value, dict):
        return None
    if "properties" in value or value.get("type") == "object" or "$ref" in value or "oneOf" in value:
        return {"type": "object", **value}
    if all(isinstance(p, (dict, str)) or p is None for p in value.values()):
        return _from_parameters([(n, p if isinstance(p, dict) else {"type": p}) for n, p in value.items()])
    return None


def _from_parameters(parameters: list[tuple[str | None, Mapping[str, Any]]]) -> dict[str, Any]:
    """The schema of parameters given one by one: required unless they say otherwise or have a default."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    types = knowledge()["types"]
    for name, said in parameters:
        if not name:
            continue
        stated = str(said.get("type", said.get("type_hint", "")) or "")
        schema: dict[str, Any] = {"type": types[stated.lower()]} if stated.lower() in types else {}
        schema |= {k: said[k] for k in ("description", "default", "enum", "items", "minimum", "maximum") if k in said}
        properties[name] = schema
        is_optional = said.get("required") is False or said.get("optional") is True or "default" in said
        if not is_optional:
            required.append(name)
    whole: dict[str, Any] = {"type": "object", "properties": properties}
    return {**whole, "required": required} if required else whole


def _first(entry: Mapping[str, Any], keys: list[str]) -> Any:
    return next((entry[k] for k in keys if entry.get(k) is not None), None)


def _text(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return value if isinstance(value, str) and value else None
