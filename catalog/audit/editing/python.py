"""Where Python sources declare a tool's hints: decorators, registering calls, `Tool(...)` and definition dicts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from catalog.audit.editing.imports import Imports
from catalog.audit.editing.layout import Brackets, indentation, newline, unit
from catalog.audit.editing.opened import File, knowledge, open_file
from catalog.audit.editing.records import COMPUTED, ELSEWHERE, SHARED, Edit, Refused, Wish
from catalog.audit.records import HINTS
from catalog.extract.syntax import Source, named, parse
from catalog.extract.tree import SourceTree

_SNAKE = {
    "readOnlyHint": "read_only_hint",
    "destructiveHint": "destructive_hint",
    "idempotentHint": "idempotent_hint",
    "openWorldHint": "open_world_hint",
}
_MAKES_HINTS = "ToolAnnotations"
_DICT_STYLE = re.compile(rb"\bannotations\s*=\s*\{")
_OBJECT_STYLE = re.compile(rb"\bToolAnnotations\(")
_FASTMCP = re.compile(rb"^\s*(?:from|import)\s+fastmcp\b", re.MULTILINE)
_SDK = re.compile(rb"^\s*(?:from|import)\s+mcp\.server\b", re.MULTILINE)


class PythonPlaces:
    """The places of one tree. Files are parsed when first needed."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._files: dict[str, File | str] = {}
        self._sources: dict[str, tuple[File, Source] | str] = {}
        self._takes_dicts: bool | None = None

    def ways(self, wish: Wish) -> Iterator[tuple[Edit, ...] | Refused]:
        """At the registration itself first, then at the one `Tool(...)` or dict of the tree with this name."""
        location = wish.tool.location
        if location is None:
            return
        opened = self._open(location.path)
        tried: set[tuple[str, int]] = set()
        if isinstance(opened, str):
            yield Refused(opened)
        else:
            place = _Place(*opened, wish, self.takes_dicts)
            for node in _at_line(opened[1].root, location.line - 1):
                found = place.registered(node)
                if found is not None and (location.path, place.start) not in tried:
                    tried.add((location.path, place.start))
                    yield found
        yield from self._by_name(wish, tried)
        yield COMPUTED

    def takes_dicts(self) -> bool:
        """Whether a file that shows neither way should write annotations as a dict: its neighbours do, or most of
        them use the standalone FastMCP, which takes both."""
        if self._takes_dicts is None:
            texts = [self._tree.read_bytes(p) for p in self._tree.paths(".py")]
            dicts, objects = (sum(bool(p.search(t)) for t in texts) for p in (_DICT_STYLE, _OBJECT_STYLE))
            fast, official = (sum(bool(p.search(t)) for t in texts) for p in (_FASTMCP, _SDK))
            self._takes_dicts = dicts > objects if dicts + objects else fast > official
        return self._takes_dicts

    def _open(self, path: str) -> tuple[File, Source] | str:
        if path not in self._sources:
            file = self._file(path)
            source = parse(path, file.data, "tree_sitter_python") if isinstance(file, File) else None
            reason = file if isinstance(file, str) else "the file could not be parsed"
            self._sources[path] = (file, source) if isinstance(file, File) and source is not None else reason
        return self._sources[path]

    def _file(self, path: str) -> File | str:
        if path not in self._files:
            self._files[path] = open_file(self._tree, path)
        return self._files[path]

    def _by_name(self, wish: Wish, tried: set[tuple[str, int]]) -> Iterator[tuple[Edit, ...] | Refused]:
        found: list[tuple[Edit, ...] | Refused] = []
        spelled_name = wish.tool.name.encode()
        for path in self._tree.paths(".py"):
            file = self._file(path)
            opened = self._open(path) if isinstance(file, File) and spelled_name in file.data else ""
            if isinstance(opened, str):
                continue
            place = _Place(*opened, wish, self.takes_dicts)
            for node in _named_values(opened[1], wish.tool.name):
                way = place.defined(node)
                if way is not None and (path, place.start) not in tried:
                    found.append(way)
        if len(found) == 1:
            yield found[0]
        elif found:
            yield Refused(f"{len(found)} definitions have this name, and which one is registered is not told")


