"""Input schemas in PHP: the fluent builder, plain arrays, and signatures with their doc comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tree_sitter import Node

from catalog.extract.php.project import (
    CLASSES,
    GRAMMAR,
    UNKNOWN,
    File,
    Project,
    assigned,
    attributes,
    members,
    returned,
    supertypes,
)
from catalog.extract.syntax import captures, enclosing, named

Schema = dict[str, Any]
_BUILDER_TYPES = {"string", "integer", "number", "boolean", "array", "object"}
_KEYWORDS = {
    "description": "description", "default": "default", "enum": "enum", "format": "format", "pattern": "pattern",
    "title": "title",
}  # fmt: skip
_BOUNDS = {
    "string": ("minLength", "maxLength"), "array": ("minItems", "maxItems"), "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
}  # fmt: skip
_PHP_TYPES = {
    "string": "string", "int": "integer", "integer": "integer", "float": "number", "double": "number",
    "bool": "boolean", "boolean": "boolean", "array": "array", "iterable": "array", "object": "object",
    "stdClass": "object", "list": "array",
}  # fmt: skip
_INJECTED = ("Request", "RequestContext", "Context", "ClientGateway", "SessionInterface", "ServerRequestInterface")
_DOC_PARAM = re.compile(r"@param\s+(?P<type>[^$]*?)\s*(?:\.\.\.)?\$(?P<name>\w+)[ \t]*(?P<text>[^\n]*)")
_DEEPEST = 12


@dataclass(frozen=True, eq=False)
class Schemas:
    """Schemas as code of one project builds them. Each answers None where the code is not understood."""

    project: Project

    def of_method(self, method: Node, file: File, depth: int = 0) -> Schema | None:
        """The schema of a tool class's schema method: an array of built properties, or a JSON Schema as array."""
        value = returned(method)
        if value is None or depth > _DEEPEST:
            return None
        if value.type == "variable_name" and assigned(value, file) is None:
            return self._named_chain(method, file)
        if (
            value.type == "member_call_expression"
            and _chain_head(value, file)[0] == "$schema"
            and _is_named(value, file)
        ):
            return self._named_chain(method, file)
        plain = self.project.evaluate(value, file)
        if isinstance(plain, dict) and plain.get("type") == "object":
            return _clean(plain)
        if isinstance(plain, dict) and plain and all(isinstance(v, dict) and "type" in v for v in plain.values()):
            required = [k for k, v in plain.items() if v.pop("required", None) is True]
            return _object(plain, required)
        return self._properties(value, file, depth)

    def _properties(self, value: Node, file: File, depth: int) -> Schema | None:
        properties: Schema = {}
        required: list[str] = []
        for name, node, where in self._entries(value, file, depth):
            if name is None:
                return None
            schema, is_required = self._built(node, where, depth + 1)
            properties[name] = schema
            if is_required:
                required.append(name)
        return _object(properties, required)

    def _entries(self, value: Node | None, file: File, depth: int) -> Iterator[tuple[str | None, Node, File]]:
        """Name and builder of each property in an array, through spreads, merges and own methods."""
        if value is None or depth > _DEEPEST:
            return
        if value.type == "variable_name":
            yield from self._entries(assigned(value, file), file, depth + 1)
        elif value.type == "function_call_expression" and file.field_text(value, "function") == "array_merge":
            for argument in named(value.child_by_field_name("arguments")):
                yield from self._entries(named(argument)[0], file, depth + 1)
        elif value.type == "binary_expression":
            yield from self._entries(value.child_by_field_name("left"), file, depth + 1)
            yield from self._entries(value.child_by_field_name("right"), file, depth + 1)
        elif value.type in ("member_call_expression", "scoped_call_expression"):
            found = self._own_method(value, file)
            if found is None:
                yield None, value, file
            else:
                yield from self._entries(returned(found[1]), found[0], depth + 1)
        elif value.type == "array_creation_expression":
            for element in named(value):
                parts = named(element)
                if len(parts) == 2:
                    name = self.project.evaluate(parts[0], file)
                    yield (name if isinstance(name, str) else None), parts[1], file
                elif parts and parts[0].type == "variadic_unpacking":
                    yield from self._entries(named(parts[0])[0], file, depth + 1)
        else:
            yield None, value, file

    def _own_method(self, call: Node, file: File) -> tuple[File, Node] | None:
        """The method that `$this->x()`, `self::x()`, `parent::x()` or `Other::x()` calls."""
        name = file.field_text(call, "name")
        holder = file.field_text(call, "object") or file.field_text(call, "scope")
        owner = enclosing(call, *CLASSES)
        found = (file, owner) if holder in ("$this", "self", "static") and owner is not None else None
        if holder == "parent" and owner is not None:
            above = supertypes(owner, file)
            found = self.project.find_class(above[0], file) if above else None
        elif found is None and holder and not holder.startswith("$"):
            found = self.project.find_class(holder, file)
        for _ in range(_DEEPEST):
            if found is None:
                return None
            for method in members(found[1], "method_declaration"):
                if found[0].field_text(method, "name") == name:
                    return found[0], method
            above = [*supertypes(found[1], found[0])[:1], *_traits(found[1], found[0])]
            found = next((f for a in above if (f := self.project.find_class(a, found[0]))), None)
        return None

    def _built(self, node: Node, file: File, depth: int) -> tuple[Schema, bool]:
        """One builder chain such as `$schema->string()->description('…')->required()`, and whether it is required."""
        schema: Schema = {}
        required = False
        for call in _chain(node):
            method = file.field_text(call, "name")
            values, _ = self.project.arguments(call, file)
            if method in _BUILDER_TYPES and "type" not in schema:
                schema["type"] = method
                if method == "object":
                    schema |= self._nested(call, file, depth)
            elif method == "required":
                required = not values or values[0] is not False
            elif method == "items" and named(call.child_by_field_name("arguments")):
                argument = named(named(call.child_by_field_name("arguments"))[0])[0]
                schema["items"] = self._built(argument, file, depth + 1)[0] if depth < _DEEPEST else {}
            elif method in ("min", "max") and values and values[0] is not UNKNOWN:
                bounds = _BOUNDS.get(schema.get("type", ""), ("minimum", "maximum"))
                schema[bounds[method == "max"]] = values[0]
            elif method in _KEYWORDS and values:
                value = self._enumerated(values[0], file) if method == "enum" else values[0]
                if value is not UNKNOWN:
                    schema[_KEYWORDS[method]] = value
        return schema, required

    def _nested(self, call: Node, file: File, depth: int) -> Schema:
        arguments = named(call.child_by_field_name("arguments"))
        if not arguments or depth >= _DEEPEST:
            return {}
        value: Node | None = named(arguments[0])[0]
        if value is not None and value.type in ("arrow_function", "anonymous_function"):
            value = value.child_by_field_name("body") if value.type == "arrow_function" else returned(value)
        nested = self._properties(value, file, depth + 1) if value is not None else None
        return nested or {}

    def _enumerated(self, value: object, file: File) -> object:
        if isinstance(value, list):
            return [v for v in value if v is not UNKNOWN]
        found = self.project.find_class(value, file) if isinstance(value, str) else None
        return self._cases(*found) if found else UNKNOWN

    def _cases(self, file: File, declaration: Node) -> list[object]:
        cases = []
        for case in members(declaration, "enum_case"):
            value = case.child_by_field_name("value")
            cases.append(self.project.evaluate(value, file) if value is not None else file.field_text(case, "name"))
        return [c for c in cases if c is not UNKNOWN]

    def _named_chain(self, method: Node, file: File) -> Schema | None:
        """The older builder, whose calls name the property: `$schema->string('q')->description('…')->required()`."""
        properties: Schema = {}
        required: list[str] = []
        body = method.child_by_field_name("body")
        if body is None:
            return None
        outermost = [
            s for s in captures(body, "(member_call_expression) @c", *GRAMMAR).get("c", []) if _is_outermost(s)
        ]
        for call in (c for chain in outermost for c in _chain(chain)):
            kind = file.field_text(call, "name")
            values, _ = self.project.arguments(call, file)
            if kind in _BUILDER_TYPES and values and isinstance(values[0], str):
                properties[values[0]] = {"type": kind}
            elif properties and kind == "required":
                required.append(next(reversed(properties)))
            elif properties and kind in _KEYWORDS and values and values[0] is not UNKNOWN:
                properties[next(reversed(properties))][_KEYWORDS[kind]] = values[0]
        return _object(properties, required)

    def of_signature(self, function: Node, file: File, parameter_attributes: tuple[str, ...]) -> Schema:
        """The schema of a handler's parameters, with what its doc comment and attributes say of them."""
        told = {m["name"]: m for m in _DOC_PARAM.finditer(doc_comment(function, file))}
        properties: Schema = {}
        required: list[str] = []
        for node in named(function.child_by_field_name("parameters")):
            name = file.field_text(node, "name").lstrip("$&")
            type_text = file.field_text(node, "type")
            if not name or type_text.strip("?\\").rpartition("\\")[2] in _INJECTED:
                continue
            schema = self._type(type_text or (told[name]["type"] if name in told else ""), file)
            if name in told and told[name]["text"].strip():
                schema["description"] = told[name]["text"].strip().removesuffix("*/").strip()
            default = node.child_by_field_name("default_value")
            if default is not None and self.project.evaluate(default, file) not in (UNKNOWN, None):
                schema["default"] = self.project.evaluate(default, file)
            for attribute, held in attributes(node, file):
                if attribute in parameter_attributes:
                    positional, by_name = self.project.arguments(held, file)
                    stated = positional[0] if positional and isinstance(positional[0], dict) else by_name
                    schema |= {k: v for k, v in stated.items() if v is not UNKNOWN and v is not None}
            properties[name] = schema
            if default is None and node.type != "variadic_parameter":
                required.append(name)
        return _object(properties, required)

    def _type(self, text: str, file: File) -> Schema:
        nullable = text.startswith("?")
        parts = [p.strip().lstrip("\\") for p in text.lstrip("?").split("|") if p.strip()]
        kinds = [p for p in parts if p.lower() != "null"]
        if len(kinds) != 1:
            types = [_PHP_TYPES[k] for k in kinds if k in _PHP_TYPES]
            return {"type": types} if types else {}
        base = re.split(r"[<\[{]", kinds[0])[0]
        found = None if base in _PHP_TYPES or base == "mixed" else self.project.find_class(base, file)
        if found and found[1].type == "enum_declaration":
            return {"type": "string", "enum": self._cases(*found)}
        kind = "array" if kinds[0].endswith("[]") else _PHP_TYPES.get(base, "" if base == "mixed" else "object")
        if not kind:
            return {}
        return {"type": ["null", kind] if nullable or len(parts) > len(kinds) else kind}


