"""What type parameters stand for at a call, and which type of a handler holds a tool's arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tree_sitter import Node

from catalog.extract.go import types
from catalog.extract.go.source import Project
from catalog.extract.go.values import Call, Function, Lazy, Struct, TypeRef, Unknown, Value, force
from catalog.extract.syntax import named

# Parameters of a handler that are not the tool's arguments.
_NOT_ARGUMENTS = re.compile(
    r"context\.Context|Context\b|CallToolRequest\b|CallToolParams\b|ServerSession|ServerRequest\[\*mcp\.CallToolParams\]"
    r"|Server\b|Logger|Client\b|Deps|Dependencies|Session\b|Provider\b|Config\b|^error$|Progress"
)
_CARRIER = re.compile(
    r"CallToolParamsFor\[|ServerRequest\[|CallToolRequestFor\["
)  # generic requests around the arguments


def infer(project: Project, function: Function, arguments: Sequence[Value]) -> dict[str, TypeRef]:
    """The type parameters of a function that its arguments settle."""
    declared = function.node.child_by_field_name("type_parameters")
    if declared is None:
        return {}
    names = set(types.parameter_names(function.file.text, declared)) - set(function.types)
    bound: dict[str, TypeRef] = {}
    position = 0
    for each in named(function.node.child_by_field_name("parameters")):
        kind = each.child_by_field_name("type")
        for _ in range(max(1, len(each.children_by_field_name("name")))):
            if kind is not None and position < len(arguments):
                _match_value(project, TypeRef(kind, function.file), arguments[position], names, bound)
            position += 1
    return bound


def _match_value(project: Project, pattern: TypeRef, value: Value, names: set[str], bound: dict[str, TypeRef]) -> None:
    if isinstance(value, Lazy) and value.type is not None:
        _match(project, pattern, value.type, names, bound, 0)
        if names <= set(bound):
            return
    value = force(value)
    if isinstance(value, (Struct, Unknown)) and value.type is not None:
        _match(project, pattern, value.type, names, bound, 0)
    elif isinstance(value, Function):
        resolved = types.resolve(project, pattern)
        if resolved.kind == "function_type":
            _match_signature(project, resolved.ref, value, names, bound)
        elif pattern.node.type == "generic_type":
            given = types.type_arguments(pattern, pattern.node.child_by_field_name("type_arguments"))
            found = input_type(project, value)
            if given and found is not None:
                _match(project, given[0], found, names, bound, 0)


def _match_signature(
    project: Project, pattern: TypeRef, function: Function, names: set[str], bound: dict[str, TypeRef]
) -> None:
    for part in ("parameters", "result"):
        want = _listed_types(TypeRef(pattern.node, pattern.file, pattern.bindings), part)
        have = _listed_types(TypeRef(function.node, function.file, function.types), part)
        for left, right in zip(want, have, strict=False):
            _match(project, left, right, names, bound, 0)


def _listed_types(ref: TypeRef, part: str) -> list[TypeRef]:
    node = ref.node.child_by_field_name(part)
    if node is None:
        return []
    if node.type != "parameter_list":
        return [TypeRef(node, ref.file, ref.bindings)]
    found = []
    for each in named(node):
        kind = each.child_by_field_name("type")
        if kind is not None:
            count = max(1, len(each.children_by_field_name("name")))
            found.extend([TypeRef(kind, ref.file, ref.bindings)] * count)
    return found


def _match(
    project: Project, pattern: TypeRef, actual: TypeRef, names: set[str], bound: dict[str, TypeRef], depth: int
) -> None:
    pattern = types.strip(pattern)
    text = pattern.text
    if depth > 8:
        return
    if text in pattern.bindings:
        _match(project, pattern.bindings[text], actual, names, bound, depth + 1)
        return
    if pattern.node.type == "type_identifier":
        if text in names:
            bound.setdefault(text, types.strip(actual))
        return
    actual = types.strip(actual)
    if pattern.node.type == "generic_type" and actual.node.type == "generic_type":
        left = types.type_arguments(pattern, pattern.node.child_by_field_name("type_arguments"))
        right = types.type_arguments(actual, actual.node.child_by_field_name("type_arguments"))
        for one, other in zip(left, right, strict=False):
            _match(project, one, other, names, bound, depth + 1)
    elif pattern.node.type in ("slice_type", "array_type") and actual.node.type in ("slice_type", "array_type"):
        one_node, other_node = (each.node.child_by_field_name("element") for each in (pattern, actual))
        if one_node is not None and other_node is not None:
            one = TypeRef(one_node, pattern.file, pattern.bindings)
            other = TypeRef(other_node, actual.file, actual.bindings)
            _match(project, one, other, names, bound, depth + 1)


def input_type(project: Project, value: Value, depth: int = 0) -> TypeRef | None:
    """The type of the arguments that a handler takes: a struct, a map or any; None where it takes the raw request."""
    if depth > 6:
        return None
    if isinstance(value, Lazy):
        found = _from_type(project, value.type) if value.type is not None else None
        return found or input_type(project, force(value), depth + 1) or _among(project, value.given, depth)
    if isinstance(value, Function):
        return _from_parameters(project, value.node, TypeRef(value.node, value.file, _scope_types(value)))
    if isinstance(value, Unknown) and value.type is not None:
        return _from_type(project, value.type)
    if isinstance(value, Call):
        for each in value.arguments:
            found = input_type(project, each, depth + 1)
            if found is not None:
                return found
    return None


def _among(project: Project, values: Sequence[Value], depth: int) -> TypeRef | None:
    """The arguments' type of a handler that was wrapped: given directly, or a field of what was given."""
    for each in values:
        held = list(each.fields.values()) if isinstance(each, Struct) else [each]
        for inner in held:
            if isinstance(inner, Function) and (found := input_type(project, inner, depth + 1)) is not None:
                return found
    return None


