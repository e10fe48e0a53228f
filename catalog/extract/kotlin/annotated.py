"""Functions that an annotation makes tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from catalog.extract.jvm import Framework, framework_of, input_schema, is_injected, knowledge
from catalog.extract.kotlin.project import TYPE_DECLARATIONS, File, annotations_of, declared_name, declared_nodes
from catalog.extract.kotlin.shapes import function_parameters, shape
from catalog.extract.kotlin.values import UNKNOWN, Scope, Values
from catalog.extract.syntax import enclosing, line
from catalog.records import Gap, Location, Tool

_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


def annotated_tools(values: Values, file: File, frameworks: Sequence[Framework]) -> Iterator[Tool | Gap]:
    """The tools that one file's annotated functions are, and a gap for each part that is not constant."""
    for function in declared_nodes(file.source.root):
        if function.type != "function_declaration":
            continue
        for name, arguments in annotations_of(function, file):
            framework = framework_of(name, file.imports, frameworks)
            if framework:
                yield from _tool(values, file, function, arguments, framework)


def _tool(
    values: Values, file: File, function: Node, arguments: Node | None, framework: Framework
) -> Iterator[Tool | Gap]:
    said = _said(values, file, arguments, framework.value_is)
    place = Location(file.source.path, line(function))
    name = said.get("name") or declared_name(function, file)
    if not isinstance(name, str):
        yield Gap(place.path, place.line, f"the name of the tool at {declared_name(function, file)} is not a constant")
        return
    for other, beside in annotations_of(function, file):
        if framework.described_by and other.rpartition(".")[2] == framework.described_by:
            said["description"] = _said(values, file, beside, "description").get("description")
    description = said.get("description")
    if description is UNKNOWN:
        yield Gap(place.path, place.line, f"the description of {name} is not a constant")
    parameters = [p for p, seen in function_parameters(values, function, file) if not is_injected(p.type, seen)]
    title = said.get("title")
    hints = said.get("annotations")
    yield Tool(
        name,
        title=title if isinstance(title, str) and title else None,
        description=description if isinstance(description, str) and description else framework.blank_description(name),
        input_schema=input_schema(parameters, lambda type_name: shape(values, type_name, file)),
        annotations={k: hints[k] for k in _HINTS if isinstance(hints.get(k), bool)} if isinstance(hints, dict) else {},
        location=place,
        extractor=f"kotlin {framework.name}",
        conditional=_condition(function, file),
        handler=place,
    )


def _said(values: Values, file: File, arguments: Node | None, value_is: str | None) -> dict[str, object]:
    if arguments is None:
        return {}
    positional, by_name = values.arguments(arguments, Scope(file))
    return {value_is or "value": positional[0], **by_name} if positional else by_name


def _condition(function: Node, file: File) -> str | None:
    owner = enclosing(function, *TYPE_DECLARATIONS)
    for node in (function, *([owner] if owner is not None else [])):
        for name, arguments in annotations_of(node, file):
            if name.rpartition(".")[2] in knowledge().condition_annotations:
                return f"@{name}{' '.join(file.text(arguments).split())}"[:300]
    return None
