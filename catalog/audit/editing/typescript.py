"""Where TypeScript and JavaScript sources declare a tool's hints: definition objects, calls, class fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tree_sitter import Node

from catalog.audit.editing.layout import Brackets, line_start, newline, unit
from catalog.audit.editing.opened import File, knowledge, open_file
from catalog.audit.editing.records import COMPUTED, ELSEWHERE, SHARED, Edit, Refused, Wish
from catalog.audit.records import HINTS, spelled
from catalog.extract.tree import SourceTree
from catalog.extract.typescript.sources import CLASSES, SUFFIXES, Module, key_name, named, string_value

_WRAPPERS = frozenset({"as_expression", "satisfies_expression", "parenthesized_expression", "non_null_expression"})
_CALLBACKS = frozenset(
    {"arrow_function", "function_expression", "function", "identifier", "member_expression", "call_expression"}
)
_FIELDS = frozenset({"public_field_definition", "field_definition"})


class TypeScriptPlaces:
    """The places of one tree. Files are parsed when first needed."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._files: dict[str, tuple[File, Module] | str] = {}

    def ways(self, wish: Wish) -> Iterator[tuple[Edit, ...] | Refused]:
        """At the registration itself first, then at the one object of the tree that defines a tool of this name."""
        location = wish.tool.location
        if location is None:
            return
        opened = self._open(location.path)
        tried: set[tuple[str, int]] = set()
        if isinstance(opened, str):
            yield Refused(opened)
        else:
            for node in _at_line(opened[1].root, location.line - 1):
                place = _Place(*opened, wish)
                found = place.registered(node)
                if found is not None and (opened[0].path, place.start) not in tried:
                    tried.add((opened[0].path, place.start))
                    yield found
        yield from self._by_name(wish, tried)
        yield COMPUTED

    def _open(self, path: str) -> tuple[File, Module] | str:
        if path not in self._files:
            found = open_file(self._tree, path)
            self._files[path] = found if isinstance(found, str) else (found, Module(path, found.data))
        return self._files[path]

    def _by_name(self, wish: Wish, tried: set[tuple[str, int]]) -> Iterator[tuple[Edit, ...] | Refused]:
        found: list[tuple[_Place, tuple[Edit, ...] | Refused]] = []
        spelled_name = wish.tool.name.encode()
        for path in self._tree.paths(*SUFFIXES):
            opened = self._open(path) if not path.endswith((".d.ts", ".d.mts", ".d.cts")) else ""
            if isinstance(opened, str) or spelled_name not in opened[0].data:
                continue
            for node in _objects_with(opened[1], spelled_name):
                place = _Place(*opened, wish)
                way = place.defined(node)
                if way is not None and (path, place.start) not in tried:
                    found.append((place, way))
        if len(found) == 1:
            yield found[0][1]
        elif found:
            yield Refused(f"{len(found)} objects define a tool of this name, and which one is registered is not told")


