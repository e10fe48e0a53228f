"""Kotlin classes as parameters: data classes, enums, and the parameters of functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from catalog.extract.jvm import Parameter, Shape
from catalog.extract.kotlin.project import File, annotations_of, child_of, members
from catalog.extract.kotlin.values import UNKNOWN, Scope, Values
from catalog.extract.syntax import named

_TYPES = ("user_type", "nullable_type", "function_type", "parenthesized_type")
_DESCRIBING = (
    "Description",
    "LLMDescription",
    "JsonPropertyDescription",
    "Schema",
    "ToolParam",
    "McpToolParam",
    "ToolArg",
)
_NAMING = ("SerialName", "JsonProperty", "Json")


def shape(values: Values, name: str, near: File) -> Shape | None:
    """A type of the project as the schema shows it: an enum's entries or a class's constructor parameters."""
    for file, node in values.project.declarations("type", name, near):
        entries = [file.text(child_of(e, "identifier")) for e in members(node, "enum_entry")]
        if entries:
            return Shape(constants=tuple(entries))
        return Shape(fields=tuple(p for p, _ in constructor_parameters(values, node, file)))
    return None


def constructor_parameters(
    values: Values, declaration: Node, file: File
) -> Iterator[tuple[Parameter, tuple[str, ...]]]:
    """The parameters of a class's primary constructor, each with the names of its annotations."""
    for node in named(child_of(child_of(declaration, "primary_constructor"), "class_parameters")):
        yield parameter(values, node, file, has_default=any(c.type == "=" for c in node.children))


def function_parameters(values: Values, function: Node, file: File) -> Iterator[tuple[Parameter, tuple[str, ...]]]:
    """The parameters of a function, each with the names of its annotations."""
    modifiers: Node | None = None
    held: tuple[Parameter, tuple[str, ...]] | None = None
    for node in child_of(function, "function_value_parameters").children if function else ():  # type: ignore[union-attr]
        if node.type == "parameter_modifiers":
            modifiers = node
        elif node.type == "parameter":
            if held:
                yield held
            held = parameter(values, node, file, modifiers)
            modifiers = None
        elif node.type == "=" and held:
            held = (replace(held[0], required=False), held[1])
    if held:
        yield held


def parameter(
    values: Values, node: Node, file: File, modifiers: Node | None = None, has_default: bool = False
) -> tuple[Parameter, tuple[str, ...]]:
    """One parameter, with what its annotations say of it, and their names."""
    name = file.text(child_of(node, "identifier"))
    required: bool | None = False if has_default else None
    description: str | None = None
    default: object = None
    seen: list[str] = []
    for annotation, arguments in _annotations(node, modifiers, file):
        seen.append(annotation)
        positional, by_name = values.arguments(arguments, Scope(file)) if arguments is not None else ([], {})
        if annotation in _NAMING and positional and isinstance(positional[0], str):
            name = positional[0]
        if annotation in _DESCRIBING or annotation.endswith(("Description", "Param", "Arg")):
            stated = by_name.get("description", by_name.get("value", positional[0] if positional else None))
            description = stated if isinstance(stated, str) and stated else description
            if isinstance(by_name.get("required"), bool):
                required = by_name["required"] is True
            if isinstance(by_name.get("name"), str) and by_name["name"]:
                name = str(by_name["name"])
            default = by_name.get("defaultValue") if by_name.get("defaultValue") is not UNKNOWN else None
    type_text = file.text(child_of(node, *_TYPES))
    return Parameter(name, type_text, description, required, default or None), tuple(seen)


def _annotations(node: Node, modifiers: Node | None, file: File) -> Iterator[tuple[str, Node | None]]:
    found = list(annotations_of(node, file))
    if modifiers is not None:
        for annotation in (c for c in modifiers.named_children if c.type == "annotation"):
            call = child_of(annotation, "constructor_invocation")
            holder = call if call is not None else annotation
            found.append((file.text(child_of(holder, "user_type")), child_of(holder, "value_arguments")))
    for name, arguments in found:
        yield name.rpartition(".")[2], arguments
