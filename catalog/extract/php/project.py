"""The PHP files of a tree as one project, and the values of expressions in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from tree_sitter import Node

from catalog.extract.syntax import Source, ancestors, captures, enclosing, named, parse, unescape
from catalog.extract.tree import SourceTree

GRAMMAR = ("tree_sitter_php", "language_php")
CLASSES = ("class_declaration", "enum_declaration", "trait_declaration", "interface_declaration")
_FUNCTIONS = ("method_declaration", "function_definition", "arrow_function", "anonymous_function")
_DEEPEST = 40
_MOST_EVALUATED = 300_000
_ESCAPES: Mapping[str, str] = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f", "0": "\0"}


class Unknown:
    """A value that reading cannot give."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, eq=False)
class File:
    """A parsed file, its `use` imports by short name, and the classes declared in it."""

    source: Source
    uses: Mapping[str, str]
    classes: Mapping[str, Node]

    def text(self, node: Node | None) -> str:
        return self.source.text(node) if node is not None else ""

    def field_text(self, node: Node, name: str) -> str:
        """The text of one of the node's fields, "" where it has none."""
        return self.text(node.child_by_field_name(name))


@dataclass(eq=False)
class Project:
    """All PHP files of a tree, each parsed at most once; evaluation has one budget for all."""

    tree: SourceTree
    left: int = _MOST_EVALUATED
    _parsed: dict[str, File | None] = field(default_factory=dict)

    def file(self, path: str) -> File | None:
        """The parsed file; None when it is too large."""
        if path not in self._parsed:
            source = parse(path, self.tree.read_text(path), *GRAMMAR)
            self._parsed[path] = _file(source) if source else None
        return self._parsed[path]

    @cached_property
    def _paths_by_stem(self) -> dict[str, list[str]]:
        stems: dict[str, list[str]] = {}
        for path in self.tree.paths(".php"):
            stems.setdefault(PurePosixPath(path).stem, []).append(path)
        return stems

    def find_class(self, name: str, near: File) -> tuple[File, Node] | None:
        """The declaration of a class by its name as written in `near`."""
        short = name.rpartition("\\")[2]
        if short in near.classes:
            return near, near.classes[short]
        imported = near.uses.get(short, "").rpartition("\\")[2] or short
        for path in self._paths_by_stem.get(imported, ()):
            found = self.file(path)
            if found and imported in found.classes:
                return found, found.classes[imported]
        return None

    def evaluate(self, node: Node | None, file: File, depth: int = 0) -> object:
        """A str, int, float, bool, None, list or dict; UNKNOWN for everything else."""
        self.left -= 1
        if node is None or depth > _DEEPEST or self.left < 0:
            return UNKNOWN
        kind = node.type
        if kind in ("string", "encapsed_string", "heredoc", "nowdoc"):
            return self._string(node, file, depth)
        if kind in ("boolean", "null"):
            return {"true": True, "false": False}.get(file.text(node).lower())
        if kind in ("integer", "float", "unary_op_expression"):
            return _number(file.text(node))
        if kind == "binary_expression":
            return self._concatenation(node, file, depth)
        if kind == "parenthesized_expression":
            return self.evaluate(next(iter(named(node)), None), file, depth + 1)
        if kind == "array_creation_expression":
            return self._array(node, file, depth)
        if kind == "class_constant_access_expression":
            return self._constant(node, file, depth)
        if kind == "variable_name":
            return self.evaluate(assigned(node, file), file, depth + 1)
        if kind == "member_access_expression" and file.field_text(node, "name") == "value":
            return self.evaluate(node.child_by_field_name("object"), file, depth + 1)
        if kind == "function_call_expression":
            return self._function(node, file, depth)
        if kind == "object_creation_expression":
            return self.arguments(node, file, depth)[1]
        return UNKNOWN

    def arguments(self, call: Node, file: File, depth: int = 0) -> tuple[list[object], dict[str, object]]:
        """The positional and the named arguments of a call, attribute or `new`, evaluated."""
        positional: list[object] = []
        by_name: dict[str, object] = {}
        for argument in argument_nodes(call):
            name = argument.child_by_field_name("name")
            value = self.evaluate(named(argument)[-1] if named(argument) else None, file, depth + 1)
            if name is not None:
                by_name[file.text(name)] = value
            else:
                positional.append(value)
        return positional, by_name

    def _string(self, node: Node, file: File, depth: int) -> object:
        if node.type == "string":
            return file.text(node)[1:-1].replace("\\'", "'").replace("\\\\", "\\")
        if node.type == "nowdoc" or node.type == "heredoc":
            body = node.child_by_field_name("value")
            text = file.text(body) if body is not None else ""
            end = node.child_by_field_name("end_tag")
            indent = end.start_point[1] if end is not None else 0
            text = "\n".join(each[indent:] for each in text.removeprefix("\n").split("\n"))
            if body is not None and any(c.type not in _TEXT_PARTS for c in named(body)):
                return UNKNOWN
            return text if node.type == "nowdoc" else unescape(text, _ESCAPES)
        parts: list[str] = []
        for child in named(node):
            value = file.text(child) if child.type == "string_content" else None
            if child.type == "escape_sequence":
                value = unescape(file.text(child), _ESCAPES)
            found = value if value is not None else self.evaluate(child, file, depth + 1)
            if found is UNKNOWN:
                return UNKNOWN
            parts.append(str(found))
        return "".join(parts)

    def _concatenation(self, node: Node, file: File, depth: int) -> object:
        """A chain of dots, walked down its left side without recursion."""
        parts: list[Node | None] = []
        current: Node | None = node
        while current is not None and current.type == "binary_expression":
            if file.field_text(current, "operator") == "??":
                return self.evaluate(current.child_by_field_name("right"), file, depth + 1)
            if file.field_text(current, "operator") != ".":
                return UNKNOWN
            parts.append(current.child_by_field_name("right"))
            current = current.child_by_field_name("left")
        values = [self.evaluate(part, file, depth + 1) for part in (current, *parts[::-1])]
        return UNKNOWN if any(v is UNKNOWN for v in values) else "".join(str(v) for v in values)

    def _array(self, node: Node, file: File, depth: int) -> object:
        items: list[object] = []
        by_key: dict[str, object] = {}
        for element in named(node):
            parts = named(element)
            if len(parts) == 2:
                key = self.evaluate(parts[0], file, depth + 1)
                if isinstance(key, (str, int)):
                    by_key[str(key)] = self.evaluate(parts[1], file, depth + 1)
            elif parts and parts[0].type == "variadic_unpacking":
                spread = self.evaluate(next(iter(named(parts[0])), None), file, depth + 1)
                if isinstance(spread, dict):
                    by_key |= spread
                elif isinstance(spread, list):
                    items += spread
            elif parts:
                items.append(self.evaluate(parts[0], file, depth + 1))
        return by_key if by_key else items

    def _constant(self, node: Node, file: File, depth: int) -> object:
        parts = named(node)
        if len(parts) < 2:
            return UNKNOWN
        holder, name = file.text(parts[0]), file.text(parts[1])
        if name == "class":
            return holder
        own = enclosing(node, *CLASSES)
        found = (file, own) if holder in ("self", "static") and own is not None else self.find_class(holder, file)
        while found is not None:
            for member in members(found[1], "const_declaration", "enum_case"):
                value = _constant_value(member, name, found[0])
                if value is not None:
                    return self.evaluate(value, found[0], depth + 1)
                if member.type == "enum_case" and found[0].field_text(member, "name") == name:
                    return name
            depth += 1
            above = next(iter(supertypes(found[1], found[0])), None)
            found = self.find_class(above, found[0]) if above and depth < _DEEPEST else None
        return UNKNOWN

    def _function(self, node: Node, file: File, depth: int) -> object:
        name = file.field_text(node, "function")
        values, _ = self.arguments(node, file, depth)
        if name in ("trim", "rtrim", "ltrim", "dedent") and values and isinstance(values[0], str):
            return values[0].strip()
        if name in ("implode", "join") and len(values) == 2 and isinstance(values[1], list):
            texts = [v for v in values[1] if isinstance(v, str)]
            return str(values[0]).join(texts) if len(texts) == len(values[1]) else UNKNOWN
        if name == "array_merge" and all(isinstance(v, dict) for v in values):
            return {k: v for part in values if isinstance(part, dict) for k, v in part.items()}
        if name == "env" and len(values) == 2:
            return values[1]
        return UNKNOWN


