"""Input schemas in Ruby: hashes, and the argument builder of dry-schema's kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tree_sitter import Node

from catalog.extract.ruby.values import UNKNOWN, File, Project, statements
from catalog.extract.syntax import named

Schema = dict[str, Any]
_BOUNDS = {
    "gt?": "exclusiveMinimum", "gteq?": "minimum", "lt?": "exclusiveMaximum", "lteq?": "maximum",
    "min_size?": "minLength", "max_size?": "maxLength", "included_in?": "enum", "format?": "pattern",
}  # fmt: skip
_DEEPEST = 12


def of_hash(value: dict[str, object]) -> Schema:
    """A hash given as schema: an object, whether or not it says so, without what is unknown."""
    cleaned = _clean(value)
    return {"type": "object", **cleaned} if "properties" in cleaned or not cleaned else {**cleaned, "type": "object"}


def of_block(project: Project, block: Node | None, file: File, types: Mapping[str, str], depth: int = 0) -> Schema:
    """The schema of a block of `required(:x).filled(:string).description("…")` lines."""
    properties: Schema = {}
    required: list[str] = []
    for statement in statements(block):
        calls = _chain(statement)
        if not calls or depth > _DEEPEST:
            continue
        presence = file.field_text(calls[0], "method")
        names, _ = project.arguments(calls[0], file)
        if presence not in ("required", "optional") or not names or not isinstance(names[0], str):
            continue
        properties[names[0]] = _built(project, calls[1:], file, types, depth)
        if presence == "required":
            required.append(names[0])
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _built(project: Project, calls: list[Node], file: File, types: Mapping[str, str], depth: int) -> Schema:
    schema: Schema = {}
    for call in calls:
        method = file.field_text(call, "method")
        positional, by_name = project.arguments(call, file)
        block = call.child_by_field_name("block")
        if method == "description" and positional and isinstance(positional[0], str):
            schema["description"] = positional[0]
        elif method in ("hash", "schema"):
            schema |= of_block(project, block, file, types, depth + 1) if block is not None else {"type": "object"}
        elif method in ("array", "each"):
            schema["type"] = "array"
            kinds = [types[p] for p in positional if isinstance(p, str) and p in types]
            if block is not None:
                schema["items"] = of_block(project, block, file, types, depth + 1)
            elif kinds:
                schema["items"] = {"type": kinds[0]}
        elif method in ("filled", "value", "maybe", "type"):
            kinds = [types[p] for p in positional if isinstance(p, str) and p in types]
            if kinds:
                schema["type"] = kinds[0]
            schema |= {_BOUNDS[k]: v for k, v in by_name.items() if k in _BOUNDS and v is not UNKNOWN}
    return schema


def of_properties(project: Project, calls: list[Node], file: File, types: Mapping[str, str]) -> Schema:
    """The schema of `property :x, type: "string", description: "…", required: true` and `collection` lines."""
    properties: Schema = {}
    required: list[str] = []
    for call in calls:
        names, stated = project.arguments(call, file)
        if not names or not isinstance(names[0], str):
            continue
        kind = types.get(str(stated.get("type", "string")), "string")
        is_collection = file.field_text(call, "method") == "collection"
        schema: Schema = {"type": "array", "items": {"type": kind}} if is_collection else {"type": kind}
        schema |= {k: stated[k] for k in ("description", "default", "enum") if k in stated and stated[k] is not UNKNOWN}
        properties[names[0]] = schema
        if stated.get("required") is True:
            required.append(names[0])
    whole: Schema = {"type": "object", "properties": properties}
    return {**whole, "required": required} if required else whole


def _chain(node: Node) -> list[Node]:
    """The calls of a chain, innermost first; empty for another statement."""
    calls: list[Node] = []
    current: Node | None = node
    while current is not None and current.type == "call":
        calls.append(current)
        current = current.child_by_field_name("receiver")
    return calls[::-1] if current is None else []


def _clean(value: dict[str, object]) -> Schema:
    out: Schema = {}
    for key, part in value.items():
        if isinstance(part, dict):
            out[key] = _clean(part)
        elif isinstance(part, list):
            out[key] = [_clean(p) if isinstance(p, dict) else p for p in part if p is not UNKNOWN]
        elif part is not UNKNOWN:
            out[key] = part
    return out


def arguments_of(call: Node) -> list[Node]:
    """The argument nodes of a call."""
    return named(call.child_by_field_name("arguments"))
