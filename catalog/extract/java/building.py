"""Tools that code builds with the official SDK: `new Tool(...)`, `Tool.builder()`, methods and classes around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from catalog.extract.java.calls import Instance, ToolParts, parameter_names, schema_of
from catalog.extract.java.project import TYPE_DECLARATIONS, File, Project
from catalog.extract.java.scope import UNKNOWN, Scope
from catalog.extract.java.values import Values, supertypes
from catalog.extract.syntax import enclosing, line, named
from catalog.records import Gap, Location, Tool

SHOWN = re.compile(r"\bnew\s+(?:McpSchema\s*\.\s*)?Tool\s*\(|\bTool\s*\.\s*builder\s*\(")
_PLACE = re.compile(rb"\bnew\s+(?:McpSchema\s*\.\s*)?(Tool)\s*\(|\bTool\s*\.\s*(builder)\s*\(")
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title")
_DEEPEST_WRAPPER = 3
_MOST_SUBCLASSES = 400


def built_tools(values: Values, file: File) -> Iterator[Tool | Gap]:
    """The tools that one file's code builds; a method or class around a tool is followed to its calls or subclasses."""
    if not any("modelcontextprotocol" in i or ".mcp" in i for i in file.imports):
        return
    for match in _PLACE.finditer(file.source.raw):
        group = 1 if match[1] else 2
        node = file.source.root.named_descendant_for_byte_range(*match.span(group))
        expression = _whole(node)
        if expression is not None:
            yield from _resolve(values, file, expression)


def _whole(node: Node | None) -> Node | None:
    """The whole expression around the place: the construction, or the builder's chain to its end."""
    while node is not None and node.type not in ("object_creation_expression", "method_invocation"):
        node = node.parent
    while node is not None and node.type == "method_invocation":
        above = node.parent
        if above is None or above.type != "method_invocation" or above.child_by_field_name("object") != node:
            break
        node = above
    return node


def _resolve(values: Values, file: File, expression: Node) -> Iterator[Tool | Gap]:
    owner = enclosing(expression, *TYPE_DECLARATIONS)
    parts = values.evaluate(expression, Scope(file, owner))
    place = Location(file.source.path, line(expression))
    if isinstance(parts, ToolParts) and isinstance(parts.get("name"), str):
        yield from _tool(parts, place, _condition(expression, file))
        return
    followed = list(_from_subclasses(values, file, expression, owner))
    followed = followed or list(_from_calls(values, file, expression, 0))
    yield from followed or [Gap(place.path, place.line, "a tool is built here under a name that could not be resolved")]


def _from_calls(values: Values, file: File, expression: Node, depth: int) -> Iterator[Tool | Gap]:
    """The tools that the calls of the method around the expression make."""
    method = enclosing(expression, "method_declaration")
    names = parameter_names(method, file) if method is not None else []
    if method is None or not names or depth >= _DEEPEST_WRAPPER:
        return
    name = file.field_text(method, "name")
    owner = enclosing(expression, *TYPE_DECLARATIONS)
    for caller_file, call in _calls(values.project, name):
        arguments = named(call.child_by_field_name("arguments"))
        if len(arguments) != len(names):
            continue
        caller_scope = Scope(caller_file, enclosing(call, *TYPE_DECLARATIONS))
        bound = dict(zip(names, [values.evaluate(a, caller_scope) for a in arguments], strict=True))
        parts = values.evaluate(expression, Scope(file, owner, bound))
        place = Location(caller_file.source.path, line(call))
        if isinstance(parts, ToolParts) and isinstance(parts.get("name"), str):
            yield from _tool(parts, place, _condition(call, caller_file))
        else:
            yield Gap(place.path, place.line, f"{name} builds a tool under a name that could not be resolved")


def _calls(project: Project, name: str) -> Iterator[tuple[File, Node]]:
    pattern = re.compile(rf"\b{re.escape(name)}\s*\(")
    for path in project.tree.paths(".java"):
        file = project.file(path) if pattern.search(project.tree.read_text(path)) else None
        for node in file.source.nodes_at(re.compile(rb"\b" + re.escape(name).encode() + rb"(?=\s*\()")) if file else ():
            call = node.parent
            if file and call is not None and call.type == "method_invocation" and file.field_text(call, "name") == name:
                yield file, call