_TEXT_PARTS = ("string_content", "escape_sequence", "nowdoc_string")


def _constant_value(member: Node, name: str, file: File) -> Node | None:
    if member.type == "enum_case":
        return member.child_by_field_name("value") if file.field_text(member, "name") == name else None
    for element in named(member):
        parts = named(element)
        if element.type == "const_element" and len(parts) == 2 and file.text(parts[0]) == name:
            return parts[1]
    return None


def _file(source: Source) -> File:
    found = captures(source.root, "(namespace_use_clause) @use", *GRAMMAR)
    uses = {}
    for use in found.get("use", []):
        full, _, alias = source.text(use).partition(" as ")
        uses[(alias or full.rpartition("\\")[2]).strip()] = full.strip().lstrip("\\")
    pattern = " ".join(f"({kind}) @class" for kind in CLASSES)
    classes = {}
    for node in captures(source.root, f"[{pattern}]", *GRAMMAR).get("class", []):
        name = node.child_by_field_name("name")
        classes[source.text(name) if name is not None else ""] = node
    return File(source, uses, classes)


def members(declaration: Node, *types: str) -> Iterator[Node]:
    """The direct members of a class of the given node types."""
    yield from (child for child in named(declaration.child_by_field_name("body")) if child.type in types)


def supertypes(declaration: Node, file: File) -> list[str]:
    """The names, as written, of what a class extends and implements."""
    clauses = (c for c in named(declaration) if c.type in ("base_clause", "class_interface_clause"))
    return [file.text(name) for clause in clauses for name in named(clause)]