class _Place:
    """One tool's hints in one file. `start` is where the edited call or dict begins, for telling places apart."""

    def __init__(self, file: File, source: Source, wish: Wish, takes_dicts: Callable[[], bool]) -> None:
        self.file, self.source, self.wish = file, source, wish
        self.imports = Imports(source)
        self._takes_dicts = takes_dicts
        self.start = -1

    # --- finding ------------------------------------------------------------------------------------------------

    def registered(self, node: Node) -> tuple[Edit, ...] | Refused | None:
        """The edits at a node of the registration's line; None where the node does not register this tool."""
        if node.type == "decorator":
            return self._decorator(node) if self.wish.is_alone else None
        callee = self._callee(node)
        if callee in knowledge()["python"]["making"]:
            name = self._literal_name(node)
            is_this = name == self.wish.tool.name or (name is None and self.wish.is_alone)
            return self._call(node) if is_this else None
        if callee not in knowledge()["python"]["registering"] or not self.wish.is_alone:
            return None
        made = [c for c in _calls(node) if c.id != node.id and self._callee(c) in knowledge()["python"]["making"]]
        return self._call(made[0] if len(made) == 1 else node)

    def defined(self, node: Node) -> tuple[Edit, ...] | Refused | None:
        """The edits at a `Tool(...)` or dict whose name is this tool's; None for anything else."""
        if node.type == "call":
            return self._call(node) if self._callee(node) in knowledge()["python"]["making"] else None
        keys = set(self._pairs(node))
        return self._dict_definition(node) if keys & set(knowledge()["telling"]) else None

    def _decorator(self, node: Node) -> tuple[Edit, ...] | Refused | None:
        above = node.parent
        siblings = [c for c in named(above) if c.type == "decorator"] if above is not None else [node]
        registering = [d for d in siblings if self._callee(_expression(d)) in knowledge()["python"]["registering"]]
        if len(registering) != 1:
            return Refused("a decorator of the server's own registers it; whether it takes annotations is not known")
        expression = _expression(registering[0])
        if expression is None:
            return None
        if expression.type == "call":
            return self._call(expression)
        self.start = expression.start_byte
        value = self._value(indentation(self.file.data, expression.start_byte), False)
        text = b"(annotations=" + value[0] + b")"
        return (Edit(self.file.path, expression.end_byte, expression.end_byte, text), *value[1])

    def _callee(self, node: Node | None) -> str | None:
        """The last name of what a call calls, or of a bare decorator."""
        function = node.child_by_field_name("function") if node is not None and node.type == "call" else node
        if function is not None and function.type == "attribute":
            function = function.child_by_field_name("attribute")
        return self.source.text(function) if function is not None and function.type == "identifier" else None

    def _literal_name(self, call: Node) -> str | None:
        for item in named(call.child_by_field_name("arguments")):
            if item.type == "keyword_argument" and self._keyword(item) == "name":
                return _text(self.source, item.child_by_field_name("value"))
        return None

    def _keyword(self, item: Node) -> str | None:
        name = item.child_by_field_name("name")
        return self.source.text(name) if name is not None and item.type == "keyword_argument" else None

    def _pairs(self, node: Node) -> dict[str, Node]:
        """Keys and values of a dict display."""
        out: dict[str, Node] = {}
        for item in named(node):
            key, value = item.child_by_field_name("key"), item.child_by_field_name("value")
            if item.type == "pair" and value is not None and (name := _text(self.source, key)) is not None:
                out[name] = value
        return out

    # --- calls --------------------------------------------------------------------------------------------------

    def _call(self, node: Node) -> tuple[Edit, ...] | Refused | None:
        arguments = node.child_by_field_name("arguments")
        if arguments is None or arguments.type != "argument_list":
            return None
        self.start = node.start_byte
        items = named(arguments)
        for item in items:
            if self._keyword(item) == "annotations":
                return self._existing(item.child_by_field_name("value"))
        if any(h in self.wish.tool.annotations for h in HINTS):
            return ELSEWHERE
        if any(item.type == "dictionary_splat" for item in items):
            return Refused("its options are handed over as **keywords; edit them by hand")
        brackets = self._brackets(arguments, items)
        if not items:
            return self._into_empty(brackets)
        imported: list[Edit] = []

        def text(indent: bytes, own: bool) -> bytes:
            value, extra = self._value(indent, own)
            imported.extend(extra)
            return b"annotations=" + value

        is_keyword = items[-1].type == "keyword_argument"
        edits = brackets.insert(len(items) - 1, text, may_precede=is_keyword)
        return (*edits, *imported)

    def _into_empty(self, brackets: Brackets) -> tuple[Edit, ...]:
        indent = indentation(self.file.data, brackets.open)
        value, imported = self._value(indent, False)
        start = self.file.data.rfind(b"\n", 0, brackets.open) + 1
        if brackets.open - start + len(b"annotations=") + len(value) + 2 > knowledge()["python"]["width"]:
            inner = newline(self.file.data) + indent + unit(self.file.data)
            value, imported = self._value(indent + unit(self.file.data), True)
            text = inner + b"annotations=" + value + b"," + newline(self.file.data) + indent
        else:
            text = b"annotations=" + value
        return (Edit(self.file.path, brackets.open + 1, brackets.close, text), *imported)

    def _existing(self, value: Node | None) -> tuple[Edit, ...] | Refused:
        if value is None:
            return SHARED
        if value.type == "none":
            text, imported = self._value(indentation(self.file.data, value.start_byte), False)
            return (Edit(self.file.path, value.start_byte, value.end_byte, text), *imported)
        if value.type == "dictionary":
            return self._merged_dict(value)
        if value.type == "call" and self._callee(value) == _MAKES_HINTS:
            return self._merged_call(value)
        return SHARED

    def _merged_call(self, call: Node) -> tuple[Edit, ...] | Refused:
        arguments = call.child_by_field_name("arguments")
        items = named(arguments)
        held = {k: item.child_by_field_name("value") for item in items if (k := self._keyword(item))}
        if arguments is None or len(held) != len(items):
            return SHARED
        is_snake = any(k in _SNAKE.values() for k in held)
        edits: list[Edit] = []
        added: list[bytes] = []
        for hint, wanted in self.wish.hints.items():
            present = held.get(hint) or held.get(_SNAKE[hint])
            if present is None:
                added.append((_SNAKE[hint] if is_snake else hint).encode() + b"=" + _spelled(wanted))
            elif present.type in ("true", "false", "none"):
                edits.append(Edit(self.file.path, present.start_byte, present.end_byte, _spelled(wanted)))
            else:
                return Refused(f"its {hint} is computed; edit it by hand")
        return (*edits, *self._added(self._brackets(arguments, items), added))

    def _merged_dict(self, node: Node) -> tuple[Edit, ...] | Refused:
        items = named(node)
        held = self._pairs(node)
        edits: list[Edit] = []
        added: list[bytes] = []
        for hint, wanted in self.wish.hints.items():
            present = held.get(hint)
            if present is None:
                added.append(self._quoted(items, hint) + b": " + _spelled(wanted))
            elif present.type in ("true", "false", "none"):
                edits.append(Edit(self.file.path, present.start_byte, present.end_byte, _spelled(wanted)))
            else:
                return Refused(f"its {hint} is computed; edit it by hand")
        return (*edits, *self._added(self._brackets(node, items), added))

    def _added(self, brackets: Brackets, added: list[bytes]) -> list[Edit]:
        if not added:
            return []

        def text(indent: bytes, own: bool) -> bytes:
            return (b"," + newline(self.file.data) + indent if own else b", ").join(added)

        return brackets.insert(len(brackets.items) - 1, text)

    # --- dicts --------------------------------------------------------------------------------------------------

    def _dict_definition(self, node: Node) -> tuple[Edit, ...] | Refused:
        self.start = node.start_byte
        pairs, items = self._pairs(node), named(node)
        name = knowledge()["annotations"][0]
        if name in pairs:
            return self._merged_dict(pairs[name]) if pairs[name].type == "dictionary" else SHARED
        if any(h in self.wish.tool.annotations for h in HINTS):
            return ELSEWHERE
        brackets = self._brackets(node, items)
        keys = [_text(self.source, i.child_by_field_name("key")) for i in items]
        preferred = [keys.index(k) for k in knowledge()["after"] if k in keys] or [len(items) - 1]
        key = self._quoted(items, name)
        after = brackets.best_after(preferred)
        return tuple(
            brackets.insert(after, lambda indent, own: key + b": " + self._dict(indent, own), may_precede=True)
        )

    # --- text ---------------------------------------------------------------------------------------------------

    def _value(self, indent: bytes, own_line: bool) -> tuple[bytes, list[Edit]]:
        """The value of `annotations=` and the edit that imports what it needs, if it does."""
        known = self.imports.name_of(_MAKES_HINTS)
        if known is None and self._is_dict_style():
            return self._dict(indent, own_line), []
        imported = [] if known is not None else self.imports.add(self.file, _MAKES_HINTS)
        is_snake = b"read_only_hint=" in self.file.data
        pairs = [(_SNAKE[h] if is_snake else h).encode() + b"=" + _spelled(v) for h, v in self.wish.hints.items()]
        opening = (known or _MAKES_HINTS).encode() + b"("
        return self._broken(opening, pairs, b")", indent, own_line), imported

    def _is_dict_style(self) -> bool:
        data = self.file.data
        if _DICT_STYLE.search(data) or _FASTMCP.search(data):
            return True
        return not _SDK.search(data) and self._takes_dicts()

    def _dict(self, indent: bytes, own_line: bool) -> bytes:
        pairs = [b'"' + h.encode() + b'": ' + _spelled(v) for h, v in self.wish.hints.items()]
        return self._broken(b"{", pairs, b"}", indent, own_line)

    def _broken(self, opening: bytes, pairs: list[bytes], closing: bytes, indent: bytes, own_line: bool) -> bytes:
        line = opening + b", ".join(pairs) + closing
        if (
            not own_line
            or len(indent.expandtabs(4)) + len("annotations=") + len(line) + 1 <= knowledge()["python"]["width"]
        ):
            return line
        inner = newline(self.file.data) + indent + unit(self.file.data)
        return opening + inner + (b"," + inner).join(pairs) + b"," + newline(self.file.data) + indent + closing

    def _quoted(self, items: list[Node], name: str) -> bytes:
        """A key, in the quotes of those beside it."""
        keys = [k for i in items if (k := i.child_by_field_name("key")) is not None and k.type == "string"]
        mark = self.source.raw[keys[0].start_byte : keys[0].start_byte + 1] if keys else b'"'
        mark = mark if mark in (b"'", b'"') else b'"'
        return mark + name.encode() + mark

    def _brackets(self, node: Node, items: list[Node]) -> Brackets:
        places = tuple((i.start_byte, i.end_byte) for i in items)
        return Brackets(self.file.path, self.file.data, node.start_byte, node.end_byte - 1, places)


