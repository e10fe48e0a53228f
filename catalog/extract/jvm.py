"""What Java and Kotlin share: the frameworks' annotations, and types of the two languages as JSON Schema."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from catalog.extract.manifest import dependency_names, manifest_kind
from catalog.extract.tree import SourceTree
from classifier.resources import data_path

Schema = dict[str, Any]
_DEEPEST_TYPE = 6
_FRACTIONAL = re.compile(r"-?\d+(?:\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Framework:
    """An annotation that makes a method a tool, the one for its parameters, and when it counts."""

    name: str
    packages: tuple[str, ...]
    tool: str
    parameter: str
    value_is: str | None = None
    only_beside: tuple[str, ...] = ()
    registered_through: tuple[str, ...] = ()
    name_describes: bool = False
    described_by: str | None = None

    def blank_description(self, name: str) -> str | None:
        """What the framework sends as the description of a tool that has none."""
        return name if self.name_describes else None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter or field. `type` is its type as written; `required` None leaves it to the type and the default."""

    name: str
    type: str
    description: str | None = None
    required: bool | None = None
    default: object = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A type of the project: an enum's names, or an object's fields."""

    constants: tuple[str, ...] | None = None
    fields: tuple[Parameter, ...] = ()
    description: str | None = None


Lookup = Callable[[str], Shape | None]


@dataclass(frozen=True, slots=True)
class _Knowledge:
    frameworks: tuple[Framework, ...]
    injected_types: frozenset[str]
    injecting_annotations: frozenset[str]
    condition_annotations: frozenset[str]
    types: Mapping[str, str]
    arrays: Mapping[str, str]
    tool_class_endings: tuple[str, ...]


@cache
def knowledge() -> _Knowledge:
    """The tables of `data/extract/jvm.toml`."""
    said = tomllib.loads(data_path("extract", "jvm.toml").read_text(encoding="utf-8"))
    frameworks = tuple(
        Framework(
            name=entry["framework"],
            packages=tuple(entry["packages"]),
            tool=entry["tool"],
            parameter=entry["parameter"],
            value_is=entry.get("value_is"),
            only_beside=tuple(entry.get("only_beside", ())),
            registered_through=tuple(entry.get("registered_through", ())),
            name_describes=entry.get("name_describes", False),
            described_by=entry.get("described_by"),
        )
        for entry in said["annotation"]
    )
    return _Knowledge(
        frameworks,
        frozenset(said["injected"]["types"]),
        frozenset(said["injected"]["annotations"]),
        frozenset(said["conditions"]["annotations"]),
        {name: kind for kind, names in said["types"].items() for name in names},
        {name: kind for kind, names in said["arrays"].items() for name in names},
        tuple(said["tool_class"]["endings"]),
    )


def present_frameworks(tree: SourceTree) -> tuple[Framework, ...]:
    """The frameworks whose annotations make MCP tools in this tree, by its manifests where that matters.

    A tree without any manifest that names dependencies is given the benefit of the doubt.
    """
    named = {
        name for path in tree.sizes if manifest_kind(path) in _BUILD_FILES for name in dependency_names(tree, path)
    }
    return tuple(
        f
        for f in knowledge().frameworks
        if not f.only_beside or not named or any(fnmatchcase(n, pattern) for pattern in f.only_beside for n in named)
    )


_BUILD_FILES = ("pom.xml", "build.gradle")


def framework_of(annotation: str, imports: Iterable[str], frameworks: Sequence[Framework]) -> Framework | None:
    """The framework that an annotation belongs to, by its name as written and the file's imports."""
    qualifier, _, short = annotation.rpartition(".")
    for framework in frameworks:
        if short != framework.tool:
            continue
        for name in [qualifier + "."] if qualifier else imports:
            package, _, last = name.rpartition(".")
            if last in (short, "*", "") and package.startswith(framework.packages):
                return framework
    return None


