"""The values of Java expressions, as far as they can be known without running anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tree_sitter import Node

from catalog.extract.java.calls import construct, invoke, methods, parameter_names, returned
from catalog.extract.java.locals import NOT_LOCAL, local_value
from catalog.extract.java.project import TYPE_DECLARATIONS, File, Project, members
from catalog.extract.java.scope import UNKNOWN, Scope
from catalog.extract.syntax import MAX_DEPTH, dedent, enclosing, named, unescape

_DEEPEST = 40
_MOST_EVALUATED = 300_000
_JAVA_NUMBER = re.compile(r"[_lLfFdD]")
_NOT_FOUND: Final = object()


@dataclass(eq=False)
class Values:
    """Evaluation with a budget for the whole project: a value past it is unknown."""

    project: Project
    left: int = _MOST_EVALUATED

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> object:
        """A str, int, float, bool, None, list or dict; UNKNOWN for everything else."""
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            return UNKNOWN
        kind = node.type
        if kind == "string_literal":
            return string_value(scope.file.text(node))
        if kind in ("true", "false"):
            return kind == "true"
        if kind == "null_literal":
            return None
        if kind.endswith("_literal"):
            return _number(scope.file.text(node))
        if kind == "binary_expression":
            return self._binary(node, scope, depth)
        if kind == "parenthesized_expression":
            inner = named(node)
            return self.evaluate(inner[0], scope, depth + 1) if inner else UNKNOWN
        if kind == "cast_expression":
            value = node.child_by_field_name("value")
            return self.evaluate(value, scope, depth + 1) if value is not None else UNKNOWN
        if kind in ("array_initializer", "element_value_array_initializer"):
            return [self.evaluate(item, scope, depth + 1) for item in named(node)]
        if kind == "identifier":
            return self.evaluate_name(scope.file.text(node), node, scope, depth)
        if kind == "field_access":
            return self._field_access(node, scope, depth)
        if kind == "method_invocation":
            return invoke(self, node, scope, depth)
        if kind == "object_creation_expression":
            return construct(self, node, scope, depth)
        if kind == "this":
            return scope.bindings.get("this", UNKNOWN)
        if kind == "ternary_expression":
            return self.evaluate(node.child_by_field_name("consequence") or node, scope, depth + 1)
        return UNKNOWN

    def evaluate_name(self, name: str, place: Node, scope: Scope, depth: int = 0) -> object:
        """The value of a name at a place: bound, local, of the type around it, or imported."""
        if name in scope.bindings:
            return scope.bindings[name]
        value = local_value(self, name, place, scope, depth) if depth < _DEEPEST else UNKNOWN
        return self._name(name, scope, depth) if value is NOT_LOCAL else value

    def method_value(
        self, file: File, declaration: Node, name: str, arguments: list[object], kept: Mapping[str, object], depth: int
    ) -> object:
        """What a method of a type, or of those it extends, gives back for these arguments."""
        if depth > _DEEPEST // 2:
            return UNKNOWN
        for method in methods(declaration, file, name):
            value = returned(method)
            if value is not None and len(parameter_names(method, file)) == len(arguments):
                bound = dict(zip(parameter_names(method, file), arguments, strict=True))
                return self.evaluate(value, Scope(file, declaration, {**kept, **bound}), depth + 1)
        if declaration.type == "record_declaration" and not arguments:
            return UNKNOWN
        for above in supertypes(Scope(file, declaration)):
            found = self.project.find_type(above, file)
            if found and found[1] != declaration:
                value_above = self.method_value(*found, name, arguments, kept, depth + 1)
                if value_above is not UNKNOWN:
                    return value_above
        return UNKNOWN

    def _binary(self, node: Node, scope: Scope, depth: int) -> object:
        """A sum, walked down its left side without recursion: long texts are sums of hundreds of parts."""
        parts: list[Node] = []
        current: Node | None = node
        while current is not None and current.type == "binary_expression":
            operator, right = current.child_by_field_name("operator"), current.child_by_field_name("right")
            if operator is None or right is None or scope.file.text(operator) != "+":
                return UNKNOWN
            parts.append(right)
            current = current.child_by_field_name("left")
        values: list[object] = [
            self.evaluate(p, scope, depth + 1) for p in ([current] if current is not None else []) + parts[::-1]
        ]
        if UNKNOWN in values or not any(isinstance(v, str) for v in values):
            return UNKNOWN
        return "".join(_text(v) for v in values)

    def _name(self, name: str, scope: Scope, depth: int) -> object:
        if name in scope.bindings:
            return scope.bindings[name]
        owner = scope.owner
        while owner is not None:
            value = self._member(name, Scope(scope.file, owner), depth)
            if value is not _NOT_FOUND:
                return value
            owner = enclosing(owner, *TYPE_DECLARATIONS)
        for imported in scope.file.imports:
            holder, _, last = imported.rpartition(".")
            if last in (name, "*"):
                value = self._member_of(holder.rpartition(".")[2], name, scope, depth)
                if value is not _NOT_FOUND:
                    return value
        return UNKNOWN

    def _field_access(self, node: Node, scope: Scope, depth: int) -> object:
        holder, name = scope.file.field_text(node, "object"), scope.file.field_text(node, "field")
        if holder == "this":
            return self._name(name, scope, depth)
        value = self._member_of(holder, name, scope, depth)
        return UNKNOWN if value is _NOT_FOUND else value

    def _member_of(self, holder: str, name: str, scope: Scope, depth: int) -> object:
        found = self.project.find_type(holder, scope.file) if holder else None
        return self._member(name, Scope(*found), depth) if found else _NOT_FOUND

    def _member(self, name: str, scope: Scope, depth: int) -> object:
        """The value of a field of the scope's type or of those it extends, or an enum constant as its name."""
        assert scope.owner is not None
        for node in members(scope.owner, "field_declaration", "constant_declaration"):
            for declarator in named(node):
                if declarator.type == "variable_declarator" and scope.file.field_text(declarator, "name") == name:
                    value = declarator.child_by_field_name("value")
                    return self.evaluate(value, scope, depth + 1) if value is not None else UNKNOWN
        if scope.owner.type == "enum_declaration":
            for constant in members(scope.owner, "enum_constant"):
                if scope.file.field_text(constant, "name") == name:
                    return name
        if depth < _DEEPEST:
            for above in supertypes(scope):
                inherited = self._member_of(above, name, scope, depth + 1)
                if inherited is not _NOT_FOUND:
                    return inherited
        return _NOT_FOUND


