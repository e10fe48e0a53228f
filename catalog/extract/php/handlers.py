"""PHP handlers made tools by an attribute, or registered under a name by a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tree_sitter import Node

from catalog.extract.php.project import GRAMMAR, UNKNOWN, File, argument_nodes, attributes, members
from catalog.extract.php.schemas import Schemas, doc_comment, doc_summary
from catalog.extract.syntax import captures, line, named
from catalog.records import Gap, Location, Tool

_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title")


def attributed_tools(schemas: Schemas, file: File, said: Mapping[str, Sequence[str]]) -> Iterator[Tool | Gap]:
    """The methods and invokable classes of one file that an attribute makes tools."""
    for declaration in file.classes.values():
        for member in (declaration, *members(declaration, "method_declaration")):
            for attribute, held in attributes(member, file):
                if attribute in said["tool"]:
                    _, by_name = schemas.project.arguments(held, file)
                    order = ("name", "description", "annotations")
                    values, _ = schemas.project.arguments(held, file)
                    stated = dict(zip(order, values, strict=False)) | by_name
                    yield from _tool(schemas, file, member, stated, tuple(said["parameter"]))


def registered_tools(schemas: Schemas, file: File, calls: Mapping[str, Sequence[str]]) -> Iterator[Tool | Gap]:
    """The handlers that one file registers by calls such as `->addTool([Class::class, 'method'], name: '…')`."""
    for call in captures(file.source.root, "(member_call_expression) @c", *GRAMMAR).get("c", []):
        order = calls.get(file.field_text(call, "name"))
        arguments = argument_nodes(call)
        if order is None or not arguments:
            continue
        values, by_name = schemas.project.arguments(call, file)
        handler = by_name.pop("handler", values[0] if values else UNKNOWN)
        stated = dict(zip(order, values[1:], strict=False)) | by_name
        node = _closure(arguments[0]) or _method(schemas, file, handler)
        if node is not None:
            yield from _tool(schemas, node[0] or file, node[1], stated, ("Schema",), call, file)
        elif isinstance(stated.get("name"), str):
            yield from _tool(schemas, file, None, stated, (), call, file)
        else:
            yield Gap(file.source.path, line(call), "a tool is registered here whose name could not be resolved")


def _closure(argument: Node) -> tuple[File | None, Node] | None:
    value = named(argument)[-1] if named(argument) else None
    is_closure = value is not None and value.type in ("anonymous_function", "arrow_function")
    return (None, value) if is_closure and value is not None else None


def _method(schemas: Schemas, file: File, handler: object) -> tuple[File | None, Node] | None:
    class_name, method = (handler, "__invoke") if isinstance(handler, str) else (None, None)
    if isinstance(handler, list) and len(handler) == 2:
        class_name, method = handler
    found = schemas.project.find_class(class_name, file) if isinstance(class_name, str) else None
    for member in members(found[1], "method_declaration") if found else ():
        if found and found[0].field_text(member, "name") == method:
            return found[0], member
    return None


def _tool(
    schemas: Schemas,
    file: File,
    node: Node | None,
    stated: dict[str, object],
    parameter_attributes: tuple[str, ...],
    call: Node | None = None,
    call_file: File | None = None,
) -> Iterator[Tool | Gap]:
    at_file, at = (call_file or file, call) if call is not None else (file, node)
    assert at is not None
    place = Location(at_file.source.path, line(at))
    name = stated.get("name")
    name = name if name is not None else (_default_name(file, node) if node is not None else None)
    if not isinstance(name, str) or not name:
        yield Gap(place.path, place.line, "a tool is registered here whose name could not be resolved")
        return
    description = stated.get("description")
    if description is UNKNOWN:
        yield Gap(place.path, place.line, f"the description of {name} could not be resolved")
    function = _function(file, node) if node is not None else None
    if description is None and function is not None:
        description = doc_summary(doc_comment(function, file))
    schema = stated.get("inputSchema")
    if not isinstance(schema, dict) and function is not None:
        schema = schemas.of_signature(function, file, parameter_attributes)
    hints = stated.get("annotations")
    yield Tool(
        name,
        title=str(stated["title"]) if isinstance(stated.get("title"), str) else None,
        description=description if isinstance(description, str) else None,
        input_schema=schema if isinstance(schema, dict) else None,
        annotations={k: v for k, v in hints.items() if k in _HINTS and isinstance(v, (bool, str))}
        if isinstance(hints, dict)
        else {},
        location=place,
        extractor="php handler",
        handler=Location(file.source.path, line(function)) if function is not None else None,
    )


def _default_name(file: File, node: Node) -> str | None:
    """The method's name; for an invokable class or its method, the class's."""
    name = file.field_text(node, "name")
    if name != "__invoke":
        return name or None
    owner = next((c for c in file.classes.values() if node in list(members(c, "method_declaration"))), None)
    return file.field_text(owner, "name") if owner is not None else None


def _function(file: File, node: Node) -> Node | None:
    if node.type != "class_declaration":
        return node
    methods = (m for m in members(node, "method_declaration") if file.field_text(m, "name") == "__invoke")
    return next(methods, None)
