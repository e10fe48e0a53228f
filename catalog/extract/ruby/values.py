"""The Ruby files of a tree as one project, and the values of expressions in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from tree_sitter import Node

from catalog.extract.syntax import Source, captures, named, parse, unescape
from catalog.extract.tree import SourceTree

GRAMMAR = "tree_sitter_ruby"
_DEEPEST = 40
_MOST_EVALUATED = 300_000
_CONSTANT = re.compile(r"^[ \t]*([A-Z]\w*)[ \t]*=(?!=)", re.MULTILINE)
_CLASS = re.compile(r"^[ \t]*class[ \t]+([\w:]+)", re.MULTILINE)


class Unknown:
    """A value that reading cannot give."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, eq=False)
class File:
    """A parsed file, with the body of each heredoc by the place where it begins."""

    source: Source
    heredocs: Mapping[int, Node]

    def text(self, node: Node | None) -> str:
        return self.source.text(node) if node is not None else ""

    def field_text(self, node: Node, name: str) -> str:
        """The text of one of the node's fields, "" where it has none."""
        return self.text(node.child_by_field_name(name))


@dataclass(eq=False)
class Project:
    """All Ruby files of a tree, each parsed at most once; evaluation has one budget for all."""

    tree: SourceTree
    left: int = _MOST_EVALUATED
    _parsed: dict[str, File | None] = field(default_factory=dict)

    def file(self, path: str) -> File | None:
        """The parsed file; None when it is too large."""
        if path not in self._parsed:
            source = parse(path, self.tree.read_text(path), GRAMMAR)
            self._parsed[path] = _file(source) if source else None
        return self._parsed[path]

    @cached_property
    def paths_by_constant(self) -> dict[str, list[str]]:
        """The files that assign each constant."""
        return self._index(_CONSTANT)

    @cached_property
    def paths_by_class(self) -> dict[str, list[str]]:
        """The files that open each class, by its short name."""
        return self._index(_CLASS)

    def _index(self, pattern: re.Pattern[str]) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        for path in self.tree.paths(".rb"):
            for name in set(pattern.findall(self.tree.read_text(path))):
                index.setdefault(name.rpartition("::")[2], []).append(path)
        return index

    def evaluate(self, node: Node | None, file: File, depth: int = 0) -> object:
        """A str (symbols too), int, float, bool, None, list or dict; UNKNOWN for everything else."""
        self.left -= 1
        if node is None or depth > _DEEPEST or self.left < 0:
            return UNKNOWN
        kind = node.type
        if kind in ("string", "bare_string", "delimited_symbol", "bare_symbol"):
            return self._parts(node, file, depth, raw=file.text(node).startswith(("'", ":'", "%q")))
        if kind == "chained_string":
            return self._joined([self.evaluate(part, file, depth + 1) for part in named(node)])
        if kind == "heredoc_beginning":
            return self._heredoc(node, file, depth)
        if kind in ("simple_symbol", "hash_key_symbol"):
            return file.text(node).strip(":")
        if kind in ("true", "false", "nil"):
            return {"true": True, "false": False}.get(kind)
        if kind in ("integer", "float", "unary"):
            return _number(file.text(node))
        if kind in ("array", "string_array", "symbol_array"):
            return [self.evaluate(item, file, depth + 1) for item in named(node)]
        if kind == "hash":
            return self.pairs(node, file, depth)
        if kind == "binary":
            return self._sum(node, file, depth)
        if kind == "parenthesized_statements":
            return self.evaluate(next(iter(named(node)), None), file, depth + 1)
        if kind in ("constant", "scope_resolution"):
            return self._constant(file.text(node).rpartition("::")[2], file, depth)
        return self._call(node, file, depth) if kind == "call" else UNKNOWN

    def pairs(self, holder: Node, file: File, depth: int = 0) -> dict[str, object]:
        """The pairs of a hash, or of a call's keyword arguments, with spread hashes of constants."""
        out: dict[str, object] = {}
        for pair in named(holder):
            if pair.type == "pair":
                key = self.evaluate(pair.child_by_field_name("key"), file, depth + 1)
                out[str(key)] = self.evaluate(pair.child_by_field_name("value"), file, depth + 1)
            elif pair.type == "hash_splat_argument":
                spread = self.evaluate(next(iter(named(pair)), None), file, depth + 1)
                out |= spread if isinstance(spread, dict) else {}
        return out

    def arguments(self, call: Node, file: File) -> tuple[list[object], dict[str, object]]:
        """The positional and the keyword arguments of a call; a hash given alone counts as keywords."""
        holder = call.child_by_field_name("arguments")
        if holder is None:
            return [], {}
        by_name = self.pairs(holder, file)
        positional = [self.evaluate(a, file) for a in named(holder) if a.type not in ("pair", "hash_splat_argument")]
        if not by_name and len(positional) == 1 and isinstance(positional[0], dict):
            return [], positional[0]
        return positional, by_name

    def _parts(self, node: Node, file: File, depth: int, raw: bool = False) -> object:
        values: list[object] = []
        for child in named(node):
            if child.type == "interpolation":
                values.append(self.evaluate(next(iter(named(child)), None), file, depth + 1))
            elif child.type == "escape_sequence":
                text = file.text(child)
                values.append(text[1] if raw and text in ("\\'", "\\\\") else text if raw else unescape(text))
            else:
                values.append(file.text(child))
        return self._joined(values)

    def _heredoc(self, node: Node, file: File, depth: int) -> object:
        body = file.heredocs.get(node.start_byte)
        if body is None:
            return UNKNOWN
        values: list[object] = []
        opening = file.text(node)
        for child in named(body):
            if child.type == "interpolation":
                values.append(self.evaluate(next(iter(named(child)), None), file, depth + 1))
            elif child.type == "escape_sequence" and "'" not in opening:
                values.append(unescape(file.text(child)))
            elif child.type != "heredoc_end":
                values.append(file.text(child))
        text = self._joined(values)
        if not isinstance(text, str):
            return UNKNOWN
        lines = text.removeprefix("\n").split("\n")[:-1]
        indents = [len(each) - len(each.lstrip()) for each in lines if each.strip()]
        margin = min(indents, default=0) if opening.startswith("<<~") else 0
        return "".join(each[margin:] + "\n" for each in lines)

    @staticmethod
    def _joined(values: list[object]) -> object:
        return UNKNOWN if any(v is UNKNOWN for v in values) else "".join(str(v) for v in values)

    def _sum(self, node: Node, file: File, depth: int) -> object:
        """A sum of texts or lists, walked down its left side without recursion."""
        parts: list[Node | None] = []
        current: Node | None = node
        while current is not None and current.type == "binary":
            if file.field_text(current, "operator") != "+":
                return UNKNOWN
            parts.append(current.child_by_field_name("right"))
            current = current.child_by_field_name("left")
        values = [self.evaluate(part, file, depth + 1) for part in (current, *parts[::-1])]
        if all(isinstance(v, list) for v in values):
            return [item for v in values if isinstance(v, list) for item in v]
        return self._joined(values) if isinstance(values[0], str) else UNKNOWN

    def _constant(self, name: str, near: File, depth: int) -> object:
        paths = self.paths_by_constant.get(name, [])
        for path in sorted(paths, key=lambda p: p != near.source.path)[:20]:
            file = self.file(path)
            for node in captures(file.source.root, "(assignment) @a", GRAMMAR).get("a", []) if file else ():
                if file and file.field_text(node, "left") == name:
                    return self.evaluate(node.child_by_field_name("right"), file, depth + 1)
        return UNKNOWN

    def _call(self, node: Node, file: File, depth: int) -> object:
        method = file.field_text(node, "method")
        receiver = node.child_by_field_name("receiver")
        if method not in _TEXT_METHODS:
            return UNKNOWN
        value = self.evaluate(receiver, file, depth + 1)
        if not isinstance(value, str):
            return value if method in ("freeze", "to_s", "to_a", "keys", "dup") else UNKNOWN
        if method in ("strip", "chomp", "rstrip", "lstrip"):
            return {"strip": value.strip(), "chomp": value.removesuffix("\n"), "rstrip": value.rstrip()}.get(
                method, value.lstrip()
            )
        return " ".join(value.split()) if method in ("squish", "squeeze") else value


_TEXT_METHODS = (
    "strip", "chomp", "rstrip", "lstrip", "squish", "freeze", "to_s", "dup", "html_safe", "strip_heredoc", "to_a",
    "squeeze",
)  # fmt: skip


def _file(source: Source) -> File:
    found = captures(source.root, "(heredoc_beginning) @start (heredoc_body) @body", GRAMMAR)
    starts = sorted(found.get("start", []), key=lambda n: n.start_byte)
    bodies = sorted(found.get("body", []), key=lambda n: n.start_byte)
    return File(source, {start.start_byte: body for start, body in zip(starts, bodies, strict=False)})


def _number(text: str) -> object:
    try:
        return float(text.replace("_", "")) if "." in text else int(text.replace("_", ""), 0)
    except ValueError:
        return UNKNOWN


def statements(node: Node | None) -> Iterator[Node]:
    """The statements of a class or block, those of a nested `class << self` left out."""
    body = node.child_by_field_name("body") if node is not None else None
    yield from named(body)