def string_value(literal: str) -> str:
    """The value of a string literal or a text block."""
    if not literal.startswith('"""'):
        return unescape(literal[1:-1])
    lines = literal[3:-3].split("\n")[1:]
    closing = lines[-1] if lines and not lines[-1].strip() else None
    margin = dedent("\n".join([*lines[:-1], closing + "|"] if closing is not None else lines))
    stripped = "\n".join(each.rstrip() for each in (margin[:-1] if closing is not None else margin).split("\n"))
    return unescape(stripped)


def _number(text: str) -> object:
    digits = _JAVA_NUMBER.sub("", text) if not text.startswith(("0x", "0X")) else text.rstrip("lL")
    try:
        return int(digits, 0) if not any(c in digits for c in ".eE") or digits[:2] in ("0x", "0X") else float(digits)
    except ValueError:
        return UNKNOWN


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def supertypes(scope: Scope) -> list[str]:
    """The names, as written, of what the scope's type extends and implements."""
    assert scope.owner is not None
    names: list[str] = []
    for child in scope.owner.children:
        if child.type in ("superclass", "super_interfaces", "extends_interfaces"):
            text = scope.file.text(child)
            names += re.findall(r"[\w.]+", re.sub(r"<[^<>]*>|\b(?:extends|implements)\b", " ", text[:1000]))
    return names[:MAX_DEPTH]
