"""Classes of which each is a tool: `name` and `description` overridden with text, parameters in a type argument."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from tree_sitter import Node

from catalog.extract.jvm import Shape, input_schema, knowledge
from catalog.extract.kotlin.project import File, child_of, declared_name, declared_nodes, members
from catalog.extract.kotlin.shapes import constructor_parameters, shape
from catalog.extract.kotlin.values import UNKNOWN, Scope, Values, value_node
from catalog.extract.syntax import line, named
from catalog.records import Gap, Location, Tool

_TYPE_ARGUMENT = re.compile(r"<\s*([\w.]+)")
_OTHER_FILES = (".kt", ".java", ".xml", ".kts")


def class_tools(values: Values, file: File) -> Iterator[Tool | Gap]:
    """The tool classes of one file. One that nothing else in the tree mentions is a gap: it may not be registered."""
    for declaration in declared_nodes(file.source.root):
        if declaration.type not in ("class_declaration", "object_declaration"):
            continue
        supertype = _tool_supertype(declaration, file)
        properties = {declared_name(p, file): p for p in members(declaration, "property_declaration")}
        if supertype is None or not {"name", "description"} <= properties.keys() or _is_abstract(declaration, file):
            continue
        name = values.property_value(properties["name"], Scope(file))
        place = Location(file.source.path, line(declaration))
        class_name = declared_name(declaration, file)
        if not isinstance(name, str):
            yield Gap(place.path, place.line, f"the name of the tool that {class_name} defines is not a constant")
        elif not _is_mentioned(values, class_name, file):
            yield Gap(place.path, place.line, f"{class_name} defines the tool {name}, but nothing registers the class")
        else:
            yield from _tool(values, file, declaration, properties, name, supertype)


def _tool(
    values: Values, file: File, declaration: Node, properties: dict[str, Node], name: str, supertype: str
) -> Iterator[Tool | Gap]:
    place = Location(file.source.path, line(declaration))
    description = values.property_value(properties["description"], Scope(file))
    if not isinstance(description, str):
        yield Gap(place.path, place.line, f"the description of {name} is not a constant")
        stated = value_node(properties["description"])
        description = values.text_with_holes(stated, Scope(file)) if stated is not None else None
    schema: object = _schema_of_arguments(values, supertype, file)
    for own in ("inputSchema", "parameters", "schema"):
        if own in properties:
            schema = values.property_value(properties[own], Scope(file))
            if not isinstance(schema, dict):
                yield Gap(place.path, place.line, f"the input schema of {name} could not be resolved")
    title = values.property_value(properties["title"], Scope(file)) if "title" in properties else UNKNOWN
    yield Tool(
        name,
        title=title if isinstance(title, str) else None,
        description=description if isinstance(description, str) else None,
        input_schema=schema if isinstance(schema, dict) else None,
        location=place,
        extractor="kotlin tool class",
        handler=place,
    )


def _schema_of_arguments(values: Values, supertype: str, file: File) -> dict[str, object] | None:
    match = _TYPE_ARGUMENT.search(supertype)
    if match is None:
        return None
    for found, node in values.project.declarations("type", match[1].rpartition(".")[2], file):
        parameters = [p for p, _ in constructor_parameters(values, node, found)]
        return dict(input_schema(parameters, partial(_shape_near, values, found)))
    return {"type": "object", "properties": {}}


def _shape_near(values: Values, near: File, name: str) -> Shape | None:
    return shape(values, name, near)


def _tool_supertype(declaration: Node, file: File) -> str | None:
    """The text of the first supertype whose name says that it is a tool."""
    for specifier in named(child_of(declaration, "delegation_specifiers")):
        text = file.text(specifier)
        name = re.match(r"[\w.]+", text)
        if name and name[0].endswith(knowledge().tool_class_endings):
            return text
    return None


def _is_abstract(declaration: Node, file: File) -> bool:
    modifiers = file.text(child_of(declaration, "modifiers")).split()
    return "abstract" in modifiers or any(c.type == "interface" for c in declaration.children)


def _is_mentioned(values: Values, class_name: str, file: File) -> bool:
    """Whether anything but the class's own declaration and imports names it."""
    pattern = re.compile(rf"(?<!class )(?<!object )\b{re.escape(class_name)}\b(?!\s*::class\.java\.name)")
    tree = values.project.tree
    own = file.source.path
    for path in (own, *(p for p in tree.paths(*_OTHER_FILES) if p != own)):
        text = tree.read_text(path)
        if class_name in text and any(not _is_import(text, m.start()) for m in pattern.finditer(text)):
            return True
    return False


def _is_import(text: str, position: int) -> bool:
    return text[text.rfind("\n", 0, position) + 1 : position].lstrip().startswith(("import ", "package ", "//", "*"))
