"""An input schema as rows that a person can read. Bounded in depth and number: schemas are hostile."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalog.site.visible import shown_size

MAX_ROWS = 200
MAX_CHARACTERS = 20_000  # of HTML in all rows: pages stay small whatever the schema
_MAX_TEXT = 2_000  # of one description
_MAX_DEPTH = 5
_MAX_CHOICES = 40


class Parameter(NamedTuple):
    """One row: `name` with its path (`filter.from`, `items[].id`), `type` in words, `default` as JSON text or None."""

    name: str
    type: str
    required: bool
    description: str
    choices: tuple[str, ...]
    default: str | None
    depth: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """All rows of a schema. `rows` is None when the schema was not seen; `omitted` tells that there were more."""

    rows: tuple[Parameter, ...] | None
    omitted: bool = False
    count: int = 0
    required_count: int = 0


def parameters_of(schema: Mapping[str, Any] | None) -> Parameters:
    """The parameters of a tool's input schema, nested ones below their parents."""
    if schema is None:
        return Parameters(None)
    rows: list[Parameter] = []
    room = MAX_CHARACTERS
    for row in _rows(schema, schema, "", 0):
        room -= _size(row)
        if rows and (room < 0 or len(rows) >= MAX_ROWS):
            return _counted(schema, rows, omitted=True)
        rows.append(row)
    return _counted(schema, rows, omitted=False)


def _size(row: Parameter) -> int:
    """About how many characters of HTML a row takes."""
    plain = 90 + shown_size(row.name) + shown_size(row.type) + shown_size(row.description)
    if not row.choices and row.default is None:
        return plain
    return plain + shown_size(row.default or "") + sum([14 + shown_size(choice) for choice in row.choices])


def _counted(schema: Mapping[str, Any], rows: list[Parameter], omitted: bool) -> Parameters:
    properties = _mapping(schema.get("properties"))
    required = _strings(schema.get("required"))
    return Parameters(tuple(rows), omitted, len(properties), sum(name in required for name in properties))


def _rows(root: Mapping[str, Any], schema: Mapping[str, Any], prefix: str, depth: int) -> Iterator[Parameter]:
    if depth >= _MAX_DEPTH:
        return
    required = _strings(schema.get("required"))
    for key, raw in _mapping(schema.get("properties")).items():
        node = _resolved(root, _mapping(raw))
        name = f"{prefix}{key}"[:200]
        choices = tuple([_word(v) for v in _list(node["enum"])[:_MAX_CHOICES]]) if "enum" in node else ()
        default = _word(node["default"]) if "default" in node else None
        description = node.get("description")
        yield Parameter(
            name,
            _type(node),
            key in required,
            _cut(description) if isinstance(description, str) else "",
            choices,
            default,
            depth,
        )
        if "properties" in node:
            yield from _rows(root, node, f"{name}.", depth + 1)
        if "items" in node:
            yield from _rows(root, _resolved(root, _mapping(node["items"])), f"{name}[].", depth + 1)


def _resolved(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follows `#/...` references a few steps and unwraps "this or null"."""
    for _ in range(4):
        if "$ref" not in node and "anyOf" not in node:
            return node
        reference = node.get("$ref")
        options = [_mapping(o) for o in _list(node.get("anyOf"))]
        real = [o for o in options if o.get("type") != "null"]
        if isinstance(reference, str) and reference.startswith("#/"):
            target: Any = root
            for part in reference[2:].split("/"):
                target = _mapping(target).get(part.replace("~1", "/").replace("~0", "~"))
            node = {**_mapping(target), **{k: v for k, v in node.items() if k != "$ref"}}
        elif len(real) == 1 and len(options) == 2:
            node = {**real[0], **{k: v for k, v in node.items() if k != "anyOf"}}
        else:
            return node
    return node


def _type(node: Mapping[str, Any]) -> str:
    declared = node.get("type")
    if declared == "array":
        inner = _type(_mapping(node.get("items")))
        return f"array of {inner}" if inner != "any" else "array"
    if isinstance(declared, str):
        return declared
    if isinstance(declared, list):
        return " or ".join(str(d) for d in declared[:6])
    options = [_type(_mapping(o)) for key in ("anyOf", "oneOf") for o in _list(node.get(key))[:6]]
    return " or ".join(dict.fromkeys(options)) or "any"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def _word(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict | Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _strings(value: Any) -> frozenset[str]:
    return frozenset(v for v in _list(value) if isinstance(v, str))