def _from_subclasses(values: Values, file: File, expression: Node, owner: Node | None) -> Iterator[Tool | Gap]:
    """The tools of the classes that extend the one around the expression, or that a parameter or variable can be."""
    if owner is None:
        return
    receivers = {""} | set(re.findall(r"\b([a-z]\w*)\s*\.\s*\w+\s*\(", file.text(expression)))
    types = {"": file.field_text(owner, "name")}
    for receiver in receivers - {""}:
        declared = _declared_type(receiver, expression, file)
        if declared:
            types[receiver] = declared
    for receiver, type_name in types.items():
        for found, declaration in _subclasses(values.project, type_name):
            instance = Instance(found, declaration)
            bound: dict[str, object] = {"this": instance} if not receiver else {receiver: instance}
            parts = values.evaluate(expression, Scope(file, owner, bound))
            if isinstance(parts, ToolParts) and isinstance(parts.get("name"), str):
                yield from _tool(parts, Location(found.source.path, line(declaration)), None)


def _subclasses(project: Project, name: str) -> Iterator[tuple[File, Node]]:
    """The types that extend or implement a type, directly or not, nearest first."""
    seen: set[tuple[str, int]] = set()
    names = [name]
    while names and len(seen) < _MOST_SUBCLASSES:
        above = names.pop(0)
        pattern = re.compile(rf"\b(?:extends|implements)\b[^{{]*\b{re.escape(above)}\b")
        for path in project.tree.paths(".java"):
            file = project.file(path) if pattern.search(project.tree.read_text(path)) else None
            for short, declaration in file.types.items() if file else ():
                if file is None or above not in {s.rpartition(".")[2] for s in supertypes(Scope(file, declaration))}:
                    continue
                if (path, declaration.start_byte) not in seen:
                    seen.add((path, declaration.start_byte))
                    names.append(short)
                    yield file, declaration


def _declared_type(name: str, place: Node, file: File) -> str | None:
    """The type of a parameter or loop variable around the place, as written without arguments."""
    method = enclosing(place, "method_declaration", "constructor_declaration")
    if method is None:
        return None
    text = file.text(method)
    match = re.search(rf"\b([A-Z]\w*)(?:<[^<>]*>)?\s+{re.escape(name)}\s*[:,)=]", text)
    return match[1] if match else None


def _tool(parts: ToolParts, place: Location, condition: str | None) -> Iterator[Tool | Gap]:
    name, description = parts["name"], parts.get("description")
    assert isinstance(name, str)
    schema = schema_of(parts.get("inputSchema"))
    if description is UNKNOWN:
        yield Gap(place.path, place.line, f"the description of {name} could not be resolved")
    if (schema is None and parts.get("inputSchema") is not None) or (schema and schema.get("properties") is UNKNOWN):
        yield Gap(place.path, place.line, f"the input schema of {name} could not be resolved")
    hints, title = parts.get("annotations"), parts.get("title")
    yield Tool(
        name,
        title=title if isinstance(title, str) else None,
        description=description if isinstance(description, str) else None,
        input_schema=_known(schema) if schema is not None else None,
        annotations={k: v for k, v in hints.items() if k in _HINTS and isinstance(v, (bool, str))}
        if isinstance(hints, dict)
        else {},
        location=place,
        extractor="java sdk",
        conditional=condition,
    )


def _known(value: dict[str, object]) -> dict[str, object]:
    """The mapping without the parts that are unknown; an unknown property stays as one of any type."""
    out: dict[str, object] = {}
    for key, part in value.items():
        if isinstance(part, dict):
            opened = {k: {} if v is UNKNOWN else v for k, v in part.items()} if key == "properties" else part
            out[key] = _known(opened)
        elif isinstance(part, list):
            out[key] = [_known(p) if isinstance(p, dict) else p for p in part if _is_plain(p)]
        elif _is_plain(part):
            out[key] = part
    return out


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (str, bool, int, float, dict, list))


def _condition(expression: Node, file: File) -> str | None:
    """The text of the nearest `if` around the expression within its method."""
    around = enclosing(expression, "if_statement", "method_declaration", "lambda_expression")
    if around is None or around.type != "if_statement":
        return None
    return " ".join(file.field_text(around, "condition")[1:-1].split())[:300] or None
