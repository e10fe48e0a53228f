"""Who uses a function or variable that defines tools: nobody, or only code under a condition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.go.source import Declaration, GoFile, Project

MAX_REFERENCES = 40
_NAMES = ("identifier", "field_identifier")


class References:
    """Finds uses by name; a method's uses are those of any method of that name."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._found: dict[tuple[str, int], list[tuple[GoFile, Node]]] = {}

    def of(self, declaration: Declaration) -> list[tuple[GoFile, Node]]:
        """The places outside the declaration where its name is used, at most `MAX_REFERENCES`."""
        key = (declaration.file.path, declaration.node.start_byte)
        if key not in self._found:
            self._found[key] = []
            for each in self._uses(declaration):
                self._found[key].append(each)
                if len(self._found[key]) >= MAX_REFERENCES:
                    break
        return self._found[key]

    def _uses(self, declaration: Declaration) -> Iterator[tuple[GoFile, Node]]:
        name = declaration.name.encode()
        pattern = re.compile(rb"\b" + re.escape(name) + rb"\b")
        own = declaration.node
        for path in self.project.paths:
            if not declaration.name[:1].isupper() and path.rpartition("/")[0] != declaration.file.folder:
                continue
            raw = self.project.raw(path)
            file = self.project.file(path) if name in raw and pattern.search(raw) else None
            for node in file.source.nodes_at(pattern) if file is not None else ():
                inside = path == declaration.file.path and own.start_byte <= node.start_byte < own.end_byte
                if node.type in _NAMES and not inside and file is not None:
                    yield file, node

    def condition(self, declaration: Declaration) -> str | None:
        """The condition under which the declaration is used, where every use stands under one."""
        texts = [_condition(file, node) for file, node in self.of(declaration)]
        return texts[0] if texts and all(texts) else None

    def is_dead(self, declaration: Declaration) -> bool:
        """Whether nothing uses a function: dead code, or an entry point for other modules."""
        is_plain = declaration.node.type == "function_declaration" and declaration.name not in ("main", "init")
        return is_plain and not self.of(declaration)


def _condition(file: GoFile, node: Node) -> str | None:
    """The text of the nearest condition around a node, inside its function."""
    below = node
    for above in syntax.ancestors(node, 40):
        if above.type in ("function_declaration", "method_declaration", "func_literal"):
            return None
        test = above.child_by_field_name("condition") if above.type == "if_statement" else None
        if test is not None and below != test and below != above.child_by_field_name("initializer"):
            text = " ".join(file.text(test).split())[:200]
            return f"!({text})" if below == above.child_by_field_name("alternative") else text
        below = above
    return None
