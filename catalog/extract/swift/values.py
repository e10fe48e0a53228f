"""The Swift files of a tree as one project, and the values of expressions in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from tree_sitter import Node

from catalog.extract.syntax import Source, ancestors, captures, named, parse, unescape
from catalog.extract.tree import SourceTree

GRAMMAR = "tree_sitter_swift"
_DEEPEST = 40
_MOST_EVALUATED = 300_000
_DECLARED = re.compile(r"\b(let|var|case|func)\s+`?(\w+)")
_FURTHER_CASES = re.compile(r"\bcase[ \t]+[^:\n(]{0,300}?,\s*([^:\n}]{0,600})")
_SCHEMA_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_LITERALS = ("string", "int", "integer", "double", "number", "bool", "boolean", "array", "object", "data", "dictionary")
_HINTS = ("title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


class Unknown:
    """A value that reading cannot give."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, eq=False)
class Scope:
    """Where an expression stands: its source, and the values that names are known to have there."""

    source: Source
    bindings: Mapping[str, object] = field(default_factory=dict)

    def text(self, node: Node | None) -> str:
        return self.source.text(node) if node is not None else ""


@dataclass(eq=False)
class Project:
    """All Swift files of a tree, each parsed at most once; evaluation has one budget for all."""

    tree: SourceTree
    left: int = _MOST_EVALUATED
    _parsed: dict[str, Source | None] = field(default_factory=dict)

    def source(self, path: str) -> Source | None:
        """The parsed file; None when it is too large."""
        if path not in self._parsed:
            self._parsed[path] = parse(path, self.tree.read_text(path), GRAMMAR)
        return self._parsed[path]

    @cached_property
    def _declared_in(self) -> dict[tuple[str, str], list[str]]:
        declared: dict[tuple[str, str], list[str]] = {}
        for path in self.tree.paths(".swift"):
            for kind, name in set(_DECLARED.findall(self.tree.read_text(path))):
                declared.setdefault((kind if kind in ("case", "func") else "let", name), []).append(path)
            for match in _FURTHER_CASES.finditer(self.tree.read_text(path)):
                for name in re.findall(r"`?(\w+)`?(?:\s*=\s*[^,]*)?", match[1]):
                    declared.setdefault(("case", name), []).append(path)
        return declared

    def paths_declaring(self, kind: str, name: str, near: str) -> list[str]:
        """The files that declare a name (`let`, `case` or `func`), the near one first."""
        return sorted(self._declared_in.get((kind, name), []), key=lambda p: (p != near, p))[:20]

    def evaluate(self, node: Node | None, scope: Scope, depth: int = 0) -> object:
        """A str, int, float, bool, None, list or dict; UNKNOWN for everything else."""
        self.left -= 1
        if node is None or depth > _DEEPEST or self.left < 0:
            return UNKNOWN
        kind = node.type
        if kind in ("line_string_literal", "multi_line_string_literal", "raw_string_literal"):
            return self._string(node, scope, depth)
        if kind in ("boolean_literal", "nil_literal", "nil"):
            return {"true": True, "false": False}.get(scope.text(node))
        if kind in ("integer_literal", "real_literal", "prefix_expression") and re.match(r"-?\d", scope.text(node)):
            return _number(scope.text(node))
        if kind == "additive_expression":
            return self._sum(node, scope, depth)
        if kind == "array_literal":
            return [self.evaluate(item, scope, depth + 1) for item in named(node)]
        if kind == "dictionary_literal":
            return self._dictionary(node, scope, depth)
        if kind == "simple_identifier":
            return self.named_value(scope.text(node), node, scope, depth)
        if kind == "navigation_expression":
            return self._path(scope.text(node), node, scope, depth)
        if kind == "call_expression":
            return self._call(node, scope, depth)
        if kind in ("tuple_expression", "try_expression", "await_expression", "as_expression"):
            return self.evaluate(next(iter(named(node)), None), scope, depth + 1)
        return UNKNOWN

    def arguments(self, call: Node, scope: Scope, depth: int = 0) -> list[tuple[str, object]]:
        """Label ("" for none) and value of each argument of a call."""
        return [(label, self.evaluate(value, scope, depth + 1)) for label, value in argument_nodes(call, scope)]

    def _string(self, node: Node, scope: Scope, depth: int) -> object:
        text = scope.text(node)
        hashes = len(text) - len(text.lstrip("#"))
        quotes = 3 if text[hashes:].startswith('"""') else 1
        start, end = node.start_byte + hashes + quotes, node.end_byte - hashes - quotes
        parts: list[str] = []
        at = start
        holes = [c for c in node.named_children if c.type == "interpolated_expression"]
        for hole in holes:
            value = self.evaluate(next(iter(named(hole)), None), scope, depth + 1)
            if value is UNKNOWN:
                return UNKNOWN
            parts += [_between(scope, at, hole.start_byte - 2 - hashes), _escaped(str(value))]
            at = hole.end_byte + 1
        whole = "".join([*parts, _between(scope, at, end)])
        if quotes == 3:
            margin = whole.rpartition("\n")[2]
            lines = whole.split("\n")[1:-1]
            whole = "\n".join(each.removeprefix(margin) for each in lines)
        return whole if hashes else unescape(whole)

    def _sum(self, node: Node, scope: Scope, depth: int) -> object:
        """A sum of texts or lists, walked down its left side without recursion."""
        parts: list[Node | None] = []
        current: Node | None = node
        while current is not None and current.type == "additive_expression":
            parts.append(current.child_by_field_name("rhs"))
            current = current.child_by_field_name("lhs")
        values = [self.evaluate(part, scope, depth + 1) for part in (current, *parts[::-1])]
        if all(isinstance(v, list) for v in values):
            return [item for v in values if isinstance(v, list) for item in v]
        known = isinstance(values[0], str) and not any(v is UNKNOWN for v in values)
        return "".join(str(v) for v in values) if known else UNKNOWN

    def _dictionary(self, node: Node, scope: Scope, depth: int) -> object:
        children = named(node)
        out: dict[str, object] = {}
        for key, value in zip(children[::2], children[1::2], strict=False):
            name = self.evaluate(key, scope, depth + 1)
            if isinstance(name, str):
                out[name] = self.evaluate(value, scope, depth + 1)
        return out

    def _path(self, path: str, node: Node, scope: Scope, depth: int) -> object:
        parts = path.split(".")
        if parts[-1] in ("rawValue", "description", "stringValue"):
            parts = parts[:-1]
        name = parts[-1].strip("`")
        for found in self.paths_declaring("case", name, scope.source.path):
            source = self.source(found)
            if source is not None and (len(parts) < 2 or f"enum {parts[-2]}" in self.tree.read_text(found)):
                return _raw_value(source, name)
        return self.named_value(name, node, scope, depth) if re.fullmatch(r"\w+", name) else UNKNOWN

    def named_value(self, name: str, place: Node, scope: Scope, depth: int) -> object:
        """The value of a constant: of this scope, around this place, or anywhere in the tree."""
        if name in scope.bindings:
            return scope.bindings[name]
        for above in ancestors(place):
            if above.type in ("statements", "class_body", "source_file", "enum_class_body"):
                value = _declared_value(above, name, scope)
                if value is not None:
                    return self.evaluate(value, scope, depth + 1)
        for path in self.paths_declaring("let", name, scope.source.path):
            source = self.source(path)
            for body in (
                captures(source.root, "[(class_body) (source_file)] @b", GRAMMAR).get("b", []) if source else ()
            ):
                value = _declared_value(body, name, Scope(source)) if source else None
                if value is not None and source:
                    return self.evaluate(value, Scope(source), depth + 1)
        return UNKNOWN

    def _call(self, node: Node, scope: Scope, depth: int) -> object:
        callee = scope.text(named(node)[0]) if named(node) else ""
        name = callee.rpartition(".")[2]
        given = self.arguments(node, scope, depth)
        if callee.startswith((".", "Value.", "JSONSchema.", "Tool.Annotations", "JSONValue.")):
            if len(given) == 1 and not given[0][0] and name in _LITERALS:
                return given[0][1]
            if name in _SCHEMA_TYPES:
                return _schema(name, given)
            if name in ("init", "Annotations") and all(label in _HINTS for label, _ in given):
                return dict(given)
            if name in ("anyOf", "oneOf") and given and isinstance(given[0][1], list):
                return {name: given[0][1]}
        if name in ("Annotations", "ToolAnnotations"):
            return dict(given)
        if name in ("Value", "String", "JSONValue", "Optional") and len(given) == 1:
            return given[0][1]
        if name in ("joined", "trimmingCharacters"):
            return UNKNOWN
        return self._own_function(name, given, scope, depth)

    def _own_function(self, name: str, given: list[tuple[str, object]], scope: Scope, depth: int) -> object:
        if depth > _DEEPEST // 2:
            return UNKNOWN
        for path in self.paths_declaring("func", name, scope.source.path):
            source = self.source(path)
            for function in functions(source, name) if source else ():
                body = body_value(function)
                if body is not None and source:
                    return self.evaluate(body, Scope(source, self.bind(function, Scope(source), given)), depth + 1)
        return UNKNOWN

    def bind(self, function: Node, scope: Scope, given: list[tuple[str, object]]) -> dict[str, object]:
        """The values of a function's parameters in a call: given by label or place, or by default."""
        labels: list[tuple[str, str]] = []
        bound: dict[str, object] = {}
        for child in function.children:
            if child.type == "parameter":
                external = child.child_by_field_name("external_name")
                internal = scope.text(child.child_by_field_name("name"))
                labels.append((scope.text(external) if external is not None else internal, internal))
                bound[internal] = UNKNOWN
            elif labels and child.is_named and child.prev_sibling is not None and child.prev_sibling.type == "=":
                bound[labels[-1][1]] = self.evaluate(child, scope)
        places = iter([internal for external, internal in labels if external == "_"])
        for label, value in given:
            target = dict(labels).get(label) if label else next(places, None)
            if target:
                bound[target] = value
        return bound