def doc_comment(node: Node, file: File) -> str:
    """The doc comment right before a declaration, "" where there is none."""
    above = node.prev_named_sibling
    text = file.text(above) if above is not None and above.type == "comment" else ""
    return text if text.startswith("/**") else ""


def doc_summary(text: str) -> str | None:
    """The first paragraph of a doc comment as one line."""
    lines = [re.sub(r"^\s*(?:/\*\*|\*/|\*)?\s?", "", each).removesuffix("*/").strip() for each in text.splitlines()]
    summary: list[str] = []
    for each in lines:
        if each.startswith("@") or (not each and summary):
            break
        if each:
            summary.append(each)
    return " ".join(summary) or None


def _chain(node: Node) -> list[Node]:
    """The calls of a chain, innermost first."""
    calls: list[Node] = []
    current: Node | None = node
    while current is not None and current.type in ("member_call_expression", "scoped_call_expression"):
        calls.append(current)
        current = current.child_by_field_name("object")
    return calls[::-1]


def _chain_head(node: Node, file: File) -> tuple[str, Node]:
    first = _chain(node)[0]
    return file.field_text(first, "object"), first


def _is_named(node: Node, file: File) -> bool:
    return bool(named(_chain(node)[0].child_by_field_name("arguments")))


def _is_outermost(call: Node) -> bool:
    return call.parent is None or call.parent.type != "member_call_expression"


def _traits(declaration: Node, file: File) -> list[str]:
    return [file.text(name) for use in members(declaration, "use_declaration") for name in named(use)]


def _object(properties: Schema, required: list[str]) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _clean(value: dict[str, Any]) -> Schema:
    """The mapping without unknown values; PHP's empty array stands for an empty object where one belongs."""
    out: Schema = {}
    for key, part in value.items():
        if isinstance(part, dict):
            out[key] = _clean(part)
        elif key == "properties" and part == []:
            out[key] = {}
        elif isinstance(part, list):
            out[key] = [p for p in part if p is not UNKNOWN]
        elif part is not UNKNOWN:
            out[key] = part
    return out
