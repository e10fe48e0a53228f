"""The values of Java calls and constructions: collections, text, JSON builders, the SDK's records, own methods."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tree_sitter import Node

from catalog.extract.java.project import TYPE_DECLARATIONS, File, members
from catalog.extract.java.scope import UNKNOWN, Scope
from catalog.extract.syntax import enclosing, named

if TYPE_CHECKING:
    from catalog.extract.java.values import Values

_SCHEMA_ORDER = ("type", "properties", "required", "additionalProperties", "$defs", "definitions")
_ANNOTATION_ORDER = ("title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "returnDirect")
# The official SDK's constructors of a tool by their number of arguments, in the order of its versions.
_TOOL_ORDERS = {
    2: ("name", "inputSchema"),
    3: ("name", "description", "inputSchema"),
    4: ("name", "description", "inputSchema", "annotations"),
    5: ("name", "description", "inputSchema", "outputSchema", "annotations"),
    7: ("name", "title", "description", "inputSchema", "outputSchema", "annotations", "meta"),
}
_TOOL_PARTS = ("name", "title", "description", "inputSchema", "annotations")
_EMPTY_MAPS = ("LinkedHashMap", "HashMap", "TreeMap", "ConcurrentHashMap", "JSONObject", "JsonObject", "ObjectNode")
_EMPTY_LISTS = ("ArrayList", "LinkedList", "HashSet", "LinkedHashSet", "JSONArray", "JsonArray", "ArrayNode", "Vector")
_PUTS = ("put", "set", "putPOJO", "addProperty", "putIfAbsent", "add")


@dataclass(frozen=True, eq=False)
class Instance:
    """An object of a class of the project."""

    file: File
    declaration: Node


class ToolParts(dict[str, object]):
    """The parts of a tool that code builds, under the names of the protocol."""


def construct(values: Values, node: Node, scope: Scope, depth: int) -> object:
    """The value of `new X(...)`."""
    name = scope.file.field_text(node, "type").partition("<")[0].strip().rpartition(".")[2]
    arguments = [values.evaluate(a, scope, depth + 1) for a in named(node.child_by_field_name("arguments"))]
    if name in _EMPTY_MAPS:
        return dict(arguments[0]) if arguments and isinstance(arguments[0], dict) else {}
    if name in _EMPTY_LISTS:
        return list(arguments[0]) if arguments and isinstance(arguments[0], list) else []
    if name == "JsonSchema":
        return {k: v for k, v in zip(_SCHEMA_ORDER, arguments, strict=False) if v is not None}
    if name == "ToolAnnotations":
        return {k: v for k, v in zip(_ANNOTATION_ORDER, arguments, strict=False) if v is not None}
    if name == "Tool" and len(arguments) in _TOOL_ORDERS:
        return ToolParts(zip(_TOOL_ORDERS[len(arguments)], arguments, strict=False))
    found = values.project.find_type(name, scope.file)
    return Instance(*found) if found else UNKNOWN


def invoke(values: Values, node: Node, scope: Scope, depth: int) -> object:
    """The value of a call."""
    method = scope.file.field_text(node, "name")
    receiver = node.child_by_field_name("object")
    holder = scope.file.text(receiver)
    arguments = [values.evaluate(a, scope, depth + 1) for a in named(node.child_by_field_name("arguments"))]
    if method in ("putObject", "withObject", "putArray", "withArray"):
        return [] if method.endswith("Array") else {}
    static = _static(holder.rpartition(".")[2], method, arguments)
    if static is not None:
        return static()
    if receiver is not None and not (holder == "this" or _is_type_name(holder)):
        value = values.evaluate(receiver, scope, depth + 1)
        if isinstance(value, Instance):
            return values.method_value(value.file, value.declaration, method, arguments, {"this": value}, depth)
        result = _on_value(value, method, arguments)
        if result is not None:
            return result()
        return UNKNOWN
    return _own(values, node, scope, method, holder, arguments, depth)


def _static(holder: str, method: str, arguments: list[object]) -> Callable[[], object] | None:
    """What a well-known static method gives."""
    if holder in ("Map", "ImmutableMap") and method in ("of", "ofEntries", "entry"):
        return lambda: _map(method, arguments)
    if holder in ("Collections", "Map", "List") and method in ("emptyMap", "emptyList", "emptySet"):
        return lambda: {} if method == "emptyMap" else []
    if (holder in ("List", "Set", "ImmutableList") and method == "of") or (holder == "Arrays" and method == "asList"):
        return lambda: list(arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)
    if holder == "Collections" and method in ("singletonList", "singleton", "unmodifiableList", "unmodifiableMap"):
        return lambda: [arguments[0]] if method.startswith("singleton") else arguments[0]
    if holder == "Collections" and method == "singletonMap" and len(arguments) == 2:
        return lambda: {str(arguments[0]): arguments[1]}
    if holder in ("Map", "List", "Set") and method == "copyOf" and arguments:
        return lambda: arguments[0]
    if holder == "String" and method == "format" and arguments:
        return lambda: _formatted(arguments[0], arguments[1:])
    if holder == "String" and method == "join" and len(arguments) >= 2:
        return lambda: _joined(arguments[0], arguments[1:])
    if holder == "String" and method == "valueOf" and arguments:
        return lambda: arguments[0] if isinstance(arguments[0], str) else UNKNOWN
    if holder == "Tool" and method == "builder":
        order = ("name", "inputSchema") if len(arguments) == 2 else ("name", "", "inputSchema")
        return lambda: ToolParts({k: v for k, v in zip(order, arguments, strict=False) if k})
    if holder == "ToolAnnotations" and method == "builder":
        return dict
    if method in ("createObjectNode", "objectNode"):
        return dict
    return list if method in ("createArrayNode", "arrayNode") else None


def _on_value(value: object, method: str, arguments: list[object]) -> Callable[[], object] | None:
    """What a method of a known value gives; builders give themselves back with the part added."""
    if isinstance(value, ToolParts):
        if method in _TOOL_PARTS and arguments:
            return lambda: ToolParts({**value, method: arguments[-1]})
        return lambda: value
    if isinstance(value, dict):
        if method in _PUTS and len(arguments) == 2:
            return lambda: {**value, str(arguments[0]): arguments[1]}
        if method in _ANNOTATION_ORDER and arguments:
            return lambda: {**value, method: arguments[0]}
        return (lambda: value) if method in ("build", "toMap", "deepCopy", "toString", "toPrettyString") else None
    if isinstance(value, list):
        if method in ("add", "put") and arguments:
            return lambda: [*value, arguments[-1]]
        return (lambda: value) if method in ("stream", "toList", "asList", "build") else None
    if isinstance(value, str):
        if method in ("strip", "trim", "stripIndent", "toString", "intern", "name", "getValue", "value", "getName"):
            return lambda: value.strip() if method in ("strip", "trim") else value
        if method == "formatted":
            return lambda: _formatted(value, arguments)
        if method in ("toLowerCase", "toUpperCase"):
            return lambda: value.lower() if method == "toLowerCase" else value.upper()
        if method == "concat" and arguments and isinstance(arguments[0], str):
            return lambda: value + str(arguments[0])
        if method == "replace" and all(isinstance(a, str) for a in arguments) and len(arguments) == 2:
            return lambda: value.replace(str(arguments[0]), str(arguments[1]))
        return lambda: UNKNOWN
    return None


def _own(
    values: Values, node: Node, scope: Scope, method: str, holder: str, arguments: list[object], depth: int
) -> object:
    """What a method of the project gives: of this class, of an outer one, of a named one or imported as static."""
    this = scope.bindings.get("this")
    if isinstance(this, Instance) and holder in ("", "this"):
        value = values.method_value(this.file, this.declaration, method, arguments, {"this": this}, depth)
        if value is not UNKNOWN:
            return value
    if holder in ("", "this"):
        owner = enclosing(node, *TYPE_DECLARATIONS)
        while owner is not None:
            value = values.method_value(scope.file, owner, method, arguments, _kept(scope), depth)
            if value is not UNKNOWN:
                return value
            owner = enclosing(owner, *TYPE_DECLARATIONS)
        imported = (i.rpartition(".") for i in scope.file.imports)
        holders = [h.rpartition(".")[2] for h, _, last in imported if last in (method, "*")]
    else:
        holders = [holder]
    for name in holders:
        found = values.project.find_type(name, scope.file)
        if found:
            value = values.method_value(*found, method, arguments, {}, depth)
            if value is not UNKNOWN:
                return value
    return UNKNOWN


def _kept(scope: Scope) -> dict[str, object]:
    return {"this": scope.bindings["this"]} if "this" in scope.bindings else {}


def _is_type_name(holder: str) -> bool:
    return bool(re.fullmatch(r"(?:\w+\.)*[A-Z]\w*", holder)) and not holder.rpartition(".")[2].isupper()


def _map(method: str, arguments: list[object]) -> object:
    if method == "entry":
        return tuple(arguments)
    if method == "ofEntries":
        return {str(a[0]): a[1] for a in arguments if isinstance(a, tuple) and len(a) == 2}
    return {str(k): v for k, v in zip(arguments[::2], arguments[1::2], strict=False)}


def _formatted(pattern: object, arguments: list[object]) -> object:
    if not isinstance(pattern, str) or any(a is UNKNOWN for a in arguments):
        return UNKNOWN
    given = iter(arguments)
    return re.sub(r"%[sd]|%n|%%", lambda m: {"%n": "\n", "%%": "%"}.get(m[0]) or str(next(given, m[0])), pattern)


def _joined(separator: object, arguments: list[object]) -> object:
    parts = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    texts = [p for p in parts if isinstance(p, str)]
    return separator.join(texts) if isinstance(separator, str) and len(texts) == len(parts) else UNKNOWN


def returned(method: Node) -> Node | None:
    """The value of the last return statement at a method's top level."""
    returns = [s for s in named(method.child_by_field_name("body")) if s.type == "return_statement"]
    return next(iter(named(returns[-1])), None) if returns else None


def parameter_names(method: Node, file: File) -> list[str]:
    """The names of a method's parameters, in order."""
    parameters = named(method.child_by_field_name("parameters"))
    return [file.field_text(p, "name") for p in parameters if p.type == "formal_parameter"]


def methods(declaration: Node, file: File, name: str) -> list[Node]:
    """The methods of a name that a type declares itself."""
    return [m for m in members(declaration, "method_declaration") if file.field_text(m, "name") == name]


def schema_of(value: object) -> dict[str, object] | None:
    """An input schema given as a map or as JSON text; None for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None