def argument_nodes(call: Node, scope: Scope) -> list[tuple[str, Node | None]]:
    """Label ("" for none) and value node of each argument of a call."""
    suffix = next((c for c in named(call) if c.type == "call_suffix"), None)
    holder = next((c for c in named(suffix) if c.type == "value_arguments"), None)
    out = []
    for argument in named(holder):
        label = argument.child_by_field_name("name")
        out.append((scope.text(label).rstrip(":"), argument.child_by_field_name("value")))
    return out


def functions(source: Source, name: str) -> Iterator[Node]:
    """The functions of a name declared in a file."""
    for node in captures(source.root, "(function_declaration) @f", GRAMMAR).get("f", []):
        declared = node.child_by_field_name("name")
        if declared is not None and source.text(declared) == name:
            yield node


def body_value(function: Node) -> Node | None:
    """The expression that a function's body gives: its only one, or that of its last return."""
    statements = next((c for c in named(function.child_by_field_name("body")) if c.type == "statements"), None)
    last = named(statements)[-1:]
    if not last:
        return None
    if last[0].type == "control_transfer_statement":
        return last[0].child_by_field_name("result")
    return last[0] if len(named(statements)) == 1 else None


def _declared_value(body: Node, name: str, scope: Scope) -> Node | None:
    for node in named(body):
        if node.type == "property_declaration" and scope.text(node.child_by_field_name("name")) == name:
            value = node.child_by_field_name("value")
            computed = node.child_by_field_name("computed_value")
            if value is None and computed is not None:
                statements = next((c for c in named(computed) if c.type == "statements"), None)
                last = named(statements)[-1:]
                value = last[0] if last else None
                if value is not None and value.type == "control_transfer_statement":
                    value = value.child_by_field_name("result")
            return value
    return None


def _raw_value(source: Source, name: str) -> str:
    for entry in captures(source.root, "(enum_entry) @e", GRAMMAR).get("e", []):
        current = ""
        for i, child in enumerate(entry.children):
            role = entry.field_name_for_child(i)
            if role == "name":
                current = source.text(child).strip("`")
            elif role == "raw_value" and current == name:
                return source.text(child).strip('"')
    return name


def _schema(kind: str, given: list[tuple[str, object]]) -> dict[str, object]:
    """A schema that a builder makes; properties that are unknown stay marked as such."""
    known = {label: value for label, value in given if label and (value is not UNKNOWN or label == "properties")}
    return {"type": kind, **known}


def _between(scope: Scope, start: int, end: int) -> str:
    return scope.source.raw[start:end].decode("utf-8", "replace")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")


def _number(text: str) -> object:
    try:
        return float(text) if "." in text else int(text.replace("_", ""), 0)
    except ValueError:
        return UNKNOWN