def attributes(node: Node, file: File) -> Iterator[tuple[str, Node]]:
    """The short name and node of each attribute of a declaration or parameter."""
    holder = node.child_by_field_name("attributes")
    for group in named(holder):
        for attribute in named(group):
            name = next(iter(named(attribute)), None)
            yield file.text(name).rpartition("\\")[2], attribute


def argument_nodes(call: Node) -> list[Node]:
    """The argument nodes of a call, attribute or `new`."""
    holder = call.child_by_field_name("arguments")
    if holder is None:
        holder = call.child_by_field_name("parameters")
    if holder is None:
        holder = next((c for c in call.named_children if c.type == "arguments"), None)
    return [node for node in named(holder) if node.type == "argument"]


def assigned(variable: Node, file: File) -> Node | None:
    """The last value that a local variable is given before this place in its function."""
    name = file.text(variable)
    function = next((a for a in ancestors(variable) if a.type in (*_FUNCTIONS, "program")), None)
    value: Node | None = None
    if function is not None:
        for node in captures(function, "(assignment_expression) @a", *GRAMMAR).get("a", []):
            if node.end_byte <= variable.start_byte and file.field_text(node, "left") == name:
                value = node.child_by_field_name("right")
    return value


def returned(method: Node) -> Node | None:
    """The value of a method's last return statement at its top level."""
    body = method.child_by_field_name("body")
    returns = [s for s in named(body) if s.type == "return_statement"]
    return next(iter(named(returns[-1])), None) if returns else None


def _number(text: str) -> object:
    try:
        return int(text.replace("_", ""), 0) if "." not in text else float(text)
    except ValueError:
        return UNKNOWN
