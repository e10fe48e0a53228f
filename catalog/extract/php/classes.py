"""PHP classes of which each is a tool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tree_sitter import Node

from catalog.extract.php.project import UNKNOWN, File, attributes, members, returned, supertypes
from catalog.extract.php.schemas import Schemas
from catalog.extract.syntax import line, named
from catalog.records import Gap, Location, Tool

_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title")
_MOST_LEVELS = 8


def class_tools(
    schemas: Schemas, files: Sequence[File], said: Mapping[str, Any], hints: Mapping[str, str]
) -> Iterator[Tool | Gap]:
    """The tool classes of the files. Where servers name their tool classes, one that none names is a gap."""
    found = [(f, c) for f in files for c in f.classes.values() if _is_tool(schemas, f, c, said)]
    named_classes = _named_somewhere(schemas, {f.field_text(c, "name") for f, c in found})
    for file, declaration in found:
        name = file.field_text(declaration, "name")
        if named_classes and name not in named_classes:
            yield Gap(
                file.source.path, line(declaration), f"the tool class {name} is not registered by any server seen"
            )
        else:
            yield from _tool(schemas, file, declaration, said, hints)


def _is_tool(schemas: Schemas, file: File, declaration: Node, said: Mapping[str, Any]) -> bool:
    if declaration.type != "class_declaration" or any(c.type == "abstract_modifier" for c in declaration.children):
        return False
    return _base(schemas, file, declaration, said) is not None


def _base(schemas: Schemas, file: File, declaration: Node, said: Mapping[str, Any]) -> str | None:
    """The full name of the tool class or interface outside the tree that a class stands on, directly or not."""
    current: tuple[File, Node] | None = (file, declaration)
    for _ in range(_MOST_LEVELS):
        if current is None:
            return None
        at, node = current
        following = None
        for name in supertypes(node, at):
            full = at.uses.get(name.rpartition("\\")[2], name)
            inside = (
                schemas.project.find_class(name, at)
                if name.rpartition("\\")[2] in at.uses or "\\" not in name
                else None
            )
            if inside is not None and inside[1] is not node and inside[1].type == "class_declaration":
                following = inside
            elif full.rpartition("\\")[2] in said["supertypes"]:
                return full
        current = following
    return None


def _named_somewhere(schemas: Schemas, names: set[str]) -> set[str]:
    """The class names that any file gives as `X::class` or makes with `new X`."""
    seen: set[str] = set()
    for path in schemas.project.tree.paths(".php"):
        text = schemas.project.tree.read_text(path)
        seen |= {m[1] or m[2] for m in _NAMED.finditer(text)} & names
    return seen


_NAMED = re.compile(r"\b(\w+)::class\b|\bnew\s+\\?(?:\w+\\)*(\w+)\s*\(")


def _tool(
    schemas: Schemas, file: File, declaration: Node, said: Mapping[str, Any], hints: Mapping[str, str]
) -> Iterator[Tool | Gap]:
    place = Location(file.source.path, line(declaration))
    class_name = file.field_text(declaration, "name")
    by_class = _base(schemas, file, declaration, said) in said["named_by_class"]
    stated = {part: _stated(schemas, file, declaration, said[part]) for part in ("name", "title", "description")}
    name = stated["name"] if stated["name"] is not None else (_kebab(class_name) if by_class else None)
    if not isinstance(name, str) or not name:
        yield Gap(place.path, place.line, f"the name of the tool that {class_name} defines could not be resolved")
        return
    for part, value in stated.items():
        if value is UNKNOWN:
            yield Gap(place.path, place.line, f"the {part} of {name} could not be resolved")
    title, description = stated["title"], stated["description"]
    schema, understood = _schema(schemas, file, declaration, said["schema"])
    if not understood:
        yield Gap(place.path, place.line, f"the input schema of {name} could not be resolved")
    condition = _method(schemas, file, declaration, said["registers_itself"])
    yield Tool(
        name,
        title=title if isinstance(title, str) else (_headline(class_name) if by_class and title is None else None),
        description=description if isinstance(description, str) else None,
        input_schema=schema,
        annotations=_annotations(schemas, file, declaration, said["annotations"], hints),
        location=place,
        extractor="php tool class",
        conditional=_text_of_return(*condition) if condition else None,
        handler=_handler(file, declaration) or place,
    )


def _stated(schemas: Schemas, file: File, declaration: Node, names: Sequence[str]) -> object:
    """What a class, or one it extends, gives by attribute, property or method of one of the names; None for nothing."""
    project = schemas.project
    current: tuple[File, Node] | None = (file, declaration)
    for _ in range(_MOST_LEVELS):
        if current is None:
            return None
        at, node = current
        for attribute, held in attributes(node, at):
            if attribute.lower() in names:
                values, by_name = project.arguments(held, at)
                return next(iter((*values, *by_name.values())), UNKNOWN)
        for member in members(node, "property_declaration", "method_declaration"):
            if member.type == "method_declaration" and at.field_text(member, "name") in names:
                return _returned_value(schemas, member, at, names)
            for element in (e for e in named(member) if e.type == "property_element"):
                if at.field_text(element, "name").lstrip("$") in names:
                    default = element.child_by_field_name("default_value")
                    return project.evaluate(default, at) if default is not None else None
        above = supertypes(node, at)
        current = project.find_class(above[0], at) if above else None
        current = current if current and current[1] is not node else None
    return None


def _returned_value(schemas: Schemas, method: Node, file: File, names: Sequence[str]) -> object:
    value = returned(method)
    if value is not None and value.type == "member_access_expression":
        return None
    return schemas.project.evaluate(value, file)


def _method(schemas: Schemas, file: File, declaration: Node, names: Sequence[str]) -> tuple[Node, File] | None:
    current: tuple[File, Node] | None = (file, declaration)
    for _ in range(_MOST_LEVELS):
        if current is None:
            return None
        at, node = current
        for member in members(node, "method_declaration"):
            if at.field_text(member, "name") in names:
                return member, at
        above = supertypes(node, at)
        current = schemas.project.find_class(above[0], at) if above else None
        current = current if current and current[1] is not node else None
    return None


def _schema(
    schemas: Schemas, file: File, declaration: Node, names: Sequence[str]
) -> tuple[dict[str, Any] | None, bool]:
    found = _method(schemas, file, declaration, names)
    if found is None:
        return {"type": "object", "properties": {}}, True
    schema = schemas.of_method(*found)
    return schema, schema is not None


def _annotations(
    schemas: Schemas, file: File, declaration: Node, names: Sequence[str], hints: Mapping[str, str]
) -> dict[str, Any]:
    declared: dict[str, Any] = {}
    for attribute, held in attributes(declaration, file):
        if attribute in hints:
            values, by_name = schemas.project.arguments(held, file)
            value = next(iter((*values, *by_name.values())), True)
            declared[hints[attribute]] = value if isinstance(value, bool) else True
    stated = _stated(schemas, file, declaration, names)
    if isinstance(stated, dict):
        declared |= {k: v for k, v in stated.items() if k in _HINTS and isinstance(v, (bool, str))}
    return declared


def _handler(file: File, declaration: Node) -> Location | None:
    for member in members(declaration, "method_declaration"):
        if file.field_text(member, "name") in ("handle", "execute", "__invoke", "call"):
            return Location(file.source.path, line(member))
    return None


def _text_of_return(method: Node, file: File) -> str:
    value = returned(method)
    return " ".join(file.text(value if value is not None else method).split())[:300]


def _kebab(class_name: str) -> str:
    """As Laravel's `Str::kebab`: a hyphen before every capital but the first, all in lower case."""
    return re.sub(r"(.)(?=[A-Z])", r"\1-", class_name).lower() if not class_name.islower() else class_name


def _headline(class_name: str) -> str:
    """As Laravel's `Str::headline`: the words of the class's name."""
    words = re.findall(r"[A-Z][^A-Z_]*|[^A-Z_]+", class_name)
    return " ".join(word[0].upper() + word[1:] for word in words)