class _Place:
    """One tool's hints in one file. `start` is where the edited bracket or class begins, for telling places apart."""

    def __init__(self, file: File, module: Module, wish: Wish) -> None:
        self.file, self.module, self.wish = file, module, wish
        self.start = -1

    # --- finding ------------------------------------------------------------------------------------------------

    def registered(self, node: Node) -> tuple[Edit, ...] | Refused | None:
        """The edits at a node of the registration's line; None where the node does not register this tool."""
        if node.type == "call_expression":
            return self._call(node)
        if node.type == "object":
            return self._object(node) if self._names_tool(node) else None
        if node.type in CLASSES:
            return self._class(node)
        return None

    def defined(self, node: Node) -> tuple[Edit, ...] | Refused | None:
        """The edits at an object found by its name; None where it defines nothing, or another tool."""
        pairs = _pairs(self.module, node)
        is_named = self._literal_name(pairs) == self.wish.tool.name or self._key_of(node) == self.wish.tool.name
        return self._object(node) if is_named and set(pairs) & set(knowledge()["telling"]) else None

    def _names_tool(self, node: Node) -> bool:
        name = self._literal_name(_pairs(self.module, node))
        return name == self.wish.tool.name or (
            self.wish.is_alone and (name is None or self._key_of(node) == self.wish.tool.name)
        )

    def _literal_name(self, pairs: Mapping[str, Node]) -> str | None:
        for key in knowledge()["names"]:
            value = _unwrapped(pairs.get(key))
            if value is not None and value.type == "string":
                return string_value(self.module, value)
        return None

    def _key_of(self, node: Node) -> str | None:
        above = node.parent
        while above is not None and above.type in _WRAPPERS:
            above = above.parent
        key = above.child_by_field_name("key") if above is not None and above.type == "pair" else None
        return key_name(self.module, key) if key is not None else None

    # --- calls --------------------------------------------------------------------------------------------------

    def _call(self, node: Node) -> tuple[Edit, ...] | Refused | None:
        arguments = node.child_by_field_name("arguments")
        items = named(arguments) if arguments is not None else []
        if arguments is None or not items:
            return None
        for index, item in enumerate(items[:2]):
            value = _unwrapped(item)
            if value is not None and value.type == "object" and index == 0:
                return self._object(value) if self._names_tool(value) else None
            literal = string_value(self.module, value) if value is not None and value.type == "string" else None
            if literal is not None and literal != self.wish.tool.name:
                return None
            if literal is not None or (index == 0 and self.wish.is_alone):
                return self._named_call(node, arguments, items, index)
        return None

    def _named_call(self, node: Node, arguments: Node, items: list[Node], at: int) -> tuple[Edit, ...] | Refused:
        telling = {*knowledge()["telling"], "title", "annotations"}
        for item in items[at + 1 :]:
            value = self._constant(item)
            if value is not None and telling & set(_pairs(self.module, value)) and not self._is_shape(value):
                return self._object(value)
        if not _is_method(self.module, node):
            return Refused("a function of the server's own registers it; whether it takes annotations is not known")
        return self._positional(arguments, items)

    def _is_shape(self, value: Node) -> bool:
        """Whether an object holds schemas of parameters, some of which have names such as `description`."""
        values = [v for v in map(_unwrapped, _pairs(self.module, value).values()) if v is not None]
        return bool(values) and all(
            v.type == "call_expression" and self.module.text(v).startswith(("z.", "z\n", "zod.", "Type."))
            for v in values
        )

    def _constant(self, item: Node) -> Node | None:
        """The object literal that an argument is, or that a constant of the file used only here holds."""
        value = _unwrapped(item)
        if value is None or value.type != "identifier":
            return value if value is not None and value.type == "object" else None
        data, name = self.module.data, self.module.data[value.start_byte : value.end_byte]
        if data.count(name) != 2:
            return None
        for at in (data.find(name), data.rfind(name)):
            node = self.module.root.named_descendant_for_byte_range(at, at + len(name))
            declared = node.parent if node is not None else None
            if declared is not None and declared.type == "variable_declarator" and _is_at(declared, "name", at):
                held = _unwrapped(declared.child_by_field_name("value"))
                return held if held is not None and held.type == "object" else None
        return None

    def _positional(self, arguments: Node, items: list[Node]) -> tuple[Edit, ...] | Refused:
        for item in items[1:]:
            value = _unwrapped(item)
            if value is not None and value.type == "object" and self._is_hints(value):
                return self._merged(value)
        if any(h in self.wish.tool.annotations for h in HINTS):
            return ELSEWHERE
        last = _unwrapped(items[-1])
        if not 2 <= len(items) <= 4 or last is None or last.type not in _CALLBACKS:
            return Refused("its call has another shape than name, description, schema and callback")
        brackets = self._brackets(arguments, items)
        return tuple(brackets.insert(len(items) - 2, self._object_text))

    def _is_hints(self, value: Node) -> bool:
        keys = set(_pairs(self.module, value))
        return bool(keys & set(HINTS)) and keys <= {*HINTS, "title"}

    # --- objects ------------------------------------------------------------------------------------------------

    def _object(self, node: Node) -> tuple[Edit, ...] | Refused:
        pairs = _pairs(self.module, node)
        telling = set(knowledge()["telling"][:2])
        for key in knowledge()["nested"] if not telling & set(pairs) else ():
            inner = _unwrapped(pairs.get(key))
            if inner is not None and inner.type == "object" and telling & set(_pairs(self.module, inner)):
                return self._object(inner)
        self.start = node.start_byte
        for key in knowledge()["annotations"]:
            if key in pairs:
                value = _unwrapped(pairs[key])
                return self._merged(value) if value is not None and value.type == "object" else SHARED
        if set(pairs) & set(HINTS):
            return self._merged(node)
        if any(h in self.wish.tool.annotations for h in HINTS):
            return ELSEWHERE
        items = named(node)
        brackets = self._brackets(node, items)
        if not items:
            return COMPUTED
        keys = [self._item_key(item) for item in items]
        preferred = [keys.index(k) for k in knowledge()["after"] if k in keys] or [len(items) - 1]
        key = self._key(items, knowledge()["annotations"][0])
        return tuple(
            brackets.insert(
                brackets.best_after(preferred),
                lambda indent, own: (
                    key + b": " + self._object_text(indent, own, len(key), key[:1] if key[:1] in (b"'", b'"') else b"")
                ),
                may_precede=True,
            )
        )

    def _merged(self, node: Node) -> tuple[Edit, ...] | Refused:
        """The hints put into an object that holds hints already."""
        self.start = node.start_byte if self.start < 0 else self.start
        items = named(node)
        pairs = _pairs(self.module, node)
        edits: list[Edit] = []
        added: list[bytes] = []
        for hint, value in self.wish.hints.items():
            held = pairs.get(hint)
            if held is None:
                added.append(self._key(items, hint) + b": " + spelled(value).encode())
            elif held.type in ("true", "false"):
                edits.append(Edit(self.file.path, held.start_byte, held.end_byte, spelled(value).encode()))
            else:
                return Refused(f"its {hint} is computed; edit it by hand")
        if added:
            brackets = self._brackets(node, items)
            hints = [i for i, item in enumerate(items) if self._item_key(item) in HINTS]
            spread = [i for i, item in enumerate(items) if item.type == "spread_element"]
            after = max(hints + spread) if hints or spread else len(items) - 1

            def text(indent: bytes, own: bool) -> bytes:
                return (b"," + newline(self.file.data) + indent if own else b", ").join(added)

            edits += brackets.insert(after, text, b" ")
        return tuple(edits)

    def _key(self, items: Sequence[Node], name: str) -> bytes:
        """A key, quoted like those beside it."""
        quoted = [k for i in items if (k := i.child_by_field_name("key")) is not None and k.type == "string"]
        mark = self.file.data[quoted[0].start_byte : quoted[0].start_byte + 1] if quoted else b""
        return mark + name.encode() + mark

    def _item_key(self, item: Node) -> str | None:
        key = item.child_by_field_name("key") or item.child_by_field_name("name")
        return key_name(self.module, key) if key is not None else None

    def _object_text(self, indent: bytes, own_line: bool, before: int = -2, mark: bytes = b"") -> bytes:
        """The hints as an object literal, on one line where it fits or must. `mark` is the quote of its keys."""
        pairs = [mark + h.encode() + mark + b": " + spelled(v).encode() for h, v in self.wish.hints.items()]
        line = b"{ " + b", ".join(pairs) + b" }"
        if not own_line or len(indent.expandtabs(4)) + before + 2 + len(line) + 1 <= knowledge()["typescript"]["width"]:
            return line
        broken = newline(self.file.data) + indent
        inner = broken + unit(self.file.data)
        return b"{" + inner + (b"," + inner).join(pairs) + b"," + broken + b"}"

    def _brackets(self, node: Node, items: Iterable[Node]) -> Brackets:
        places = tuple((i.start_byte, i.end_byte) for i in items)
        return Brackets(self.file.path, self.file.data, node.start_byte, node.end_byte - 1, places)

    # --- classes ------------------------------------------------------------------------------------------------

    def _class(self, node: Node) -> tuple[Edit, ...] | Refused | None:
        body = node.child_by_field_name("body")
        fields = {name: f for f in named(body) if f.type in _FIELDS and (name := self._field_name(f))} if body else {}
        if not self.wish.is_alone or not fields:
            return None
        self.start = node.start_byte
        for key in (*knowledge()["annotations"], *knowledge()["nested"]):
            value = _unwrapped(fields[key].child_by_field_name("value")) if key in fields else None
            if value is not None and value.type == "object":
                return self._merged(value) if key in knowledge()["annotations"] else self._object(value)
            if key in fields and key in knowledge()["annotations"]:
                return SHARED
        if any(h in self.wish.tool.annotations for h in HINTS):
            return ELSEWHERE
        anchor = next((fields[k] for k in ("description", "title", "name") if k in fields), None)
        return self._field_after(anchor) if anchor is not None else None

    def _field_after(self, field: Node) -> tuple[Edit, ...] | Refused:
        name = field.child_by_field_name("name") or field.child_by_field_name("property")
        data = self.file.data
        if name is None or data[line_start(data, field.start_byte) : field.start_byte].strip():
            return Refused("its class is written on one line; edit it by hand")
        words = data[field.start_byte : name.start_byte]
        if b"@" in words or b"\n" in words:
            return Refused("its class fields have decorators; edit them by hand")
        behind = field.next_sibling
        is_closed = behind is not None and behind.type == ";"
        end = behind.end_byte if behind is not None and is_closed else field.end_byte
        indent = data[line_start(data, field.start_byte) : field.start_byte]
        text = newline(data) + indent + words + b"annotations = " + self._object_text(indent, True, len(words) + 12)
        return (Edit(self.file.path, end, end, text + (b";" if is_closed else b"")),)

    def _field_name(self, field: Node) -> str | None:
        name = field.child_by_field_name("name") or field.child_by_field_name("property")
        return key_name(self.module, name) if name is not None else None


