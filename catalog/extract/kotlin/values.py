"""The values of Kotlin expressions, as far as they can be known without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tree_sitter import Node

from catalog.extract.kotlin.project import TYPE_DECLARATIONS, File, Project, child_of, declared_name, members
from catalog.extract.syntax import ancestors, enclosing, named, unescape


class Unknown:
    """A value that reading cannot give."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
_DEEPEST = 40
_MOST_EVALUATED = 300_000
_TEMPLATE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([^{}]*)\})")
_PATH = re.compile(r"[\w.]+$")
_BLOCKS = ("block", "lambda_literal", "function_body", "source_file", "statements")


@dataclass(frozen=True, eq=False)
class Scope:
    """Where an expression stands, and the values that names are known to have there."""

    file: File
    bindings: Mapping[str, object] = field(default_factory=dict)


@dataclass(eq=False)
class Values:
    """Evaluation with a budget for the whole project: a value past it is unknown."""

    project: Project
    left: int = _MOST_EVALUATED
    _keep_holes: bool = False

    def text_with_holes(self, node: Node, scope: Scope) -> str | None:
        """A text of which parts are unknown, those parts left as they are written; None for no text."""
        self._keep_holes = True
        value = self.evaluate(node, scope)
        self._keep_holes = False
        return value if isinstance(value, str) else None

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> object:
        """A str, int, float, bool, None, list or dict; UNKNOWN for everything else."""
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            return UNKNOWN
        kind = node.type
        if kind in ("string_literal", "multiline_string_literal"):
            return self._string(node, scope, depth)
        if kind in ("number_literal", "float_literal"):
            return _number(scope.file.text(node))
        if kind in ("identifier", "simple_identifier"):
            return self._identifier(node, scope, depth)
        if kind == "binary_expression":
            return self._sum(node, scope, depth)
        if kind in ("parenthesized_expression", "annotated_lambda"):
            inner = named(node)
            return self.evaluate(inner[0], scope, depth + 1) if inner else UNKNOWN
        if kind == "navigation_expression":
            return self._path(scope.file.text(node).replace("?.", "."), node, scope, depth)
        if kind == "call_expression":
            return self._call(node, scope, depth)
        if kind == "infix_expression":
            parts = named(node)
            if len(parts) == 3 and scope.file.text(parts[1]) == "to":
                return (self.evaluate(parts[0], scope, depth + 1), self.evaluate(parts[2], scope, depth + 1))
        return UNKNOWN

    def arguments(self, call: Node, scope: Scope, depth: int = 0) -> tuple[list[object], dict[str, object]]:
        """The positional and the named arguments of a call, evaluated."""
        positional: list[object] = []
        by_name: dict[str, object] = {}
        for argument in named(child_of(call, "value_arguments") if call.type != "value_arguments" else call):
            parts = named(argument)
            if len(parts) == 2 and parts[0].type == "identifier" and argument.child_count >= 3:
                by_name[scope.file.text(parts[0])] = self.evaluate(parts[1], scope, depth + 1)
            elif parts:
                positional.append(self.evaluate(parts[-1], scope, depth + 1))
        return positional, by_name

    def _string(self, node: Node, scope: Scope, depth: int) -> object:
        text = scope.file.text(node)
        raw = text.startswith('"""')
        inner = text[3:-3] if raw else text[1:-1]
        parts: list[str] = []
        end = 0
        for match in _TEMPLATE.finditer(inner):
            if not raw and inner[: match.start()].endswith("\\"):
                continue
            path = match[1] or match[2].strip()
            if path in ("'$'", '"$"'):
                value: object = "$"
            else:
                value = self._path(path, node, scope, depth + 1) if _PATH.match(path) else UNKNOWN
            if value is UNKNOWN and not self._keep_holes:
                return UNKNOWN
            value = match[0] if value is UNKNOWN else value
            parts += [inner[end : match.start()] if raw else unescape(inner[end : match.start()]), str(value)]
            end = match.end()
        return "".join([*parts, inner[end:] if raw else unescape(inner[end:])])

    def _identifier(self, node: Node, scope: Scope, depth: int) -> object:
        name = scope.file.text(node)
        constants: dict[str, object] = {"true": True, "false": False, "null": None}
        return constants[name] if name in constants else self._path(name, node, scope, depth)

    def _path(self, path: str, place: Node, scope: Scope, depth: int) -> object:
        *holders, name = path.removeprefix("this.").split(".")
        if not holders:
            return self._name(name, place, scope, depth)
        if name in ("name", "value") and len(holders) > 1:
            return self._path(".".join(holders), place, scope, depth)
        for file, declaration in self.project.declarations("type", holders[-1], scope.file):
            for entry in members(declaration, "enum_entry"):
                if (
                    scope.file.text(child_of(entry, "identifier")) == name
                    or file.text(child_of(entry, "identifier")) == name
                ):
                    return name
            found = self._among(members(declaration, "property_declaration"), name, Scope(file), depth)
            if found is not UNKNOWN:
                return found
        return UNKNOWN

    def _name(self, name: str, place: Node, scope: Scope, depth: int) -> object:
        if name in scope.bindings:
            return scope.bindings[name]
        for above in ancestors(place):
            if above.type in _BLOCKS:
                found = self._among(named(above), name, scope, depth)
            elif above.type in TYPE_DECLARATIONS:
                found = self._among(members(above, "property_declaration"), name, scope, depth)
            else:
                continue
            if found is not UNKNOWN:
                return found
        for file, node in self.project.declarations("val", name, scope.file):
            if file is not scope.file and (enclosing(node, *TYPE_DECLARATIONS) is None or _imports(scope.file, name)):
                return self.property_value(node, Scope(file), depth + 1)
        return UNKNOWN

    def _among(self, nodes: Iterable[Node], name: str, scope: Scope, depth: int) -> object:
        for node in nodes:
            if node.type == "property_declaration" and declared_name(node, scope.file) == name:
                return self.property_value(node, scope, depth + 1)
        return UNKNOWN

    def property_value(self, node: Node, scope: Scope, depth: int = 0) -> object:
        """The value of a property: its initialiser, or what its getter gives."""
        value = value_node(node)
        return self.evaluate(value, scope, depth + 1) if value is not None else UNKNOWN

    def _sum(self, node: Node, scope: Scope, depth: int) -> object:
        """A sum, walked down its left side without recursion: long texts are sums of hundreds of parts."""
        parts: list[Node] = []
        current: Node | None = node
        while current is not None and current.type == "binary_expression":
            operator, right = current.child_by_field_name("operator"), current.child_by_field_name("right")
            if operator is None or right is None or scope.file.text(operator) != "+":
                return UNKNOWN
            parts.append(right)
            current = current.child_by_field_name("left")
        ordered = [*([current] if current is not None else []), *parts[::-1]]
        values = [self.evaluate(part, scope, depth + 1) for part in ordered]
        if all(isinstance(v, list) for v in values):
            return [item for v in values if isinstance(v, list) for item in v]
        if not isinstance(values[0], str) or any(v is UNKNOWN for v in values):
            return UNKNOWN
        return "".join(str(v) for v in values)

    def _call(self, node: Node, scope: Scope, depth: int) -> object:
        name, receiver, lambda_node, call = call_parts(node, scope.file)
        if name in ("trimIndent", "trimMargin", "trim", "replaceIndent") and receiver is not None:
            text = self.evaluate(receiver, scope, depth + 1)
            return _trimmed(name, text) if isinstance(text, str) else UNKNOWN
        if name in _BUILDERS and lambda_node is not None:
            empty: dict[str, object] | list[object] = [] if name.endswith(("Array", "List")) else {}
            return self._build(lambda_node, empty, scope, depth)
        positional, by_name = self.arguments(call, scope, depth)
        given = [*positional, *by_name.values()]
        if name in _MAPS:
            pairs = [p for p in given if isinstance(p, tuple) and isinstance(p[0], str)]
            return dict(pairs) if len(pairs) == len(given) else UNKNOWN
        if name in _LISTS:
            return [v for v in given if not isinstance(v, tuple)]
        if name in ("JsonPrimitive", "JsonObject", "JsonArray", "toJsonElement", "Pair"):
            return tuple(given) if name == "Pair" and len(given) == 2 else (given[0] if given else UNKNOWN)
        if name == "JsonNull":
            return None
        if name in ("Input", "ToolSchema"):
            return _object_schema(positional, by_name)
        if name == "ToolAnnotations":
            order = ("title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
            return dict(zip(order, positional, strict=False)) | by_name
        return self._own_function(name, positional, by_name, scope, depth)

    def _build(self, lambda_node: Node, into: dict[str, object] | list[object], scope: Scope, depth: int) -> object:
        """What a builder's block puts together; a statement that is not understood makes the whole unknown."""
        if depth > _DEEPEST:
            return UNKNOWN
        for statement in named(lambda_node):
            if statement.type == "lambda_parameters":
                continue
            if statement.type != "call_expression":
                if statement.type in ("property_declaration",):
                    continue
                return UNKNOWN
            name, _, inner, call = call_parts(statement, scope.file)
            positional, by_name = self.arguments(call, scope, depth)
            given = [*positional, *by_name.values()]
            value = self._build_value(name, inner, given, scope, depth)
            if isinstance(into, list) and name.startswith("add"):
                into.append(value)
            elif isinstance(into, dict) and name.startswith("put") and given and isinstance(given[0], str):
                into[given[0]] = value
            else:
                return UNKNOWN
        return into

    def _build_value(self, name: str, inner: Node | None, given: list[object], scope: Scope, depth: int) -> object:
        if inner is not None:
            return self._build(inner, [] if name.endswith("Array") else {}, scope, depth + 1)
        return given[-1] if given else UNKNOWN

    def _own_function(
        self, name: str, positional: list[object], by_name: dict[str, object], scope: Scope, depth: int
    ) -> object:
        """What a function of the project gives whose body is one expression or ends in a return."""
        if depth > _DEEPEST // 2:
            return UNKNOWN
        for file, node in self.project.declarations("fun", name, scope.file):
            body = _body_value(node)
            if body is not None:
                bound = bind(node, file, positional, by_name, self, depth + 1)
                return self.evaluate(body, Scope(file, bound), depth + 1)
        return UNKNOWN


def value_node(declaration: Node) -> Node | None:
    """The expression that a property's initialiser or getter gives."""
    getter = child_of(declaration, "getter")
    value = named(declaration)[-1] if getter is None else _body_value(getter)
    is_value = value is not None and value.type not in _NO_VALUES
    return value if is_value else None


_NO_VALUES = ("variable_declaration", "modifiers", "property_delegate", "user_type")


def call_parts(node: Node, file: File) -> tuple[str, Node | None, Node | None, Node]:
    """A call's short name, its receiver, its trailing block and the node that holds its arguments."""
    children = named(node)
    trailing = (
        child_of(children[-1], "lambda_literal") if children and children[-1].type == "annotated_lambda" else None
    )
    holder = node
    if children and children[0].type == "call_expression" and trailing is not None:
        holder = children[0]
        children = named(holder)
    callee = children[0] if children else node
    if callee.type == "navigation_expression":
        parts = named(callee)
        return file.text(parts[-1]), parts[0], trailing, holder
    return file.text(callee), None, trailing, holder


def bind(
    function: Node, file: File, positional: list[object], by_name: dict[str, object], values: Values, depth: int = 0
) -> dict[str, object]:
    """The values of a function's parameters in a call: given, or by default."""
    bound: dict[str, object] = {}
    previous = ""
    for child in named(child_of(function, "function_value_parameters", "class_parameters")):
        if child.type in ("parameter", "class_parameter"):
            previous = file.text(child_of(child, "identifier"))
            bound[previous] = UNKNOWN
        elif previous and child.type != "parameter_modifiers":
            bound[previous] = values.evaluate(child, Scope(file), depth + 1)
    bound |= dict(zip(list(bound), positional, strict=False))
    return bound | {name: value for name, value in by_name.items() if name in bound}


def _body_value(node: Node) -> Node | None:
    """The expression that a function's or getter's body gives."""
    body = child_of(node, "function_body")
    inner = named(body)
    if not inner:
        return None
    if inner[0].type != "block":
        return inner[0]
    last = named(inner[0])[-1:]
    if last and last[0].type in ("return_expression", "jump_expression"):
        return next(iter(named(last[0])), None)
    return None


def _object_schema(positional: list[object], by_name: dict[str, object]) -> object:
    properties = by_name.get("properties", positional[0] if positional else {})
    required = by_name.get("required", positional[1] if len(positional) > 1 else None)
    if not isinstance(properties, dict):
        return UNKNOWN
    schema: dict[str, object] = {"type": "object", "properties": properties}
    if isinstance(required, list) and required:
        schema["required"] = [r for r in required if isinstance(r, str)]
    return schema


def _number(text: str) -> object:
    digits = text.replace("_", "").rstrip("LlFfUu")
    try:
        return int(digits, 0) if "." not in digits and "e" not in digits.lower().removeprefix("0x") else float(digits)
    except ValueError:
        return UNKNOWN


def trim_indent(text: str) -> str:
    """Kotlin's `trimIndent`: the common margin and a blank first and last line removed."""
    lines = text.split("\n")
    margin = min((len(each) - len(each.lstrip()) for each in lines if each.strip()), default=0)
    if lines and not lines[0].strip():
        lines = lines[1:]
    if lines and not lines[-1].strip():
        lines = lines[:-1]
    return "\n".join(each[margin:] for each in lines)


def _trim_margin(text: str) -> str:
    lines = text.split("\n")
    lines = lines[1:] if lines and not lines[0].strip() else lines
    lines = lines[:-1] if lines and not lines[-1].strip() else lines
    return "\n".join(each.lstrip()[1:] if each.lstrip().startswith("|") else each for each in lines)


def _trimmed(function: str, text: str) -> str:
    if function == "trim":
        return text.strip()
    return _trim_margin(text) if function == "trimMargin" else trim_indent(text)


_TRIMS = ("trimIndent", "trimMargin", "trim", "replaceIndent")
_BUILDERS = ("buildJsonObject", "buildJsonArray", "buildMap", "buildList", "JsonObject", "JsonArray")
_MAPS = ("mapOf", "mutableMapOf", "linkedMapOf", "hashMapOf")
_LISTS = ("listOf", "setOf", "mutableListOf", "arrayOf", "listOfNotNull", "arrayListOf", "emptyList", "emptySet")


def _imports(file: File, name: str) -> bool:
    return any(i.rpartition(".")[2] in (name, "*") for i in file.imports)
