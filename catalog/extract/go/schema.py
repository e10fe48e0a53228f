"""JSON Schemas as the Go libraries send them: from literals and options, and from a type by reflection."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from catalog.extract.go import types
from catalog.extract.go.source import Project
from catalog.extract.go.values import Array, Call, Lazy, Reflected, Struct, Table, TypeRef, Unknown, Value, force

MAX_NESTING = 12
_INTEGERS = frozenset(
    ["int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "byte", "rune", "uintptr"]
)
_SPECIAL = {"ID": "$id", "Schema": "$schema", "Ref": "$ref", "Comment": "$comment", "Defs": "$defs", "Types": "type"}
_TAG = re.compile(r'(\w+):"([^"\\]*+(?:\\.[^"\\]*+)*+)"')


class Unresolved(Exception):
    """A part of the schema is not known."""


def schema_json(project: Project, value: Value) -> Any:
    """The JSON of a schema value. Unresolved when nothing of it is known; unknown parts below become `{}`."""
    value = force(value)
    if isinstance(value, Reflected):
        return reflected(project, value.type, value.style)
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, (Struct, Table)):
        return _json(project, value, 0)
    raise Unresolved


def is_open(value: Value) -> bool:
    """Whether the schema's own list of properties is known only in part."""
    value, listed = force(value), None
    if isinstance(value, Struct):
        listed = force(value.fields.get("Properties"))
    elif isinstance(value, Table):
        listed = force(value.items.get("properties"))
    return isinstance(listed, Unknown) or (isinstance(listed, Table) and listed.open)


