"""Values of C# expressions that definitions are written with: literals, constants, concatenations, object creations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tree_sitter import Node

from catalog.extract.csharp.source import CsFile, Project, TypeDeclaration, owner
from catalog.extract.syntax import named, unescape

MAX_DEPTH = 40
MAX_TEXT = 200_000


@dataclass(frozen=True, eq=False, slots=True)
class Unknown:
    """A value that the source alone does not give."""

    reason: str


@dataclass(frozen=True, eq=False, slots=True)
class EnumMember:
    type: str
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class New:
    """An object creation: type as written ("" where the target gives it), arguments, what its initializer sets."""

    type: str
    arguments: tuple[Node, ...]
    fields: Mapping[str, Node]
    place: Place
    node: Node


Value: TypeAlias = "bool | int | float | str | list[Value] | EnumMember | New | Unknown | None"


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Where an expression stands: its file, the type around it and the local values known there."""

    file: CsFile
    type: TypeDeclaration | None = None
    locals: Mapping[str, Value] = field(default_factory=dict)


class Evaluator:
    """Evaluates expressions without running anything; depth-bounded, cycles end as unknown."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._depth = 0
        self._members: dict[tuple[str, int], Value] = {}

    def eval(self, node: Node | None, place: Place) -> Value:
        if node is None:
            return Unknown("nothing is written there")
        if self._depth > MAX_DEPTH:
            return Unknown("an expression that nests too deeply")
        self._depth += 1
        try:
            return self._dispatch(node, place)
        finally:
            self._depth -= 1

    def _dispatch(self, node: Node, place: Place) -> Value:
        kind, file = node.type, place.file
        literal = self._literal(node, file)
        if not isinstance(literal, Unknown):
            return literal
        if kind == "interpolated_string_expression":
            return self._interpolated(node, place)
        if kind == "binary_expression":
            return self._binary(node, place)
        if kind == "identifier":
            return self._identifier(file.text(node), place)
        if kind == "member_access_expression":
            return self._member(node, place)
        if kind == "invocation_expression":
            return self._invocation(node, place)
        if kind in ("object_creation_expression", "implicit_object_creation_expression"):
            return self._creation(node, place)
        if kind in ("array_creation_expression", "implicit_array_creation_expression", "collection_expression"):
            return self._list(node, place)
        if kind in (
            "parenthesized_expression",
            "arrow_expression_clause",
            "cast_expression",
            "postfix_unary_expression",
        ):
            inner = named(node)
            return self.eval(inner[-1] if inner else None, place)
        if kind == "conditional_expression":
            branches = [self.eval(node.child_by_field_name(each), place) for each in ("consequence", "alternative")]
            return next((each for each in branches if not isinstance(each, Unknown)), branches[0])
        if kind == "prefix_unary_expression":
            value = self.eval(named(node)[-1], place) if named(node) else None
            return (
                -value
                if isinstance(value, (int, float)) and file.text(node).startswith("-")
                else Unknown("an operation")
            )
        return Unknown(f"a {kind.replace('_', ' ')}")

    def _literal(self, node: Node, file: CsFile) -> Value:
        kind, text = node.type, file.text(node)
        if kind == "string_literal":
            return unescape(text.rstrip("u8")[1:-1] if text.endswith("u8") else text[1:-1])
        if kind == "verbatim_string_literal":
            return text.lstrip("@")[1:-1].replace('""', '"')
        if kind == "raw_string_literal":
            return raw_text(text)
        if kind == "character_literal":
            return unescape(text[1:-1])
        if kind in ("integer_literal", "real_literal"):
            return _number(text)
        if kind == "boolean_literal":
            return text == "true"
        return None if kind in ("null_literal", "default_expression") else Unknown("no literal")

    def _interpolated(self, node: Node, place: Place) -> Value:
        raw = place.file.text(node)
        pieces: list[str] = []
        for child in node.children:
            if child.type == "string_content":
                text = place.file.text(child)
                pieces.append(text if '"""' in raw[:8] or "@" in raw[:3] else unescape(text))
            elif child.type == "escape_sequence":
                pieces.append(unescape(place.file.text(child)))
            elif child.type == "interpolation":
                inner = [each for each in named(child) if each.type != "interpolation_brace"]
                value = self.eval(inner[0] if inner else None, place)
                if not isinstance(value, (str, int, float)):
                    return value if isinstance(value, Unknown) else Unknown("a value inside a text")
                pieces.append(str(value))
        text = "".join(pieces).replace("{{", "{").replace("}}", "}")
        return raw_text('"""' + text + '"""') if '"""' in raw[:8] else text

    def _binary(self, node: Node, place: Place) -> Value:
        parts: list[Node] = []
        current: Node | None = node
        while current is not None and current.type == "binary_expression":
            right, operator = current.child_by_field_name("right"), current.child_by_field_name("operator")
            if right is None or operator is None or place.file.text(operator) != "+":
                break
            parts.append(right)
            current = current.child_by_field_name("left")
        if current is node or current is None:
            left = self.eval(node.child_by_field_name("left"), place)
            operator = node.child_by_field_name("operator")
            coalesced = operator is not None and place.file.text(operator) == "??"
            return left if coalesced and left is not None else Unknown("an operation")
        values = [self.eval(each, place) for each in [current, *reversed(parts)]]
        unknown = next((each for each in values if isinstance(each, Unknown)), None)
        if unknown is not None:
            return unknown
        if all(isinstance(each, (int, float)) for each in values):
            return sum(each for each in values if isinstance(each, (int, float)))
        joined = "".join(str(each) for each in values if each is not None)
        return joined if len(joined) < MAX_TEXT else Unknown("a very long text")

    def _identifier(self, name: str, place: Place) -> Value:
        if name in place.locals:
            return place.locals[name]
        declared: TypeDeclaration | None = place.type
        for _ in range(6):
            if declared is None:
                break
            found = self.member(declared, name)
            if not isinstance(found, Unknown):
                return found
            around = declared.node.parent
            declared = owner(around, declared.file, self.project) if around is not None else None
        return Unknown(f"{name} is not a constant of this tree")

    def _member(self, node: Node, place: Place) -> Value:
        target, name_node = node.child_by_field_name("expression"), node.child_by_field_name("name")
        if target is None or name_node is None:
            return Unknown("a broken expression")
        name = place.file.text(name_node)
        text = place.file.text(target)
        if text in ("this", "base") and place.type is not None:
            return self.member(place.type, name)
        if text in ("string", "String") and name == "Empty":
            return ""
        if target.type in ("identifier", "member_access_expression", "qualified_name", "generic_name"):
            declared = self.type_named(text, place)
            if declared is not None:
                return self.member(declared, name)
        value = self.eval(target, place)
        if isinstance(value, New) and name in value.fields:
            return self.eval(value.fields[name], value.place)
        if isinstance(value, New):
            return self.property_of(value, name)
        if isinstance(value, EnumMember) or (isinstance(value, str) and name == "Value"):
            return value
        return Unknown(f"{text}.{name} is not known from the source")

    def type_named(self, text: str, place: Place) -> TypeDeclaration | None:
        """The type a dotted name means: directly, or nested in another."""
        if text in place.locals:
            return None
        return self.project.resolve(text, place.file) if text.rpartition(".")[2] in self.project.index else None

    def property_of(self, value: New, name: str) -> Value:
        """A property that a constructor sets from its argument: options and definitions are often built so."""
        if name == "Name" and value.arguments:
            return self.eval(value.arguments[0], value.place)
        return Unknown(f"the property {name}")

    def member(self, declared: TypeDeclaration, name: str, depth: int = 0) -> Value:
        """The value of a constant, static field, enum member or get-only property, own or inherited."""
        found = declared.members.get(name)
        if found is None:
            for base, file in declared.bases if depth < 8 else ():
                above = self.project.resolve(file.text(base), file)
                if above is not None and above is not declared:
                    value = self.member(above, name, depth + 1)
                    if not isinstance(value, Unknown):
                        return value
            return Unknown(f"{declared.name}.{name} is not known from the source")
        node, file = found
        key = (file.path, node.start_byte)
        if key not in self._members:
            self._members[key] = Unknown(f"{name} depends on itself")
            self._members[key] = self._declared(node, file, declared, name)
        return self._members[key]

    def _declared(self, node: Node, file: CsFile, declared: TypeDeclaration, name: str) -> Value:
        place = Place(file, declared)
        if node.type == "enum_member_declaration":
            return EnumMember(declared.name, name)
        if node.type == "variable_declarator":
            inner = named(node)
            return self.eval(inner[-1], place) if len(inner) > 1 else Unknown(f"{name} is set elsewhere")
        if node.type == "property_declaration":
            value = node.child_by_field_name("value")
            if value is not None:
                return self.eval(value, place)
            return self._getter(node, place)
        return Unknown(f"{name} is no constant")

    def _getter(self, node: Node, place: Place) -> Value:
        for accessor in named(node.child_by_field_name("accessors")):
            body = accessor.child_by_field_name("body")
            if body is not None and place.file.text(accessor).lstrip().startswith("get"):
                if body.type == "arrow_expression_clause":
                    return self.eval(body, place)
                returns = [each for each in named(body) if each.type == "return_statement"]
                return self.eval(named(returns[0])[0], place) if returns and named(returns[0]) else Unknown("a getter")
        return Unknown("a property set elsewhere")

    def _invocation(self, node: Node, place: Place) -> Value:
        function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None:
            return Unknown("a broken call")
        arguments = [named(each)[-1] for each in named(listed) if each.type == "argument" and named(each)]
        text = place.file.text(function)
        if text == "nameof" and arguments:
            return place.file.text(arguments[0]).rpartition(".")[2]
        if text in ("string.Join", "String.Join") and len(arguments) >= 2:
            return self._join([self.eval(each, place) for each in arguments])
        if text in ("string.Concat", "String.Concat"):
            values = [self.eval(each, place) for each in arguments]
            return (
                "".join(v for v in values if isinstance(v, str))
                if all(isinstance(v, str) for v in values)
                else Unknown("a text")
            )
        if text in ("string.Format", "String.Format") and arguments:
            return self._format([self.eval(each, place) for each in arguments])
        name_node = function.child_by_field_name("name") if function.type == "member_access_expression" else None
        if name_node is not None:
            method = place.file.text(name_node)
            change = _CHANGES.get(method)
            target = self.eval(function.child_by_field_name("expression"), place)
            if change is not None and isinstance(target, str):
                values = [self.eval(each, place) for each in arguments]
                if all(isinstance(each, (str, int)) for each in values):
                    try:
                        return change(target, *values)
                    except (TypeError, ValueError):
                        return Unknown("a changed text")
            if isinstance(target, EnumMember) and method == "ToString":
                return target.name
            if isinstance(target, (New, list)) and method in ("ToArray", "ToList", "AsReadOnly"):
                return target
        return self._method(function, arguments, place)

    def _method(self, function: Node, arguments: list[Node], place: Place) -> Value:
        """The result of a method of this tree that only returns an expression."""
        text = place.file.text(function).partition("<")[0]
        prefix, _, name = text.rpartition(".")
        declared = place.type if prefix in ("", "this") else self.type_named(prefix, place)
        found = declared.members.get(name) if declared else None
        if found is None or found[0].type != "method_declaration" or declared is None:
            return Unknown(f"the result of {text}")
        method, file = found
        names = [
            file.text(each_name)
            for each in named(method.child_by_field_name("parameters"))
            if (each_name := each.child_by_field_name("name")) is not None
        ]
        given = {name: self.eval(each, place) for name, each in zip(names, arguments, strict=False)}
        inner = Place(file, declared, given)
        body = method.child_by_field_name("body")
        if body is not None and body.type == "arrow_expression_clause":
            return self.eval(body, inner)
        returns = [each for each in named(body) if each.type == "return_statement"]
        return (
            self.eval(named(returns[-1])[0], inner)
            if returns and named(returns[-1])
            else Unknown(f"the result of {text}")
        )

    def _join(self, values: list[Value]) -> Value:
        by, rest = values[0], values[1:]
        items = rest[0] if len(rest) == 1 and isinstance(rest[0], list) else rest
        texts = [each.name if isinstance(each, EnumMember) else each for each in items]
        if isinstance(by, str) and all(isinstance(each, (str, int)) for each in texts):
            return by.join(str(each) for each in texts)
        return Unknown("a joined list")

    def _format(self, values: list[Value]) -> Value:
        form = values[0]
        if not isinstance(form, str) or not all(isinstance(each, (str, int, float)) for each in values):
            return Unknown("a formatted text")
        for index, each in enumerate(values[1:]):
            form = form.replace("{" + str(index) + "}", str(each))
        return form

    def _creation(self, node: Node, place: Place) -> New:
        type_node = node.child_by_field_name("type")
        listed, initial = node.child_by_field_name("arguments"), node.child_by_field_name("initializer")
        fields: dict[str, Node] = {}
        for each in named(initial):
            left, right = each.child_by_field_name("left"), each.child_by_field_name("right")
            if each.type == "assignment_expression" and left is not None and right is not None:
                fields[place.file.text(left)] = right
        arguments = tuple(named(each)[-1] for each in named(listed) if each.type == "argument" and named(each))
        return New(place.file.text(type_node) if type_node else "", arguments, fields, place, node)

    def _list(self, node: Node, place: Place) -> Value:
        holder = next((each for each in named(node) if each.type == "initializer_expression"), node)
        found: list[Value] = []
        for each in named(holder):
            inner = each
            while inner.type in ("collection_element", "expression_element") and named(inner):
                inner = named(inner)[0]
            if inner.type == "spread_element":
                spread = self.eval(named(inner)[0] if named(inner) else None, place)
                found.extend(spread if isinstance(spread, list) else [Unknown("a spread")])
            elif not inner.type.endswith("type"):
                found.append(self.eval(inner, place))
        return found