def _scope_types(function: Function) -> dict[str, TypeRef]:
    inherited = dict(function.scope.types) if function.scope is not None else {}
    return {**inherited, **function.types}


def _from_type(project: Project, ref: TypeRef) -> TypeRef | None:
    ref = types.strip(ref)
    if ref.node.type == "parameter_list":
        return None
    if ref.node.type == "generic_type":
        base = types.base_name(ref)
        if "Handler" in base:
            given = types.type_arguments(ref, ref.node.child_by_field_name("type_arguments"))
            resolved = types.resolve(project, ref)
            if resolved.kind == "function_type":
                return _from_parameters(project, resolved.ref.node, resolved.ref)
            return given[0] if given else None
    resolved = types.resolve(project, ref)
    if resolved.kind == "function_type":
        return _from_parameters(project, resolved.ref.node, resolved.ref)
    return None


def _from_parameters(project: Project, node: Node, ref: TypeRef) -> TypeRef | None:
    for each in reversed(_listed_types(TypeRef(node, ref.file, ref.bindings), "parameters")):
        text = each.text
        if _CARRIER.search(text):
            inner = _innermost(each)
            if inner is not None:
                return inner
        stripped = types.strip(each)
        if _NOT_ARGUMENTS.search(text) and stripped.text not in stripped.bindings:
            continue
        if stripped.node.type == "map_type" or stripped.text in ("any", "interface{}"):
            return stripped
        resolved = types.resolve(project, each)
        if resolved.kind in ("struct_type", "map_type") or (resolved.kind == "external" and resolved.name):
            return stripped
        if resolved.kind in ("type_identifier", "interface_type") and stripped.text in ("any", "interface{}"):
            return stripped
    return None


def _innermost(ref: TypeRef) -> TypeRef | None:
    ref = types.strip(ref)
    while ref.node.type == "generic_type":
        given = types.type_arguments(ref, ref.node.child_by_field_name("type_arguments"))
        if not given:
            return None
        ref = types.strip(given[0])
    return ref
