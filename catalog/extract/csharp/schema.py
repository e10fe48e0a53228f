"""JSON Schemas of C# types as System.Text.Json's exporter gives them to the SDK."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from catalog.extract.csharp.source import CsFile, Project, TypeDeclaration, modifiers
from catalog.extract.csharp.values import EnumMember, Evaluator, Place, Unknown, Value, attributes
from catalog.extract.syntax import named

MAX_NESTING = 8
_PLAIN: dict[str, dict[str, Any]] = {
    **{key: {"type": "string"} for key in ("string", "String", "char", "Char")},
    **{key: {"type": "boolean"} for key in ("bool", "Boolean")},
    **{
        key: {"type": "integer"}
        for key in (
            "int",
            "long",
            "short",
            "byte",
            "sbyte",
            "uint",
            "ulong",
            "ushort",
            "nint",
            "Int32",
            "Int64",
            "Int16",
        )
    },
    **{key: {"type": "number"} for key in ("double", "float", "decimal", "Double", "Single", "Decimal", "Half")},
    **{key: {"type": "string", "format": "date-time"} for key in ("DateTime", "DateTimeOffset")},
    "DateOnly": {"type": "string", "format": "date"},
    "TimeOnly": {"type": "string", "format": "time"},
    "TimeSpan": {"type": "string"},
    "Guid": {"type": "string", "format": "uuid"},
    "Uri": {"type": "string", "format": "uri"},
}
_LISTS = frozenset(
    [
        "List",
        "IList",
        "IEnumerable",
        "ICollection",
        "IReadOnlyList",
        "IReadOnlyCollection",
        "HashSet",
        "ISet",
        "Collection",
    ]
)
_MAPS = frozenset(["Dictionary", "IDictionary", "IReadOnlyDictionary", "SortedDictionary"])


class Schemas:
    """Makes schemas of types of one project."""

    def __init__(self, project: Project, evaluator: Evaluator) -> None:
        self.project, self.evaluator = project, evaluator
        self._open: list[tuple[str, int]] = []

    def of(self, node: Node | None, file: CsFile, depth: int = 0) -> dict[str, Any]:
        """The schema of a type as written; `{}` for what could be anything."""
        if node is None or depth > MAX_NESTING:
            return {}
        if node.type == "nullable_type":
            inner = self.of(named(node)[0] if named(node) else None, file, depth)
            return nullable(inner)
        if node.type == "array_type":
            element = node.child_by_field_name("type")
            if element is not None and file.text(element) == "byte":
                return {"type": "string"}
            return {"type": "array", "items": self.of(element, file, depth + 1)}
        if node.type == "generic_name":
            return self._generic(node, file, depth)
        if node.type == "qualified_name":
            last = node.child_by_field_name("name")
            if last is not None and last.type == "generic_name":
                return self._generic(last, file, depth)
        text = file.text(node)
        known = _PLAIN.get(text.rpartition(".")[2])
        if known is not None:
            return dict(known)
        declared = self.project.resolve(text, file) if text.rpartition(".")[2] in self.project.index else None
        return self._declared(declared, depth) if declared else {}

    def _generic(self, node: Node, file: CsFile, depth: int) -> dict[str, Any]:
        arguments = next((named(child) for child in node.named_children if child.type == "type_argument_list"), [])
        name = file.text(node.named_children[0]).rpartition(".")[2]
        if name == "Nullable" and arguments:
            return nullable(self.of(arguments[0], file, depth))
        if name in _LISTS and arguments:
            return {"type": "array", "items": self.of(arguments[0], file, depth + 1)}
        if name in _MAPS and len(arguments) == 2:
            return {"type": "object", "additionalProperties": self.of(arguments[1], file, depth + 1)}
        declared = self.project.resolve(name, file) if name in self.project.index else None
        return self._declared(declared, depth) if declared else {}

    def _declared(self, declared: TypeDeclaration, depth: int) -> dict[str, Any]:
        if declared.node.type == "enum_declaration":
            return {"type": "string", "enum": list(declared.members)}
        if declared.node.type == "interface_declaration":
            return {}
        key = (declared.file.path, declared.node.start_byte)
        if key in self._open:
            return {}
        self._open.append(key)
        try:
            return self._object(declared, depth)
        finally:
            self._open.pop()

    def _object(self, declared: TypeDeclaration, depth: int) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        for node, file in declared.members.values():
            if node.type == "parameter":
                self._positional(node, file, declared, properties, required, depth)
            elif node.type == "property_declaration":
                self._property(node, file, declared, properties, required, depth)
        made: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            made["required"] = required
        return made

    def _positional(
        self, node: Node, file: CsFile, declared: TypeDeclaration,
        properties: dict[str, Any], required: list[str], depth: int,
    ) -> None:  # fmt: skip
        if declared.node.type not in ("record_declaration", "record_struct_declaration"):
            return
        name = self._wire_name(node, file, declared)
        made = self.of(node.child_by_field_name("type"), file, depth + 1)
        properties[name] = self._described(node, file, declared, made)
        if default_of(node) is None:
            required.append(name)

    def _property(
        self, node: Node, file: CsFile, declared: TypeDeclaration,
        properties: dict[str, Any], required: list[str], depth: int,
    ) -> None:  # fmt: skip
        words = modifiers(file, node)
        ignored = any(each.name == "JsonIgnore" for each in attributes(file, node))
        if "public" not in words or "static" in words or ignored or not _is_settable(node, file):
            return
        name = self._wire_name(node, file, declared)
        made = self.of(node.child_by_field_name("type"), file, depth + 1)
        properties[name] = self._described(node, file, declared, made)
        if "required" in words:
            required.append(name)

    def _wire_name(self, node: Node, file: CsFile, declared: TypeDeclaration) -> str:
        for each in attributes(file, node):
            if each.name == "JsonPropertyName" and each.positional:
                given = self.evaluator.eval(each.positional[0], Place(file, declared))
                if isinstance(given, str):
                    return given
        name_node = node.child_by_field_name("name")
        return camel_case(file.text(name_node)) if name_node is not None else ""

    def _described(self, node: Node, file: CsFile, declared: TypeDeclaration, made: dict[str, Any]) -> dict[str, Any]:
        text = description(self.evaluator, node, Place(file, declared))
        return {"description": text, **made} if isinstance(text, str) else made


def description(evaluator: Evaluator, node: Node, place: Place) -> Value:
    """What a `[Description]` on the node says; None where there is none."""
    for each in attributes(place.file, node):
        if each.name == "Description" and each.positional:
            return evaluator.eval(each.positional[0], place)
    return None


def default_of(parameter: Node) -> Node | None:
    """The default value written after a parameter."""
    name = parameter.child_by_field_name("name")
    after = [each for each in named(parameter) if name is not None and each.start_byte >= name.end_byte]
    inner = after[-1] if after else None
    return named(inner)[0] if inner is not None and inner.type == "equals_value_clause" and named(inner) else inner


def plain(value: Value) -> Any:
    """A default as JSON. Unknown values give None."""
    if isinstance(value, EnumMember):
        return value.name
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value if isinstance(value, (str, int, float, bool)) and not isinstance(value, Unknown) else None


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    made = {**schema, "type": [kind, "null"]} if isinstance(kind, str) else dict(schema)
    if "enum" in made:
        made["enum"] = [*made["enum"], None]
    return made


def camel_case(name: str) -> str:
    """System.Text.Json's camel case: leading capitals lowered, the last of several kept where a word starts."""
    letters = list(name)
    for index, letter in enumerate(letters):
        if not letter.isupper():
            break
        if 0 < index < len(letters) - 1 and not letters[index + 1].isupper():
            break
        letters[index] = letter.lower()
    return "".join(letters)


def _is_settable(node: Node, file: CsFile) -> bool:
    accessors = node.child_by_field_name("accessors")
    return accessors is not None and any(word in file.text(accessors) for word in ("set", "init"))
