"""Tool definitions given as data: `Tool(name=..., inputSchema=...)`, dicts, and objects that carry the same fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.extract.python.expressions import literal, plain
from catalog.extract.python.schema import class_json_schema
from catalog.extract.python.signature import function_of
from catalog.extract.python.values import (
    OPEN,
    Class,
    External,
    Instance,
    Invocation,
    ToolObject,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine

_SCHEMA_KEYS = (
    "inputSchema",
    "input_schema",
    "parameters",
    "args_schema",
    "schema",
    "parameters_schema",
    "input_model",
)
_HINTS = {
    "read_only_hint": "readOnlyHint",
    "destructive_hint": "destructiveHint",
    "idempotent_hint": "idempotentHint",
    "open_world_hint": "openWorldHint",
}
MAX_NESTING = 40


@dataclass(slots=True)
class Defined:
    """A definition read from data; `problems` says what of it could not be read."""

    name: str | None
    title: str | None = None
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    annotations: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def is_low_level_tool(m: Machine, call: Invocation) -> bool:
    """Whether a call makes MCP's `Tool` (not one of the agent frameworks')."""
    callee = call.callee
    if not isinstance(callee, External) or callee.last != "Tool" or m.patterns.is_foreign(callee):
        return False
    return "name" in call.kwargs or "**" in call.kwargs


def definition_of(m: Machine, value: Value) -> Defined | None:
    """The definition that a value carries; None when it carries none."""
    if isinstance(value, Invocation):
        if isinstance(value.callee, External) and value.callee.last in (
            "Tool",
            "ToolDefinition",
            "MCPTool",
            "ToolSpec",
        ):
            return _from_fields(m, value.kwargs)
        return _from_fields(m, value.kwargs) if "name" in value.kwargs and _schema_key(value.kwargs) else None
    if isinstance(value, dict):
        inner = value.get("function") if value.get("type") == "function" else None
        return _from_fields(
            m, {k: v for k, v in (inner if isinstance(inner, dict) else value).items() if isinstance(k, str)}
        )
    if isinstance(value, Instance):
        return _from_object(m, value)
    if isinstance(value, ToolObject):
        return _from_fields(m, value.kwargs)
    return None


def _from_object(m: Machine, value: Instance) -> Defined | None:
    fields: dict[str, Value] = {}
    for key in ("name", "title", "description", "annotations", *_SCHEMA_KEYS):
        found = m.attribute(value, key)
        if not isinstance(found, Unknown) and function_of(found) is None:
            fields[key] = found
    if "name" in fields:
        return _from_fields(m, fields)
    for inner in ("tool", "definition", "tool_definition"):
        held = m.attribute(value, inner)
        if isinstance(held, (Invocation, dict)):
            return definition_of(m, held)
    return None


def _schema_key(fields: dict[str, Value]) -> str | None:
    return next((k for k in _SCHEMA_KEYS if k in fields), None)


def _from_fields(m: Machine, fields: dict[str, Value]) -> Defined:
    name = plain(fields.get("name"))
    title, description = plain(fields.get("title")), plain(fields.get("description"))
    out = Defined(name if isinstance(name, str) else None)
    out.title = title if isinstance(title, str) else None
    out.description = description if isinstance(description, str) else None
    if description is not None and out.description is None:
        out.description = description.known if isinstance(description, Unknown) else None
        out.problems.append(f"the description is {'partly ' if out.description else ''}computed")
    key = _schema_key(fields)
    if key is not None:
        schema = fields[key]
        if isinstance(schema, Class):
            schema = class_json_schema(m, schema)
        out.input_schema = known_part(schema)
        if out.input_schema is None or not _is_closed(schema):
            out.problems.append("the input schema is partly computed")
    out.annotations, problem = annotations_of(m, fields.get("annotations"))
    if problem:
        out.problems.append("the annotations could not be read")
    return out


def known_part(value: Value) -> dict[str, Any] | None:
    """A schema with what is not known left out; None when nothing of it is known."""
    kept = _kept(value, 0)
    return kept if isinstance(kept, dict) and kept else ({} if value == {} else None)


def _kept(value: Value, depth: int) -> Any:
    value = plain(value)
    if depth > MAX_NESTING:
        return None
    if isinstance(value, dict):
        pairs = {k: _kept(v, depth + 1) for k, v in value.items() if isinstance(k, str)}
        return {k: v for k, v in pairs.items() if v is not NotImplemented}
    if isinstance(value, (list, tuple)):
        return [k for k in (_kept(v, depth + 1) for v in value) if k is not NotImplemented]
    found = literal(value)
    return found if not isinstance(found, bytes) else NotImplemented


def _is_closed(value: Value, depth: int = 0) -> bool:
    value = plain(value)
    if depth > MAX_NESTING:
        return False
    if isinstance(value, dict):
        return OPEN not in value and all(isinstance(k, str) and _is_closed(v, depth + 1) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_closed(v, depth + 1) for v in value)
    return literal(value) is not NotImplemented


def annotations_of(m: Machine, value: Value) -> tuple[dict[str, Any], bool]:
    """Annotations by their wire names, and whether part of them could not be read."""
    if value is None:
        return {}, False
    if isinstance(value, Invocation):
        value = {**(value.args[0] if value.args and isinstance(value.args[0], dict) else {}), **value.kwargs}
    elif isinstance(value, Instance):
        value = {**value.attributes, **value.kwargs}
    if not isinstance(value, dict):
        return {}, True
    out: dict[str, Any] = {}
    problem = OPEN in value or "**" in value
    for key, given in value.items():
        shown = literal(given)
        if not isinstance(key, str) or key == "**":
            continue
        if shown is NotImplemented:
            problem = True
        elif shown is not None:
            out[_HINTS.get(key, key)] = shown
    return out, problem