_CHANGES: dict[str, Callable[..., Value]] = {
    "Trim": lambda text, *chars: text.strip("".join(map(str, chars)) or None),
    "TrimStart": lambda text, *chars: text.lstrip("".join(map(str, chars)) or None),
    "TrimEnd": lambda text, *chars: text.rstrip("".join(map(str, chars)) or None),
    "ToLower": lambda text: text.lower(),
    "ToLowerInvariant": lambda text: text.lower(),
    "ToUpper": lambda text: text.upper(),
    "ToUpperInvariant": lambda text: text.upper(),
    "Replace": lambda text, old, new, *_: text.replace(str(old), str(new)),
    "ReplaceLineEndings": lambda text, new="\n": text.replace("\r\n", "\n").replace("\n", str(new)),
    "ToString": lambda text: text,
}


def raw_text(text: str) -> str:
    """The value of a raw string literal: the quotes and, over several lines, the closing line's margin removed."""
    quotes = len(text) - len(text.lstrip('"'))
    inner = text[quotes : len(text) - quotes]
    first, newline, rest = inner.replace("\r\n", "\n").partition("\n")
    if not newline or first.strip():
        return inner
    body, _, margin = rest.rpartition("\n")
    if margin.strip():
        return inner
    return "\n".join(
        each.removeprefix(margin) if each.startswith(margin) else each.lstrip() for each in body.split("\n")
    )


