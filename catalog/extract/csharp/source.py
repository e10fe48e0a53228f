"""C# source by type: files parsed when a type of theirs is needed, names resolved through namespaces and usings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.tree import SourceTree

GRAMMAR = "tree_sitter_c_sharp"
_TYPE = re.compile(rb"\b(?:class|record(?:\s+(?:class|struct))?|struct|enum|interface)\s+(\w+)")
_NAMESPACE = re.compile(rb"^\s*namespace\s+([\w.]+)", re.MULTILINE)
_USING = re.compile(rb"^\s*(global\s+)?using\s+(?:(\w+)\s*=\s*|static\s+)?([\w.]+)\s*;", re.MULTILINE)
TYPE_NODES = (
    "class_declaration",
    "record_declaration",
    "struct_declaration",
    "enum_declaration",
    "interface_declaration",
    "record_struct_declaration",
)


@dataclass(eq=False)
class CsFile:
    """One parsed file with its namespace and what it imports."""

    source: syntax.Source

    @property
    def path(self) -> str:
        return self.source.path

    def text(self, node: Node) -> str:
        return self.source.text(node)

    @cached_property
    def namespace(self) -> str:
        found = _NAMESPACE.search(self.source.raw)
        return found.group(1).decode() if found else ""

    @cached_property
    def usings(self) -> frozenset[str]:
        return frozenset(name.decode() for _, alias, name in _USING.findall(self.source.raw) if not alias)

    @cached_property
    def aliases(self) -> dict[str, str]:
        return {alias.decode(): name.decode() for _, alias, name in _USING.findall(self.source.raw) if alias}


@dataclass(frozen=True, eq=False)
class TypeDeclaration:
    """A class, record, struct, enum or interface, with all its parts where it is partial."""

    name: str
    node: Node
    file: CsFile
    parts: tuple[tuple[Node, CsFile], ...]

    @cached_property
    def members(self) -> dict[str, tuple[Node, CsFile]]:
        """Fields, properties, methods, enum members and positional parameters by name; of overloads the first."""
        found: dict[str, tuple[Node, CsFile]] = {}
        for node, file in self.parts:
            for listed in node.named_children:
                if listed.type == "parameter_list":
                    for parameter in syntax.named(listed):
                        _add(found, parameter.child_by_field_name("name"), parameter, file)
            for member in syntax.named(node.child_by_field_name("body")):
                if member.type == "field_declaration":
                    for declarator in _declarators(member):
                        _add(found, declarator.child_by_field_name("name"), declarator, file)
                else:
                    _add(found, member.child_by_field_name("name"), member, file)
        return found

    @property
    def bases(self) -> list[tuple[Node, CsFile]]:
        """The types after the colon."""
        found: list[tuple[Node, CsFile]] = []
        for node, file in self.parts:
            for child in node.named_children:
                if child.type == "base_list":
                    found.extend((each, file) for each in syntax.named(child) if each.type != "argument_list")
        return found


def _add(found: dict[str, tuple[Node, CsFile]], name: Node | None, node: Node, file: CsFile) -> None:
    if name is not None:
        found.setdefault(file.text(name), (node, file))


def _declarators(field: Node) -> Iterator[Node]:
    for child in syntax.named(field):
        if child.type == "variable_declaration":
            yield from (each for each in syntax.named(child) if each.type == "variable_declarator")


class Project:
    """The C# files of a tree. Types are indexed by their text; a file is parsed when one of its types is needed."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.paths = [path for path in tree.paths(".cs") if not path.endswith((".g.cs", ".Designer.cs"))]
        self.too_large: list[str] = []
        self._raw: dict[str, bytes] = {}
        self._files: dict[str, CsFile | None] = {}
        self._types: dict[tuple[str, str], TypeDeclaration | None] = {}

    def raw(self, path: str) -> bytes:
        if path not in self._raw:
            self._raw[path] = self.tree.read_text(path).encode("utf-8", "replace")
        return self._raw[path]

    def file(self, path: str) -> CsFile | None:
        if path not in self._files:
            source = syntax.parse(path, self.raw(path), GRAMMAR)
            if source is None:
                self.too_large.append(path)
            self._files[path] = CsFile(source) if source else None
        return self._files[path]

    @cached_property
    def index(self) -> dict[str, list[tuple[str, int, str]]]:
        """Path, offset of the name and namespace of every type declaration, by simple name."""
        found: dict[str, list[tuple[str, int, str]]] = {}
        for path in self.paths:
            raw = self.raw(path)
            space = _NAMESPACE.search(raw)
            namespace = space.group(1).decode() if space else ""
            for match in _TYPE.finditer(raw):
                found.setdefault(match.group(1).decode("utf-8", "replace"), []).append(
                    (path, match.start(1), namespace)
                )
        return found

    @cached_property
    def global_usings(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self.paths:
            raw = self.raw(path)
            if b"global using" in raw:
                found.update(name.decode() for everywhere, _, name in _USING.findall(raw) if everywhere)
        return frozenset(found)

    @cached_property
    def project_folders(self) -> frozenset[str]:
        """The folders that hold a project file."""
        return frozenset(path.rpartition("/")[0] for path in self.tree.sizes if path.endswith(".csproj"))

    def resolve(self, name: str, near: CsFile) -> TypeDeclaration | None:
        """The declaration that a type name means in a file; the best guess where several could be meant."""
        name = near.aliases.get(name, name).partition("<")[0].strip("?")
        key = (name, near.path)
        if key not in self._types:
            self._types[key] = self._find(name, near)
        return self._types[key]

    def _find(self, name: str, near: CsFile) -> TypeDeclaration | None:
        prefix, _, simple = name.rpartition(".")
        places = self.index.get(simple, [])
        if not places:
            return None
        ranked = sorted(places, key=lambda place: -self._rank(place, prefix, near))
        best = ranked[0]
        chosen = [
            place
            for place in ranked
            if place[2] == best[2] and (place[0] == best[0] or _partial(self.raw(place[0]), place[1]))
        ]
        parts = [
            (node, file) for path, at, _ in chosen if (file := self.file(path)) and (node := declaration_at(file, at))
        ]
        return TypeDeclaration(simple, parts[0][0], parts[0][1], tuple(parts)) if parts else None

    def _rank(self, place: tuple[str, int, str], prefix: str, near: CsFile) -> int:
        path, _, namespace = place
        if prefix and (namespace == prefix or namespace.endswith("." + prefix)):
            return 100
        if path == near.path:
            return 90
        if namespace == near.namespace:
            return 80
        if namespace in near.usings:
            return 70 + namespace.count(".")
        if near.namespace.startswith(namespace + "."):
            return 50 + namespace.count(".")
        if namespace in self.global_usings:
            return 40
        return sum(1 for one, other in zip(path.split("/"), near.path.split("/"), strict=False) if one == other)


def declaration_at(file: CsFile, at: int) -> Node | None:
    """The type declaration whose name starts at an offset; None where the text only looked like one."""
    node = file.source.root.named_descendant_for_byte_range(at, at + 1)
    parent = node.parent if node is not None else None
    return parent if parent is not None and parent.type in TYPE_NODES else None


def _partial(raw: bytes, at: int) -> bool:
    return b"partial" in raw[max(0, at - 60) : at]


def modifiers(file: CsFile, node: Node) -> set[str]:
    """The words before a declaration: public, static, required, partial."""
    return {file.text(child) for child in node.named_children if child.type == "modifier"}


def owner(node: Node, file: CsFile, project: Project) -> TypeDeclaration | None:
    """The type declaration around a node, with its other parts."""
    around = syntax.enclosing(node, *TYPE_NODES)
    name = around.child_by_field_name("name") if around is not None else None
    if around is None or name is None:
        return None
    found = project.resolve(file.text(name), file)
    if found is not None and any(part == around for part, _ in found.parts):
        return found
    return TypeDeclaration(file.text(name), around, file, ((around, file),))