def _at_line(root: Node, row: int) -> Iterator[Node]:
    """The calls, objects and classes that begin on a row, outermost first."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.start_point[0] == row and node.type in ("call_expression", "object", *CLASSES):
            yield node
        if node.start_point[0] <= row <= node.end_point[0]:
            stack += reversed(node.named_children)


def _objects_with(module: Module, text: bytes) -> Iterator[Node]:
    """The objects that hold a text as a name or are held under it as a key, in file order, each once."""
    seen: set[int] = set()
    at = module.data.find(text)
    while at >= 0:
        node = module.root.named_descendant_for_byte_range(at, at + len(text))
        while node is not None and node.type != "pair":
            node = (
                node.parent if node.type in ("string", "string_fragment", "property_identifier", *_WRAPPERS) else None
            )
        if node is not None:
            value = _unwrapped(node.child_by_field_name("value"))
            for found in (node.parent, value):
                if found is not None and found.type == "object" and found.start_byte not in seen:
                    seen.add(found.start_byte)
                    yield found
        at = module.data.find(text, at + len(text))


def _pairs(module: Module, node: Node) -> dict[str, Node]:
    """Keys and values of an object literal, the last of each key; shorthand properties are their own value."""
    out: dict[str, Node] = {}
    for item in named(node):
        if item.type == "shorthand_property_identifier":
            out[module.text(item)] = item
            continue
        key = item.child_by_field_name("key") or item.child_by_field_name("name")
        name = key_name(module, key) if key is not None else None
        if name is not None:
            out[name] = item.child_by_field_name("value") or item
    return out


def _unwrapped(node: Node | None) -> Node | None:
    """The expression within casts and parentheses."""
    while node is not None and node.type in _WRAPPERS:
        node = node.named_children[0] if node.named_children else None
    return node


def _is_method(module: Module, call: Node) -> bool:
    """Whether the call is of a method that takes annotations before its callback."""
    function = _unwrapped(call.child_by_field_name("function"))
    name = function.child_by_field_name("property") if function is not None else None
    return name is not None and module.text(name) in knowledge()["typescript"]["positional"]


def _is_at(node: Node, field: str, start_byte: int) -> bool:
    child = node.child_by_field_name(field)
    return child is not None and child.start_byte == start_byte
