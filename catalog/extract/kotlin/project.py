"""The Kotlin files of a tree as one project: parsed when first needed, types, functions and constants found by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Node

from catalog.extract.syntax import Source, named, parse
from catalog.extract.tree import SourceTree

TYPE_DECLARATIONS = ("class_declaration", "object_declaration", "companion_object")
# The grammar stumbles over `data class` behind an annotation on the same line; the word changes nothing here.
_CLASS_MODIFIER = re.compile(
    r"^([ \t]*(?:@\w+(?:\([^)\n]{0,200}\))?[ \t]+)*)(data|sealed|value|inline)(?=[ \t]+class\b)", re.MULTILINE
)
_DECLARED = re.compile(r"\b(class|object|interface|fun|val)\s+(?:<[^<>\n]*>\s*)?(?:[\w<>]+\.)?(\w+)")
_MOST_PARSED = 3_000


@dataclass(frozen=True, eq=False)
class File:
    """A parsed file with its imports as written."""

    source: Source
    imports: tuple[str, ...]

    def text(self, node: Node | None) -> str:
        return self.source.text(node) if node is not None else ""


@dataclass(frozen=True, eq=False)
class Project:
    """All Kotlin files of a tree, each parsed at most once."""

    tree: SourceTree
    _parsed: dict[str, File | None] = field(default_factory=dict)

    def file(self, path: str) -> File | None:
        """The parsed file; None when it is too large or too many were parsed already."""
        if path not in self._parsed:
            text = _CLASS_MODIFIER.sub(lambda m: m[1] + " " * len(m[2]), self.tree.read_text(path))
            source = parse(path, text, "tree_sitter_kotlin") if len(self._parsed) < _MOST_PARSED else None
            self._parsed[path] = File(source, _imports(source)) if source else None
        return self._parsed[path]

    @cached_property
    def _declared_in(self) -> dict[tuple[str, str], list[str]]:
        declared: dict[tuple[str, str], list[str]] = {}
        for path in self.tree.paths(".kt"):
            for kind, name in set(_DECLARED.findall(self.tree.read_text(path))):
                key = ("type" if kind in ("class", "object", "interface") else kind, name)
                declared.setdefault(key, []).append(path)
        return declared

    def declarations(self, kind: str, name: str, near: File) -> Iterator[tuple[File, Node]]:
        """Declarations (`type`, `fun` or `val`) of a name anywhere in the tree, those in `near` first."""
        paths = self._declared_in.get((kind, name), [])
        for path in sorted(paths, key=lambda p: p != near.source.path)[:20]:
            file = self.file(path)
            for node in declared_nodes(file.source.root) if file else ():
                if file and _KINDS.get(node.type) == kind and declared_name(node, file) == name:
                    yield file, node


_KINDS = {
    "class_declaration": "type",
    "object_declaration": "type",
    "function_declaration": "fun",
    "property_declaration": "val",
}


def declared_nodes(root: Node) -> Iterator[Node]:
    """Declarations at any level of nesting among types, not those inside functions."""
    stack = [root]
    while stack:
        for child in stack.pop().named_children:
            if child.type in _KINDS:
                yield child
            if child.type in (*TYPE_DECLARATIONS, "class_body", "enum_class_body"):
                stack.append(child)


def declared_name(node: Node, file: File) -> str:
    """The name that a declaration gives."""
    name = node.child_by_field_name("name")
    if name is None and node.type == "property_declaration":
        variable = child_of(node, "variable_declaration")
        name = child_of(variable, "identifier") if variable is not None else None
    return file.text(name)


def child_of(node: Node | None, *types: str) -> Node | None:
    """The first named child of one of the types."""
    return next((child for child in named(node) if child.type in types), None)


def members(declaration: Node, *types: str) -> Iterator[Node]:
    """The members of a class, object or companion of the given node types, companions' members after its own."""
    body = child_of(declaration, "class_body", "enum_class_body")
    for child in named(body):
        if child.type in types:
            yield child
    for child in named(body):
        if child.type == "companion_object":
            yield from members(child, *types)


def annotations_of(node: Node, file: File) -> Iterator[tuple[str, Node | None]]:
    """Name as written and arguments of each annotation on a declaration or parameter."""
    for child in node.children:
        if child.type in ("modifiers", "parameter_modifiers"):
            for annotation in (c for c in child.named_children if c.type == "annotation"):
                call = child_of(annotation, "constructor_invocation")
                holder = call if call is not None else annotation
                yield file.text(child_of(holder, "user_type")), child_of(holder, "value_arguments")


def _imports(source: Source) -> tuple[str, ...]:
    texts = (source.text(n) for n in source.root.named_children if n.type == "import")
    return tuple(t.removeprefix("import").split(" as ")[0].strip() for t in texts)
