"""Names that a Python file imports, and the line that imports one more."""

from __future__ import annotations

from tree_sitter import Node

from catalog.audit.editing.layout import Brackets, line_end, newline
from catalog.audit.editing.opened import File
from catalog.audit.editing.records import Edit
from catalog.extract.syntax import Source, named

_MODULE = "mcp.types"
_IMPORTS = ("import_statement", "import_from_statement", "future_import_statement")


class Imports:
    """The imports at the top level of a file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._statements = [n for n in source.root.named_children if n.type in _IMPORTS]

    def name_of(self, name: str) -> str | None:
        """How the file can spell a name of `mcp.types`; None where it cannot yet."""
        for statement in self._statements:
            module = self._module(statement)
            for imported, alias in self._names(statement):
                if module is not None and module.split(".")[0] in ("mcp", "fastmcp", "mcp_types") and imported == name:
                    return alias
        for statement in self._statements:
            module = self._module(statement)
            for imported, alias in self._names(statement):
                if (module, imported) == ("mcp", "types") or (module is None and imported == _MODULE):
                    return f"{alias}.{name}"
        return None

    def add(self, file: File, name: str) -> list[Edit]:
        """The edit that imports a name of `mcp.types`: into a statement that imports from it, else on a line of its own
        behind the last import of the SDK, else behind the last import of all."""
        for statement in self._statements:
            if self._module(statement) == _MODULE and not any(c.type == "wildcard_import" for c in statement.children):
                return self._into(file, statement, name)
        of_sdk = [
            s for s in self._statements if (self._module(s) or self._first(s)).split(".")[0] in ("mcp", "fastmcp")
        ]
        anchor = next(reversed(of_sdk or self._statements), None)
        line = f"from {_MODULE} import {name}".encode()
        if anchor is None:
            at = self._after_docstring()
            at = line_end(file.data, at) if at else 0
            text = newline(file.data) + line if at else line + newline(file.data)
            return [Edit(file.path, at, at, text)]
        at = line_end(file.data, anchor.end_byte)
        return [Edit(file.path, at, at, newline(file.data) + line)]

    def _into(self, file: File, statement: Node, name: str) -> list[Edit]:
        items = statement.children_by_field_name("name")
        places = tuple((i.start_byte, i.end_byte) for i in items)
        parentheses = [c for c in statement.children if c.type in ("(", ")")]
        opening = parentheses[0].start_byte if parentheses else statement.start_byte
        closing = parentheses[-1].start_byte if parentheses else items[-1].end_byte
        later = [i for i, item in enumerate(items) if self._source.text(item) > name]
        brackets = Brackets(file.path, file.data, opening, closing, places)
        after = later[0] - 1 if later and later[0] > 0 else len(items) - 1
        return brackets.insert(after, lambda indent, own: name.encode())

    def _after_docstring(self) -> int:
        first = next(iter(self._source.root.named_children), None)
        is_text = first is not None and first.type == "expression_statement" and named(first)[:1]
        return first.end_byte if first is not None and is_text and named(first)[0].type == "string" else 0

    def _module(self, statement: Node) -> str | None:
        module = statement.child_by_field_name("module_name")
        return self._source.text(module) if module is not None else None

    def _first(self, statement: Node) -> str:
        return next((imported for imported, _ in self._names(statement)), "")

    def _names(self, statement: Node) -> list[tuple[str, str]]:
        """What a statement imports and under which names."""
        out: list[tuple[str, str]] = []
        for item in statement.children_by_field_name("name"):
            if item.type == "aliased_import":
                name, alias = item.child_by_field_name("name"), item.child_by_field_name("alias")
                if name is not None and alias is not None:
                    out.append((self._source.text(name), self._source.text(alias)))
            else:
                out.append((self._source.text(item), self._source.text(item)))
        return out
