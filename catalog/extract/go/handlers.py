"""A tool's handler and what it visibly does, followed a few calls deep into the functions of the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.facts import distinct, visible
from catalog.extract.go.collect import Sighting
from catalog.extract.go.source import Declaration, GoFile, Package, Project
from catalog.extract.go.values import Call, Function, Lazy, Struct, Value, force
from catalog.records import Fact

MAX_FUNCTIONS = 40
MAX_CALLS = 3  # from the handler to the farthest function looked at
_CALL = re.compile(r"\b([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?(?:\[[\w.]+\])?\s*\(")


def handler_of(sighting: Sighting) -> Function | None:
    """The function that answers calls of the tool: beside it, inside what wraps it, or given to its wrapper."""
    for value in sighting.handlers:
        found = _function(value, 0)
        if found is not None:
            return found
    for frame in sighting.frames:
        for value in frame.arguments:
            if isinstance(value, (Function, Lazy)) and (found := _function(value, 0)) is not None:
                return found
    return None


def _function(value: Value, depth: int) -> Function | None:
    if depth > 4:
        return None
    given = value.given if isinstance(value, Lazy) else ()
    value = force(value)
    if isinstance(value, Function):
        return value
    inside: Sequence[Value] = given
    if isinstance(value, Call):
        inside = value.arguments
    elif isinstance(value, Struct) and not value.module:
        inside = [each for each in value.fields.values() if isinstance(each, Function)]
    return next((found for each in inside if (found := _function(each, depth + 1)) is not None), None)


class Effects:
    """Finds the facts of functions, each function's text looked through once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[str, int], list[Fact]] = {}
        self._calls: dict[tuple[str, int], list[Declaration]] = {}

    def facts(self, function: Function) -> tuple[Fact, ...]:
        """What the function and the functions of the tree that it calls visibly do."""
        found: list[Fact] = []
        seen = {(function.file.path, function.node.start_byte)}
        waiting: list[tuple[Node, GoFile, int]] = [(function.node, function.file, 0)]
        while waiting and len(seen) <= MAX_FUNCTIONS:
            node, file, depth = waiting.pop(0)
            found.extend(self._own(node, file))
            for declaration in self._called(node, file) if depth < MAX_CALLS else ():
                key = (declaration.file.path, declaration.node.start_byte)
                if key not in seen:
                    seen.add(key)
                    waiting.append((declaration.node, declaration.file, depth + 1))
        return distinct(found)

    def _own(self, node: Node, file: GoFile) -> list[Fact]:
        key = (file.path, node.start_byte)
        if key not in self._known:
            self._known[key] = visible("go", file.text(node), file.path, syntax.line(node))
        return self._known[key]

    def _called(self, node: Node, file: GoFile) -> list[Declaration]:
        key = (file.path, node.start_byte)
        if key not in self._calls:
            self._calls[key] = list(self._resolved(node, file))
        return self._calls[key]

    def _resolved(self, node: Node, file: GoFile) -> Iterator[Declaration]:
        package = self.project.package(file.folder)
        for first, second in dict.fromkeys(_CALL.findall(file.text(node))):
            if not second:
                found = package.names.get(first) if package else None
            else:
                found = self._selected(first, second, file, package)
            if found is not None and found.kind == "func":
                yield found

    def _selected(self, first: str, second: str, file: GoFile, package: Package | None) -> Declaration | None:
        """`pkg.Function(` of the tree, or the one method of that name in this package or one that it imports."""
        if first in file.imports:
            folder = self.project.folder_of(file.imports[first])
            other = self.project.package(folder) if folder is not None else None
            return other.names.get(second) if other else None
        found = package.method_named(second) if package else None
        if found is not None:
            return found
        for path in dict.fromkeys(file.imports.values()):
            folder = self.project.folder_of(path)
            other = self.project.package(folder) if folder is not None else None
            found = other.method_named(second) if other else None
            if found is not None:
                return found
        return None