def _number(text: str) -> Value:
    plain = text.replace("_", "").rstrip("uUlLfFdDmM") if not text.lower().startswith("0x") else text.replace("_", "")
    try:
        return int(plain, 0)
    except ValueError:
        try:
            return float(plain)
        except ValueError:
            return Unknown("a number")


# Attributes


@dataclass(frozen=True, eq=False, slots=True)
class Attribute:
    """One attribute on a declaration, its arguments not yet evaluated."""

    name: str
    positional: tuple[Node, ...]
    named: Mapping[str, Node]
    node: Node


def attributes(file: CsFile, node: Node) -> list[Attribute]:
    """The attributes on a declaration, names without namespace and without the ending `Attribute`."""
    found = []
    for listed in node.named_children:
        if listed.type != "attribute_list":
            continue
        for each in named(listed):
            name_node = each.child_by_field_name("name")
            if each.type != "attribute" or name_node is None:
                continue
            positional, by_name = [], {}
            for holder in each.named_children:
                if holder.type != "attribute_argument_list":
                    continue
                for argument in named(holder):
                    key, parts = argument.child_by_field_name("name"), named(argument)
                    if key is not None and len(parts) > 1:
                        by_name[file.text(key)] = parts[-1]
                    elif parts:
                        positional.append(parts[-1])
            name = file.text(name_node).partition("<")[0].rpartition(".")[2].removesuffix("Attribute")
            found.append(Attribute(name, tuple(positional), by_name, each))
    return found


def doc_summary(file: CsFile, node: Node) -> str | None:
    """The text of the `<summary>` in the documentation comment above a declaration."""
    lines: list[str] = []
    above = node.prev_named_sibling
    while above is not None and above.type == "comment" and file.text(above).startswith("///"):
        lines.append(file.text(above).lstrip("/").strip())
        above = above.prev_named_sibling
    text = "\n".join(reversed(lines))
    start, end = text.find("<summary>"), text.find("</summary>")
    return text[start + 9 : end].strip() or None if 0 <= start < end else None
