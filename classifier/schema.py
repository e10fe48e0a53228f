"""Reads an input schema within bounds: hostile schemas are deep, huge, cyclic or simply not schemas."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

from classifier.records import JsonObject
from classifier.text import normal_name

MAX_PARAMETERS = 150
MAX_DEPTH = 4
MAX_VALUES = 60
_WRAPPERS = ("items", "anyOf", "oneOf", "allOf")
_NESTED = frozenset(("properties", *_WRAPPERS))  # keys under which further parameters may stand
_VALUED = frozenset(("enum", "const", "items", "anyOf", "oneOf"))  # keys under which values may stand


class Parameter(NamedTuple):
    """`pointer` leads to it in the schema, `argument` to its value in a call; `key` is its normal name."""

    name: str
    key: str
    kind: str
    values: tuple[str, ...]
    values_pointer: str
    description: str
    pointer: str
    argument: str
    depth: int
    required: bool


def escape_pointer(part: str) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")


def _is_object(node: Any) -> TypeGuard[JsonObject]:
    """Whether it is a JSON object; what nearly every node is comes first, for an abstract class is slow to ask."""
    return type(node) is dict or (node is not None and isinstance(node, Mapping))


def _resolve(node: Any, root: JsonObject) -> Any:
    """What a node stands for: itself, or what its `$ref` leads to within four steps."""
    for _ in range(4):
        if not _is_object(node) or "$ref" not in node or not isinstance(node["$ref"], str):
            break
        target: Any = root
        for part in node["$ref"].lstrip("#/").split("/")[:6]:
            target = target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, Mapping) else None
        if target is None or target is node:
            break
        node = target
    return node


def _kind(node: JsonObject) -> str:
    kind = node.get("type")
    if isinstance(kind, str):
        return kind[:20]
    if isinstance(kind, (list, tuple)):
        return next((k for k in kind if isinstance(k, str) and k != "null"), "")[:20]
    return ""


def _values(node: JsonObject, pointer: str) -> tuple[tuple[str, ...], str]:
    """The strings a parameter may take, from `enum`, `const` or alternatives of them, and where they stand."""
    if _VALUED.isdisjoint(node):
        return (), ""
    enum = node.get("enum")
    if isinstance(enum, (list, tuple)):
        return tuple(v[:80] for v in enum[:MAX_VALUES] if isinstance(v, str)), pointer + "/enum"
    const = node.get("const")
    if isinstance(const, str):
        return (const[:80],), pointer + "/const"
    items: Any = node.get("items")
    if _is_object(items) and isinstance(items.get("enum"), (list, tuple)):
        return tuple(v[:80] for v in items["enum"][:MAX_VALUES] if isinstance(v, str)), pointer + "/items/enum"
    for word in ("anyOf", "oneOf"):
        options = node.get(word)
        if isinstance(options, (list, tuple)):
            found: list[str] = []
            for option in options[:MAX_VALUES]:
                if _is_object(option):
                    found.extend(_values({k: option[k] for k in ("enum", "const") if k in option}, "")[0])
            if found:
                return tuple(found[:MAX_VALUES]), f"{pointer}/{word}"
    return (), ""


def _required(node: JsonObject) -> frozenset[str]:
    required = node.get("required")
    if not required or not isinstance(required, (list, tuple)):
        return frozenset()
    return frozenset(r for r in required[:500] if isinstance(r, str))


def read_parameters(schema: JsonObject | None) -> list[Parameter]:
    """The parameters in the order they stand, outer before inner, at most 150, nested at most four deep."""
    found: list[Parameter] = []
    if not schema:
        return found
    pending: deque[tuple[Any, str, str, int]] = deque([(schema, "", "", 0)])
    visited = 0
    while pending and len(found) < MAX_PARAMETERS and visited < 400:
        raw, pointer, argument, depth = pending.popleft()
        visited += 1
        node = _resolve(raw, schema)
        if not _is_object(node) or depth > MAX_DEPTH:
            continue
        properties = node.get("properties")
        if properties and _is_object(properties):
            needed = _required(node)
            for name, child in properties.items():
                if len(found) >= MAX_PARAMETERS:
                    break
                if not isinstance(name, str):
                    continue
                child = _resolve(child, schema)
                body: JsonObject = child if _is_object(child) else {}
                step = escape_pointer(name)
                place, inner_argument = f"{pointer}/properties/{step}", f"{argument}/{step}"
                text = body.get("description")
                values, values_pointer = _values(body, place)
                found.append(
                    Parameter(
                        name,
                        normal_name(name),
                        _kind(body),
                        values,
                        values_pointer,
                        text[:300] if isinstance(text, str) else "",
                        place,
                        inner_argument,
                        depth,
                        name in needed,
                    )
                )
                if not _NESTED.isdisjoint(body):
                    pending.append((body, place, inner_argument, depth + 1))
        if _NESTED.isdisjoint(node):
            continue
        for word in _WRAPPERS:
            inner = node.get(word)
            if _is_object(inner):
                pending.append((inner, f"{pointer}/{word}", argument, depth))
            elif isinstance(inner, (list, tuple)):
                pending.extend(
                    (option, f"{pointer}/{word}/{n}", argument, depth) for n, option in enumerate(inner[:20])
                )
    return found
