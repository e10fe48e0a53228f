"""Functions around a registration that share a name: which of them a call means, and what its type argument says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from tree_sitter import Node

from catalog.extract.jvm import Shape, input_schema
from catalog.extract.kotlin.project import File, child_of, declared_name
from catalog.extract.kotlin.shapes import constructor_parameters, shape
from catalog.extract.kotlin.values import Values
from catalog.extract.syntax import ancestors, named

_CLASS_NAME = re.compile(r"^(\w+)::class\.(?:java\.)?simpleName\b\s*(?:!!|\?)?(?:\.(\w+)\(\))?")
_CLASS = re.compile(r"^(\w+)::class\b")
_WORD_START = re.compile(r"([a-z0-9])([A-Z])")
_TWO_CAPITALS = re.compile(r"[A-Z]{2}")


def takes(function: Node, file: File, given: int, by_name: Mapping[str, object]) -> bool:
    """Whether the function can be called with that many arguments by position, a trailing block among them."""
    names: list[str] = []
    optional: set[str] = set()
    for child in named(child_of(function, "function_value_parameters")):
        if child.type == "parameter":
            names.append(file.text(child_of(child, "identifier")))
        elif names and child.type != "parameter_modifiers":
            optional.add(names[-1])
    needed = [n for n in names if n not in optional and n not in by_name]
    return len(needed) <= given <= len(names) - len(by_name.keys() & set(names))


def type_parameters(function: Node, file: File) -> list[str]:
    """The names of a function's type parameters, in order."""
    return [file.text(child_of(p, "identifier")) for p in named(child_of(function, "type_parameters"))]


def type_bindings(function: Node, file: File, call: Node, call_file: File) -> dict[str, str] | None:
    """The function's type parameters and what the call gives for them; None when it takes other type arguments.

    A call may leave its type arguments out: they are then not known.
    """
    parameters = type_parameters(function, file)
    arguments = [call_file.text(a) for a in named(child_of(call, "type_arguments"))]
    if arguments and len(arguments) != len(parameters):
        return None
    return dict(zip(parameters, arguments, strict=False))


def typed_parts(
    values: Values, file: File, registration: Node, types: Mapping[str, str], near: File
) -> dict[str, object]:
    """The name and the input schema that a registration makes of a type argument: `T::class.simpleName`, `T::class`."""
    out: dict[str, object] = {}
    for argument in named(child_of(registration, "value_arguments")):
        parts = named(argument)
        if len(parts) != 2 or parts[0].type != "identifier":
            continue
        key, text = file.text(parts[0]), _initialiser(parts[1], file)
        if key == "name" and (match := _CLASS_NAME.match(text)) and match[1] in types:
            name = _converted(types[match[1]], match[2])
            out |= {"name": name} if name else {}
        elif key == "inputSchema" and (match := _CLASS.match(text)) and match[1] in types:
            schema = _schema(values, types[match[1]], near)
            out |= {"inputSchema": schema} if schema else {}
    return out


def _initialiser(value: Node, file: File) -> str:
    """The text of an expression; of what a local name was set to."""
    if value.type == "identifier":
        for above in ancestors(value):
            for node in named(above) if above.type == "block" else ():
                if node.type == "property_declaration" and declared_name(node, file) == file.text(value):
                    return file.text(named(node)[-1])
    return file.text(value)


def _converted(class_name: str, conversion: str | None) -> str | None:
    """The class's name as the function of that name spells it; None where that cannot be told."""
    if conversion is None:
        return class_name
    words = _WORD_START.sub(r"\1_\2", class_name).lower()
    is_plain = _TWO_CAPITALS.search(class_name) is None  # conversions differ on acronyms
    if is_plain and "snake" in conversion.lower():
        return words
    if is_plain and "kebab" in conversion.lower():
        return words.replace("_", "-")
    return class_name.lower() if conversion == "lowercase" else None


def _schema(values: Values, class_name: str, near: File) -> dict[str, object] | None:
    for found, node in values.project.declarations("type", class_name, near):
        parameters = [p for p, _ in constructor_parameters(values, node, found)]
        return dict(input_schema(parameters, partial(_shape_near, values, found)))
    return None


def _shape_near(values: Values, near: File, name: str) -> Shape | None:
    return shape(values, name, near)