def _spelled(value: bool) -> bytes:
    return b"True" if value else b"False"


def _expression(decorator: Node | None) -> Node | None:
    inner = named(decorator)
    return inner[0] if inner else None


def _text(source: Source, node: Node | None) -> str | None:
    """The value of a plain string literal; None for anything else."""
    if node is None or node.type != "string":
        return None
    content = [c for c in node.named_children if c.type == "string_content"]
    if any(c.type == "interpolation" for c in node.named_children) or len(content) > 1:
        return None
    return source.text(content[0]) if content else ""


def _at_line(root: Node, row: int) -> Iterator[Node]:
    """The decorators and calls that begin on a row, outermost first."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.start_point[0] == row and node.type in ("decorator", "call"):
            yield node
        if node.start_point[0] <= row <= node.end_point[0]:
            stack += reversed(node.named_children)


def _calls(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        found = stack.pop()
        if found.type == "call":
            yield found
        stack += reversed(found.named_children)


def _named_values(source: Source, name: str) -> Iterator[Node]:
    """The calls and dicts that have this text as `name`, in file order, each once."""
    seen: set[int] = set()
    wanted = name.encode()
    at = source.raw.find(wanted)
    while at >= 0:
        node = source.root.named_descendant_for_byte_range(at, at + len(wanted))
        if node is not None and node.type == "string_content":
            node = node.parent
        holder = node.parent if node is not None and _text(source, node) == name else None
        field = holder.child_by_field_name("key") or holder.child_by_field_name("name") if holder is not None else None
        if holder is not None and holder.type in ("pair", "keyword_argument") and field is not None:
            label = _text(source, field) if field.type == "string" else source.text(field)
            above = holder.parent
            above = above.parent if above is not None and above.type == "argument_list" else above
            if label == "name" and above is not None and above.type in ("call", "dictionary") and above.id not in seen:
                seen.add(above.id)
                yield above
        at = source.raw.find(wanted, at + len(wanted))
