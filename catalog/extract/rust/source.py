"""Rust source: files parsed when needed, types and constants by name, attributes and documentation of an item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.tree import SourceTree

GRAMMAR = "tree_sitter_rust"
_ITEM = re.compile(
    rb"^[ \t]*(?:pub(?:\([\w: ]+\))?\s+)?(?:async\s+)?(struct|enum|type|const|static|fn)\s+(?:mut\s+)?(\w+)",
    re.MULTILINE,
)
_BETWEEN = ("attribute_item", "line_comment", "block_comment", "ERROR", "inner_attribute_item")


@dataclass(frozen=True, eq=False, slots=True)
class RustFile:
    source: syntax.Source

    @property
    def path(self) -> str:
        return self.source.path

    def text(self, node: Node) -> str:
        return self.source.text(node)


@dataclass(frozen=True, eq=False, slots=True)
class Item:
    """A named item: a type, a constant or a function."""

    node: Node
    file: RustFile


@dataclass(frozen=True, eq=False, slots=True)
class Argument:
    """One argument of an attribute: `key`, `key = value` (the value's text) or `key(arguments)`."""

    key: str
    value: str | None = None
    inner: tuple[Argument, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Attribute:
    name: str
    arguments: tuple[Argument, ...] = ()
    text: str = ""

    def find(self, key: str) -> Argument | None:
        return next((each for each in self.arguments if each.key == key), None)


@dataclass(eq=False)
class Marks:
    """What stands above an item: its attributes and its documentation."""

    attributes: list[Attribute] = field(default_factory=list)
    doc: list[str] = field(default_factory=list)

    @property
    def text(self) -> str | None:
        """The documentation, lines joined, blanks around removed; None where there is none."""
        return "\n".join(line.strip() for line in self.doc).strip() or None

    def named(self, *names: str) -> Iterator[Attribute]:
        return (each for each in self.attributes if each.name in names)

    def argument(self, attribute: str, key: str) -> Argument | None:
        """The first argument of that key in any attribute of that name."""
        return next((found for each in self.named(attribute) if (found := each.find(key)) is not None), None)


class Project:
    """The Rust files of a tree; items are found by their text, files parsed when one of their items is needed."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.paths = [path for path in tree.paths(".rs") if not path.startswith("target/")]
        self.too_large: list[str] = []
        self._raw: dict[str, bytes] = {}
        self._files: dict[str, RustFile | None] = {}

    def raw(self, path: str) -> bytes:
        if path not in self._raw:
            self._raw[path] = self.tree.read_text(path).encode("utf-8", "replace")
        return self._raw[path]

    def file(self, path: str) -> RustFile | None:
        if path not in self._files:
            source = syntax.parse(path, self.raw(path), GRAMMAR)
            if source is None:
                self.too_large.append(path)
            self._files[path] = RustFile(source) if source else None
        return self._files[path]

    @cached_property
    def _index(self) -> Mapping[str, list[tuple[str, int, str]]]:
        found: dict[str, list[tuple[str, int, str]]] = {}
        for path in self.paths:
            for match in _ITEM.finditer(self.raw(path)):
                name = match.group(2).decode("utf-8", "replace")
                found.setdefault(name, []).append((path, match.start(2), match.group(1).decode()))
        return found

    def item(self, name: str, near: RustFile, *kinds: str) -> Item | None:
        """The item a path such as `config::NAME` means: in the same file, else where its folders fit best."""
        parts = name.partition("<")[0].strip("& ").split("::")
        places = [each for each in self._index.get(parts[-1], ()) if each[2] in kinds]
        ranked = sorted(places, key=lambda place: -self._rank(place[0], parts[:-1], near))
        for path, at, _ in ranked[:4]:
            file = self.file(path)
            node = file.source.root.named_descendant_for_byte_range(at, at + 1) if file else None
            if file is not None and node is not None and node.parent is not None:
                return Item(node.parent, file)
        return None

    def only(self, name: str, near: RustFile, *kinds: str) -> Item | None:
        """The item of that name where just one is meant: the only one of the file, else the only one of the tree."""
        places = [each for each in self._index.get(name, ()) if each[2] in kinds]
        own = [each for each in places if each[0] == near.path]
        return self.item(name, near, *kinds) if len(own or places) == 1 else None

    def _rank(self, path: str, prefix: list[str], near: RustFile) -> int:
        here = path.removesuffix(".rs").removesuffix("/mod").split("/")
        fits = sum(1 for part in prefix if part in here)
        if path == near.path:
            return 50 + fits
        imported = re.search(rb"use [^;]*\b" + re.escape(here[-1].encode()) + rb"\b", near.source.raw) is not None
        shared = sum(1 for one, other in zip(here, near.path.split("/"), strict=False) if one == other)
        return 10 * fits + 8 * imported + shared


def marks(file: RustFile, node: Node) -> Marks:
    """The attributes and documentation directly above an item, in the order of the text."""
    found = Marks()
    above: list[Node] = []
    before = node.prev_named_sibling
    while before is not None and before.type in _BETWEEN:
        above.append(before)
        before = before.prev_named_sibling
    for each in reversed(above):
        if each.type == "ERROR":
            for inner in each.named_children:
                _mark(file, inner, found)
        else:
            _mark(file, each, found)
    return found


def _mark(file: RustFile, node: Node, found: Marks) -> None:
    if node.type == "attribute_item":
        attribute = _attribute(file, node)
        if attribute is not None and attribute.name == "doc":
            given = re.match(r'doc\s*=\s*"(.*)"\Z', attribute.text, re.DOTALL)
            if given is not None:
                found.doc.append(syntax.unescape(given.group(1)))
        elif attribute is not None:
            found.attributes.append(attribute)
        return
    text = file.text(node)
    if node.type == "line_comment" and text.startswith("///"):
        found.doc.append(text[3:].rstrip("\n"))
    elif node.type == "block_comment" and text.startswith("/**"):
        found.doc.extend(line.strip().lstrip("*") for line in text[3:-2].split("\n"))


def _attribute(file: RustFile, node: Node) -> Attribute | None:
    inner = next((child for child in node.named_children if child.type == "attribute"), None)
    if inner is None or not inner.named_children:
        return None
    name = file.text(inner.named_children[0]).rpartition("::")[2]
    listed = inner.child_by_field_name("arguments")
    arguments = split_arguments(file.text(listed)[1:-1]) if listed is not None else ()
    return Attribute(name, arguments, file.text(inner))


_TOKEN = re.compile(
    r'r(?P<hashes>#*)"(?s:.*?)"(?P=hashes)|"[^"\\]*+(?:\\(?s:.)[^"\\]*+)*+"|//[^\n]*+|/\*(?s:.*?)\*/|\'(?:\\.|[^\\\'])\'|(?s:.)'
)  # possessive: a text of megabytes must not be kept for backtracking


def split_arguments(text: str, depth: int = 0) -> tuple[Argument, ...]:
    """The comma-separated arguments inside an attribute's parentheses."""
    found = []
    for part in split_commas(text):
        match = re.match(r"\s*([\w:]+)\s*(=(?!=)|\()?", part)
        if match is None:
            if part.strip():
                found.append(Argument("", part.strip()))
        elif match.group(2) == "=":
            found.append(Argument(match.group(1), part[match.end() :].strip()))
        elif match.group(2) == "(" and depth < 6 and part.rstrip().endswith(")"):
            found.append(Argument(match.group(1), None, split_arguments(part.rstrip()[match.end() : -1], depth + 1)))
        else:
            found.append(Argument(part.strip()))
    return tuple(found)


def split_commas(text: str) -> list[str]:
    """Parts of a text between commas that stand outside brackets and strings; comments removed."""
    parts: list[str] = []
    current: list[str] = []
    open_brackets = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token.startswith(("//", "/*")):
            continue
        if token in "([{":
            open_brackets += 1
        elif token in ")]}":
            open_brackets -= 1
        if token == "," and open_brackets <= 0:
            parts.append("".join(current))
            current = []
        else:
            current.append(token)
    return [*parts, "".join(current)] if "".join(current).strip() else parts


def in_tests(file: RustFile, node: Node) -> bool:
    """Whether the item lies in a module that is compiled for tests only."""
    for above in syntax.ancestors(node):
        if above.type == "mod_item":
            name = above.child_by_field_name("name")
            if name is not None and file.text(name) in ("tests", "test"):
                return True
            if any(each.text.replace(" ", "") == "cfg(test)" for each in marks(file, above).attributes):
                return True
    return False


def condition(found: Marks) -> str | None:
    """The text of the `cfg` conditions under which an item is compiled."""
    texts = [each.text for each in found.named("cfg")]
    return " && ".join(texts) or None
