"""The Java files of a tree as one project: parsed when first needed, types found by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from tree_sitter import Node

from catalog.extract.syntax import Source, named, parse
from catalog.extract.tree import SourceTree

TYPE_DECLARATIONS = ("class_declaration", "record_declaration", "enum_declaration", "interface_declaration")
_MOST_PARSED_FOR_NAMES = 4_000


@dataclass(frozen=True, eq=False)
class File:
    """A parsed file with its imports as written (static ones too) and the types declared in it, also nested."""

    source: Source
    imports: tuple[str, ...]
    types: dict[str, Node]

    def text(self, node: Node | None) -> str:
        return self.source.text(node) if node is not None else ""

    def field_text(self, node: Node, name: str) -> str:
        """The text of one of the node's fields, "" where it has none."""
        return self.text(node.child_by_field_name(name))


@dataclass(frozen=True, eq=False)
class Project:
    """All Java files of a tree, each parsed at most once."""

    tree: SourceTree
    _parsed: dict[str, File | None] = field(default_factory=dict)

    def file(self, path: str) -> File | None:
        """The parsed file; None when it is too large."""
        if path not in self._parsed:
            source = parse(path, self.tree.read_text(path), "tree_sitter_java") if path in self.tree.sizes else None
            self._parsed[path] = _file(source) if source else None
        return self._parsed[path]

    @cached_property
    def _paths_by_stem(self) -> dict[str, list[str]]:
        stems: dict[str, list[str]] = {}
        for path in self.tree.paths(".java"):
            stems.setdefault(PurePosixPath(path).stem, []).append(path)
        return stems

    def find_type(self, name: str, near: File) -> tuple[File, Node] | None:
        """The declaration of a type by its name as written in `near`: in that file, else in the file of its name."""
        *outer, short = name.split(".")
        if short in near.types:
            return near, near.types[short]
        outer += [part for i in near.imports for part in i.split(".")[-2:-1] if i.endswith(f".{short}")]
        for stem in (short, *reversed(outer)):
            for path in self._paths_by_stem.get(stem, ()):
                found = self.file(path)
                if found and short in found.types and len(self._parsed) < _MOST_PARSED_FOR_NAMES:
                    return found, found.types[short]
        return None


def _file(source: Source) -> File:
    imports: list[str] = []
    types: dict[str, Node] = {}
    for node in source.root.named_children:
        if node.type == "import_declaration":
            text = source.text(node).removeprefix("import").strip().removeprefix("static ").rstrip(";").strip()
            imports.append(text)
    for node in _declarations(source.root):
        name = node.child_by_field_name("name")
        if name is not None:
            types.setdefault(source.text(name), node)
    return File(source, tuple(imports), types)


def _declarations(root: Node) -> Iterator[Node]:
    """Type declarations at any level of nesting among types, not those inside methods."""
    stack = [root]
    while stack:
        for child in stack.pop().named_children:
            if child.type in TYPE_DECLARATIONS:
                yield child
                stack.append(child)
            elif child.type.endswith(("_body", "body_declarations")):
                stack.append(child)


def members(declaration: Node, *types: str) -> Iterator[Node]:
    """The direct members of a type of the given node types."""
    body = declaration.child_by_field_name("body")
    for child in named(body):
        if child.type == "enum_body_declarations":
            yield from (inner for inner in named(child) if inner.type in types)
        elif child.type in types:
            yield child