def input_schema(parameters: Iterable[Parameter], lookup: Lookup) -> Schema:
    """The schema of a tool with these parameters. What the framework injects must be left out before."""
    return _object_schema(parameters, lookup, 0)


def is_injected(type_text: str, annotations: Iterable[str]) -> bool:
    """Whether the framework fills the parameter in, by its type or its annotations."""
    known = knowledge()
    name, _ = _split(type_text)
    return name in known.injected_types or not known.injecting_annotations.isdisjoint(annotations)


def type_schema(type_text: str, lookup: Lookup, depth: int = 0) -> Schema:
    """The JSON Schema of a type as written; `{}` for one that says nothing, an object for one not in the tree."""
    name, arguments = _split(type_text)
    known = knowledge()
    if depth > _DEEPEST_TYPE:
        return {}
    if name.endswith("[]"):
        return {"type": "array", "items": type_schema(name[:-2], lookup, depth + 1)}
    if name in known.arrays:
        return {"type": "array", "items": {"type": known.arrays[name]}}
    kind = known.types.get(name)
    if kind == "wrapper":
        return type_schema(arguments[0], lookup, depth + 1) if arguments else {}
    if kind == "array":
        return (
            {"type": "array", "items": type_schema(arguments[0], lookup, depth + 1)} if arguments else {"type": "array"}
        )
    if kind == "any":
        return {}
    if kind:
        return {"type": kind}
    return _shape_schema(lookup(name), lookup, depth)


def is_optional_type(type_text: str) -> bool:
    """Whether the type itself says that a value may be missing."""
    return type_text.strip().endswith("?") or _split(type_text)[0].startswith("Optional")


def _shape_schema(shape: Shape | None, lookup: Lookup, depth: int) -> Schema:
    if shape is None:
        return {"type": "object"}
    if shape.constants is not None:
        return {"type": "string", "enum": list(shape.constants)}
    schema = _object_schema(shape.fields, lookup, depth + 1)
    return {**schema, "description": shape.description} if shape.description else schema


def _object_schema(parameters: Iterable[Parameter], lookup: Lookup, depth: int) -> Schema:
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for parameter in parameters:
        schema = type_schema(parameter.type, lookup, depth)
        if parameter.description:
            schema["description"] = parameter.description
        if parameter.default is not None:
            schema["default"] = _typed_default(parameter.default, schema.get("type"))
        properties[parameter.name] = schema
        optional = is_optional_type(parameter.type) or parameter.default is not None
        if parameter.required if parameter.required is not None and not optional else not optional:
            required.append(parameter.name)
    schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _typed_default(value: object, kind: object) -> object:
    """A default that an annotation gives as text, in the type of the parameter."""
    if not isinstance(value, str):
        return value
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "integer" and _FRACTIONAL.match(value):
        return int(float(value))
    return float(value) if kind == "number" and _FRACTIONAL.match(value) else value


_TYPE_NOISE = re.compile(r"@[\w.]+(?:\([^)]*\))?\s*|\bfinal\s+|\?\s*(?:extends|super)\s+|\b(?:in|out)\s+|\bvararg\s+")


def _split(type_text: str) -> tuple[str, list[str]]:
    """A generic type's short name and its arguments: `java.util.Map<String, List<X>>` is `Map`, `[String, List<X>]`."""
    text = _TYPE_NOISE.sub("", type_text[:500]).strip().rstrip("?").strip()
    if text.endswith("..."):
        text = text[:-3].strip() + "[]"
    array = "[]" * text.count("[]") if text.endswith("]") else ""
    text = text.removesuffix(array).strip()
    if array:
        return f"{text}{array}" if "<" not in text else "Object[]", []
    base, bracket, rest = text.partition("<")
    arguments = _split_arguments(rest.rpartition(">")[0]) if bracket else []
    return base.strip().rpartition(".")[2], arguments


def _split_arguments(text: str) -> list[str]:
    arguments, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            arguments.append(text[start:i].strip())
            start = i + 1
    return [*arguments, text[start:].strip()]
