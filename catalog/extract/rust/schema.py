"""JSON Schemas of Rust types as the derive macros make them: serde's names, documentation as description."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from catalog.extract.rust.source import Item, Marks, Project, RustFile, marks
from catalog.extract.rust.values import Evaluator
from catalog.extract.syntax import named

MAX_NESTING = 8
_INTEGERS = re.compile(r"(?:NonZero)?[iuIU](?:8|16|32|64|128|size)\Z")
_TEXTS = frozenset(["String", "str", "char", "PathBuf", "Path", "Url", "Uuid", "OsString", "CompactString"])
_TRANSPARENT = frozenset(["Box", "Arc", "Rc", "Cow", "Cell", "RefCell", "Mutex", "RwLock", "Parameters", "Json"])
_LISTS = frozenset(["Vec", "VecDeque", "HashSet", "BTreeSet", "IndexSet", "OneOrMany"])
_MAPS = frozenset(["HashMap", "BTreeMap", "IndexMap", "Map"])
_ANYTHING = frozenset(["Value", "JsonValue", "RawValue"])
_RULES = {"range": {"min": "minimum", "max": "maximum"}, "length": {"min": "minLength", "max": "maxLength"}}


class Schemas:
    """Makes schemas of types of one project."""

    def __init__(self, project: Project, evaluator: Evaluator) -> None:
        self.project, self.evaluator = project, evaluator
        self._open: list[tuple[str, int]] = []

    def of(self, node: Node | None, file: RustFile, depth: int = 0) -> dict[str, Any]:
        """The schema of a type as written; `{}` for what could be anything or is not in the tree."""
        if node is None or depth > MAX_NESTING:
            return {}
        if node.type in ("reference_type", "array_type", "tuple_type"):
            inner = node.child_by_field_name("type") or node.child_by_field_name("element")
            made = self.of(inner, file, depth + 1)
            return {"type": "array", "items": made} if node.type == "array_type" else made
        if node.type == "generic_type":
            return self._generic(node, file, depth)
        text = file.text(node)
        name = text.rpartition("::")[2]
        if _INTEGERS.match(name):
            return {"type": "integer", **({"minimum": 0} if name[0] in "uU" else {})}
        if name in ("f32", "f64"):
            return {"type": "number"}
        if name == "bool":
            return {"type": "boolean"}
        if name in _TEXTS:
            return {"type": "string"}
        if name == "JsonObject" or text.endswith("Map<String, Value>"):
            return {"type": "object"}
        if name in _ANYTHING:
            return {}
        item = self.project.item(text, file, "struct", "enum", "type")
        return self.item(item, depth) if item is not None else {}

    def _generic(self, node: Node, file: RustFile, depth: int) -> dict[str, Any]:
        name_node = node.child_by_field_name("type")
        name = file.text(name_node).rpartition("::")[2] if name_node is not None else ""
        arguments = [each for each in named(node.child_by_field_name("type_arguments")) if each.type != "lifetime"]
        last = arguments[-1] if arguments else None
        if name == "Option":
            made = self.of(last, file, depth)
            kind = made.get("type")
            return {**made, "type": [kind, "null"]} if isinstance(kind, str) else made
        if name in _LISTS:
            return {"type": "array", "items": self.of(last, file, depth + 1)}
        if name in _MAPS:
            below = self.of(last, file, depth + 1)
            return {"type": "object", "additionalProperties": below or True}
        if name in _TRANSPARENT:
            return self.of(last, file, depth)
        item = self.project.item(name, file, "struct", "enum", "type")
        return self.item(item, depth) if item is not None else {}

    def item(self, item: Item, depth: int = 0) -> dict[str, Any]:
        """The schema of a declared type, with its documentation as description."""
        key = (item.file.path, item.node.start_byte)
        if key in self._open:
            return {}
        self._open.append(key)
        try:
            if item.node.type == "type_item":
                return self.of(item.node.child_by_field_name("type"), item.file, depth + 1)
            above = marks(item.file, item.node)
            made = self._enum(item, above, depth) if item.node.type == "enum_item" else self._struct(item, above, depth)
        finally:
            self._open.pop()
        return {"description": above.text, **made} if above.text and depth else made

    def _struct(self, item: Item, above: Marks, depth: int) -> dict[str, Any]:
        body = item.node.child_by_field_name("body")
        if body is not None and body.type == "ordered_field_declaration_list":
            inner = body.child_by_field_name("type")
            return self.of(inner, item.file, depth)
        return self.fields(body, item.file, self._rule(above), depth)

    def fields(self, body: Node | None, file: RustFile, rule: str | None, depth: int) -> dict[str, Any]:
        """An object of the fields in braces."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        for node in named(body):
            if node.type != "field_declaration":
                continue
            above, name_node = marks(file, node), node.child_by_field_name("name")
            if name_node is None or self._flag(above, "skip") or self._flag(above, "skip_deserializing"):
                continue
            made = self.of(node.child_by_field_name("type"), file, depth + 1)
            if self._flag(above, "flatten"):
                properties.update(made.get("properties") or {})
                required.extend(made.get("required") or ())
                continue
            name = self._renamed(above, file) or recased(file.text(name_node).removeprefix("r#"), rule)
            properties[name] = self.described(made, above, file)
            if not self._is_optional(node, file, above):
                required.append(name)
        made = {"type": "object", "properties": properties}
        return {**made, "required": required} if required else made

    def _is_optional(self, node: Node, file: RustFile, above: Marks) -> bool:
        kind = node.child_by_field_name("type")
        text = file.text(kind).replace(" ", "") if kind is not None else ""
        option = re.match(r"(?:[\w]+::)*Option<", text) is not None
        wanted = any(above.argument(name, "required") is not None for name in ("schemars", "json_schema"))
        return self._flag(above, "default") or (option and not wanted)

    def _flag(self, above: Marks, key: str) -> bool:
        return any(above.argument(name, key) is not None for name in ("serde", "schemars"))

    def _rule(self, above: Marks) -> str | None:
        for name in ("schemars", "serde"):
            found = above.argument(name, "rename_all")
            if found is not None and found.value:
                return found.value.strip('"')
        return None

    def _renamed(self, above: Marks, file: RustFile) -> str | None:
        for name in ("schemars", "serde"):
            found = above.argument(name, "rename")
            value = found.value if found is not None else None
            if found is not None and value is None:
                value = next((each.value for each in found.inner if each.key == "deserialize"), None)
            if value:
                given = self.evaluator.text(value, file)
                if isinstance(given, str):
                    return given
        return None

    def described(self, made: dict[str, Any], above: Marks, file: RustFile) -> dict[str, Any]:
        """The schema with what the attributes and the documentation of its field add."""
        text = above.text
        for name in ("schemars", "json_schema", "arg"):
            for attribute in above.named(name):
                for argument in attribute.arguments:
                    if argument.key == "description" and argument.value:
                        value = self.evaluator.text(argument.value, file)
                        text = value if isinstance(value, str) else text
                    made = self._ruled(made, argument, file)
        default = above.argument("serde", "default")
        if default is not None and default.value:
            value = self.evaluator.text(default.value.strip('"') + "()", file)
            if isinstance(value, (str, int, float, bool)):
                made = {**made, "default": value}
        return {"description": text, **{k: v for k, v in made.items() if k != "description"}} if text else made

    def _ruled(self, made: dict[str, Any], argument: Any, file: RustFile) -> dict[str, Any]:
        for inner in argument.inner:
            keyword = _RULES.get(argument.key, {}).get(inner.key)
            value = self.evaluator.text(inner.value, file) if keyword and inner.value else None
            if keyword and isinstance(value, (int, float)):
                if made.get("type") == "array":
                    keyword = keyword.replace("Length", "Items")
                made = {**made, keyword: value}
        return made

    def _enum(self, item: Item, above: Marks, depth: int) -> dict[str, Any]:
        rule = self._rule(above)
        plain: list[str] = []
        variants: list[dict[str, Any]] = []
        tag = above.argument("serde", "tag")
        untagged = self._flag(above, "untagged")
        for node in named(item.node.child_by_field_name("body")):
            name_node = node.child_by_field_name("name")
            if node.type != "enum_variant" or name_node is None:
                continue
            marked = marks(item.file, node)
            name = self._renamed(marked, item.file) or recased(item.file.text(name_node), rule, of_variant=True)
            body = node.child_by_field_name("body")
            if body is None and tag is None:
                plain.append(name)
                continue
            variants.append(self._variant(name, body, item.file, tag.value if tag else None, untagged, depth))
        if not variants:
            return {"type": "string", "enum": plain}
        if plain:
            variants.insert(0, {"type": "string", "enum": plain})
        return {"anyOf" if untagged else "oneOf": variants}

    def _variant(
        self, name: str, body: Node | None, file: RustFile, tag: str | None, untagged: bool, depth: int
    ) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "object", "properties": {}}
        if body is not None and body.type == "field_declaration_list":
            made = self.fields(body, file, None, depth + 1)
        elif body is not None:
            made = self.of(body.child_by_field_name("type"), file, depth + 1)
        if untagged:
            return made
        if tag is not None:
            key = tag.strip('"')
            properties = {key: {"const": name}, **(made.get("properties") or {})}
            return {
                **made,
                "type": "object",
                "properties": properties,
                "required": [key, *(made.get("required") or ())],
            }
        return {"type": "object", "properties": {name: made}, "required": [name]}


def recased(name: str, rule: str | None, of_variant: bool = False) -> str:
    """A field's or variant's name under serde's `rename_all`."""
    if rule is None:
        return name
    words = [
        w
        for w in (re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name) if of_variant else name).split(
            "_"
        )
        if w
    ]
    if of_variant:
        words = [w for w in re.sub(r"(?<!^)(?=[A-Z])", "_", name).split("_") if w]
    lower = [word.lower() for word in words]
    joined = {
        "camelCase": "".join([*lower[:1], *(word.capitalize() for word in lower[1:])]),
        "PascalCase": "".join(word.capitalize() for word in lower),
        "snake_case": "_".join(lower),
        "kebab-case": "-".join(lower),
        "SCREAMING_SNAKE_CASE": "_".join(lower).upper(),
        "SCREAMING-KEBAB-CASE": "-".join(lower).upper(),
        "lowercase": name.lower() if of_variant else name,
        "UPPERCASE": name.upper(),
    }
    return joined.get(rule, name)