def _raw(text: str) -> Any:
    """The value of a json.RawMessage; the text itself where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unresolved from None


def _json(project: Project, value: Value, depth: int) -> Any:
    if isinstance(value, Lazy):
        value = force(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if depth > MAX_NESTING * 2:
        return {}
    if isinstance(value, Array):
        return [_json(project, each, depth + 1) for each in value.items]
    if isinstance(value, Table):
        return {str(key): _json(project, each, depth + 1) for key, each in value.items.items()}
    if isinstance(value, Reflected):
        return reflected(project, value.type, value.style)
    if isinstance(value, Call) and len(value.arguments) == 1:
        return _json(project, value.arguments[0], depth + 1)
    if isinstance(value, Struct):
        return _struct(project, value, depth)
    return {}


def _struct(project: Project, value: Struct, depth: int) -> Any:
    raw = value.fields.get("")
    if isinstance(raw, str):
        return _parsed(raw)
    names = {} if value.module or value.type is None else _json_names(project, value.type)
    out: dict[str, Any] = {}
    for name, held in value.fields.items():
        plain = _json(project, force(held), depth + 1)
        if name == "Default" and isinstance(plain, str) and "google/jsonschema-go" in value.module:
            plain = _raw(plain)
        if plain is None or plain == "" or (plain == [] and name != "Enum"):
            continue
        if name in ("Extra", "Extras") and isinstance(plain, dict):
            out.update(plain)
            continue
        key = names.get(name) or _SPECIAL.get(name) or name[:1].lower() + name[1:]
        if plain is False and key in ("uniqueItems", "readOnly", "writeOnly", "deprecated"):
            continue
        if key != "-":
            out[key] = plain
    if isinstance(out.get("not"), dict) and not out["not"] and len(out) == 1:
        return False
    return out


def _json_names(project: Project, ref: TypeRef) -> dict[str, str]:
    names = {}
    for member in types.members(types.resolve(project, ref).ref):
        name = _tags(member.tag).get("json", "").partition(",")[0]
        if name:
            names[member.name] = name
    return names


def _tags(text: str) -> dict[str, str]:
    return {key: value.replace('\\"', '"').replace("\\\\", "\\") for key, value in _TAG.findall(text)}


def reflected(project: Project, ref: TypeRef, style: str) -> Any:
    """The schema of a Go type.

    `style` says by whose rules: `inferred` (google/jsonschema-go: the tag is the description, omitempty is optional),
    `tags` (invopop with required taken from the tag), `omitempty` (invopop's default).
    """
    made = _Reflection(project, style).type(ref, 0)
    if isinstance(made, dict) and made.get("type") == "object":
        made.setdefault("properties", {})
    return made if made else {"type": "object"}


class _Reflection:
    def __init__(self, project: Project, style: str) -> None:
        self.project, self.style = project, style
        self.open: list[tuple[str, int]] = []

    def type(self, ref: TypeRef, depth: int) -> dict[str, Any]:
        pointer = ref.node.type == "pointer_type"
        resolved = types.resolve(self.project, ref)
        if depth > MAX_NESTING:
            return {}
        made = self._plain(resolved, depth)
        if pointer and self.style == "inferred" and isinstance(made.get("type"), str) and depth:
            made = {**made, "type": ["null", made["type"]]}
        return made

    def _plain(self, resolved: types.Resolved, depth: int) -> dict[str, Any]:
        node, ref = resolved.ref.node, resolved.ref
        if resolved.module:
            return _external(resolved.module, resolved.name)
        if node.type == "struct_type":
            key = (ref.file.path, node.start_byte)
            if key in self.open:
                return {}
            self.open.append(key)
            try:
                return self._object(ref, depth)
            finally:
                self.open.pop()
        element = node.child_by_field_name("element") or node.child_by_field_name("value")
        inner = TypeRef(element, ref.file, ref.bindings) if element else None
        if node.type in ("slice_type", "array_type", "implicit_length_array_type") and inner:
            return self._array(node.type, inner, depth)
        if node.type == "map_type" and inner:
            made: dict[str, Any] = {"type": "object"}
            below = self.type(inner, depth + 1)
            if self.style == "inferred" or inner.text not in ("any", "interface{}"):
                made["additionalProperties"] = below
            return made
        return _builtin(ref.text)

    def _array(self, kind: str, inner: TypeRef, depth: int) -> dict[str, Any]:
        if inner.text == "byte" and self.style != "inferred":
            return {"type": "string", "contentEncoding": "base64"}
        listed = ["null", "array"] if self.style == "inferred" and kind == "slice_type" else "array"
        return {"type": listed, "items": self.type(inner, depth + 1)}

    def _object(self, ref: TypeRef, depth: int) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        self._fields(ref, depth, properties, required)
        made: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            made["required"] = required
        if self.style == "inferred":
            made["additionalProperties"] = False
        return made

    def _fields(self, ref: TypeRef, depth: int, properties: dict[str, Any], required: list[str]) -> None:
        for member in types.members(ref):
            tags = _tags(member.tag)
            name, _, settings = tags.get("json", "").partition(",")
            options = settings.split(",")
            if name == "-" and not settings:
                continue
            if (member.embedded and not name) or "inline" in options:
                resolved = types.resolve(self.project, member.type)
                if resolved.kind == "struct_type" and depth <= MAX_NESTING:
                    self._fields(resolved.ref, depth + 1, properties, required)
                continue
            if not member.name[:1].isupper():
                continue
            self._field(member, name or member.name, tags, options, depth, properties, required)

    def _field(
        self, member: types.Member, name: str, tags: dict[str, str], options: list[str], depth: int,
        properties: dict[str, Any], required: list[str],
    ) -> None:  # fmt: skip
        made = dict(self.type(member.type, depth + 1))
        tag = tags.get("jsonschema", "")
        optional = "omitempty" in options or "omitzero" in options
        if self.style == "inferred":
            if tag and not re.match(r"^\w+=", tag):
                made["description"] = tag
            elif tag:
                _keywords(made, tag)
            elif "description" in tags:
                made["description"] = tags["description"]
            needed = not optional if "required" not in tags else tags["required"] == "true"
        else:
            words = _keywords(made, tag)
            if "jsonschema_description" in tags:
                made.setdefault("description", tags["jsonschema_description"])
            needed = "required" in words or (self.style == "omitempty" and not optional)
        properties[name] = made
        if needed and name not in required:
            required.append(name)


def _keywords(made: dict[str, Any], tag: str) -> list[str]:
    """Writes an invopop tag's keywords into the schema; the bare words come back."""
    words = []
    numeric = made.get("type") in ("integer", "number")
    listed = made.get("type") == "array" and isinstance(made.get("items"), dict)
    for part in re.split(r"(?<!\\),", tag):
        key, equals, text = part.replace("\\,", ",").partition("=")
        if not equals:
            words.append(key)
        elif key in ("title", "description", "type"):
            made[key] = text
        elif key in ("enum", "example"):
            target = made["items"] if listed and key == "enum" else made
            of_numbers = numeric or (listed and made["items"].get("type") in ("integer", "number"))
            target.setdefault({"example": "examples"}.get(key, key), []).append(_number(text) if of_numbers else text)
        elif key in ("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "multipleOf",
                     "exclusiveMinimum", "exclusiveMaximum"):  # fmt: skip
            made[key] = _number(text)
        elif key == "default":
            made[key] = _default(text, str(made.get("type")))
        elif key in ("pattern", "format"):
            (made["items"] if listed else made)[key] = text
    return words


def _default(text: str, kind: str) -> Any:
    if kind == "boolean":
        return text == "true"
    if kind == "array":
        return [text]
    return _number(text) if kind in ("integer", "number") else text


def _number(text: str) -> Any:
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def _builtin(name: str) -> dict[str, Any]:
    if name in _INTEGERS:
        return {"type": "integer"}
    known = {"string": "string", "bool": "boolean", "float32": "number", "float64": "number"}
    return {"type": known[name]} if name in known else {}


_TIMES: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
    ("time", "Time"): lambda: {"type": "string", "format": "date-time"},
    ("time", "Duration"): lambda: {"type": "integer"},
    ("json", "Number"): lambda: {"type": "string"},
    ("uuid", "UUID"): lambda: {"type": "string"},
}


def _external(module: str, name: str) -> dict[str, Any]:
    known = _TIMES.get((module.rpartition("/")[2], name))
    return known() if known else {}
