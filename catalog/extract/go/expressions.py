"""Evaluates Go expressions over partly known values; statements and calls are the interpreter's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tree_sitter import Node

from catalog.extract.go import inference, library, types
from catalog.extract.go.patterns import patterns
from catalog.extract.go.source import Declaration, GoFile, Project
from catalog.extract.go.values import (
    Array,
    Call,
    External,
    Function,
    Lazy,
    Many,
    Struct,
    Table,
    TypeRef,
    Unknown,
    Value,
    force,
)
from catalog.extract.syntax import MAX_DEPTH, named, unescape

if TYPE_CHECKING:
    from catalog.extract.go.interpret import Scope

_BUILTIN_TYPES = frozenset(
    [
        "string",
        "int",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float32",
        "float64",
        "bool",
        "byte",
        "rune",
        "any",
        "error",
    ]
)
_BUILTINS = frozenset(
    [
        "append",
        "len",
        "make",
        "new",
        "copy",
        "panic",
        "delete",
        "min",
        "max",
        "cap",
        "close",
        "print",
        "println",
        "recover",
        "clear",
    ]
)
_TYPE_NODES = frozenset(
    [
        "slice_type",
        "map_type",
        "pointer_type",
        "struct_type",
        "array_type",
        "function_type",
        "channel_type",
        "interface_type",
        "generic_type",
        "qualified_type",
        "type_identifier",
    ]
)
_LITERALS: dict[str, Value] = {"nil": None, "true": True, "false": False}


class Evaluator(ABC):
    def __init__(self, project: Project, watch: library.Watcher) -> None:
        self.project = project
        self.watch = watch
        self.overrides: dict[tuple[str, int], Value] = {}
        self._depth = 0

    @abstractmethod
    def step(self) -> None: ...

    @abstractmethod
    def call_function(self, function: Function, arguments: Sequence[Value], node: Node, file: GoFile) -> Value: ...

    @abstractmethod
    def postpone(self, function: Function, arguments: Sequence[Value], node: Node, file: GoFile) -> Value: ...

    @abstractmethod
    def global_value(self, declaration: Declaration) -> Value: ...

    def infer(self, function: Function, arguments: Sequence[Value]) -> dict[str, TypeRef]:
        return inference.infer(self.project, function, arguments)

    def eval(self, node: Node, scope: Scope) -> Value:
        """The expression's value. Never raises for what Go source may hold; `Unknown` says what was not followed."""
        self.step()
        if self._depth > MAX_DEPTH:
            return Unknown("an expression that nests too deeply")
        self._depth += 1
        try:
            return self._dispatch(node, scope)
        finally:
            self._depth -= 1

    def _dispatch(self, node: Node, scope: Scope) -> Value:
        kind = node.type
        if kind == "identifier":
            return self._identifier(node, scope)
        if kind == "interpreted_string_literal":
            return unescape(scope.file.text(node)[1:-1])
        if kind == "raw_string_literal":
            return scope.file.text(node)[1:-1].replace("\r", "")
        if kind in ("int_literal", "float_literal"):
            return library.number(scope.file.text(node))
        if kind == "rune_literal":
            return unescape(scope.file.text(node)[1:-1])
        if kind in _LITERALS:
            return _LITERALS[kind]
        if kind == "selector_expression":
            return self._selector(node, scope)
        if kind == "call_expression":
            return self._call(node, scope)
        if kind == "composite_literal":
            return self._composite(node, scope)
        if kind == "func_literal":
            function = Function(node, scope.file, scope)
            self.watch.literal(function, self)
            return function
        if kind in _TYPE_NODES:
            return TypeRef(node, scope.file, scope.types)
        return self._operation(node, scope)

    def _operation(self, node: Node, scope: Scope) -> Value:
        kind, inner = node.type, named(node)
        if kind == "unary_expression":
            return self._unary(node, scope)
        if kind == "binary_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            operator = node.child_by_field_name("operator")
            if left is None or right is None or operator is None:
                return Unknown("a broken expression")
            return self._binary(left, scope.file.text(operator), right, scope)
        if kind in ("parenthesized_expression", "literal_element", "type_elem") and inner:
            return self.eval(inner[0], scope)
        if kind == "type_assertion_expression" and inner:
            kind_node = node.child_by_field_name("type")
            return self.typed(
                self.eval(inner[0], scope), TypeRef(kind_node, scope.file, scope.types) if kind_node else None
            )
        if kind == "type_conversion_expression":
            return self._conversion(node, scope)
        if kind == "index_expression":
            return self._index(node, scope)
        if kind == "slice_expression" and inner:
            return self._slice(node, scope)
        if kind == "type_instantiation_expression" and inner:
            return self._instantiate(self.eval(inner[0], scope), inner[1:], scope)
        return Unknown(f"a {kind.replace('_', ' ')}")

    def _identifier(self, node: Node, scope: Scope) -> Value:
        name = scope.file.text(node)
        home = scope.find(name)
        if home is not None:
            return home.names[name]
        if name in _LITERALS:
            return _LITERALS[name]
        package = self.project.package(scope.file.folder)
        declaration = package.names.get(name) if package else None
        if declaration is not None:
            return self.declared(declaration)
        if name in _BUILTIN_TYPES or name in scope.types:
            return TypeRef(node, scope.file, scope.types)
        return Unknown(f"{name} is not defined in this tree")

    def declared(self, declaration: Declaration) -> Value:
        """What a package-level name stands for."""
        if declaration.kind == "func":
            return Function(declaration.node, declaration.file)
        if declaration.kind == "type":
            name = declaration.node.child_by_field_name("name")
            return TypeRef(name or declaration.node, declaration.file)
        return self.global_value(declaration)

    def _unary(self, node: Node, scope: Scope) -> Value:
        operand, operator = node.child_by_field_name("operand"), node.child_by_field_name("operator")
        if operand is None or operator is None:
            return Unknown("a broken expression")
        symbol = scope.file.text(operator)
        value = self.eval(operand, scope)
        if symbol == "*":
            value = force(value)
            if isinstance(value, Struct):
                return Struct(value.module, value.name, dict(value.fields), value.type)
        elif symbol == "!":
            value = force(value)
            return (not value) if isinstance(value, bool) else Unknown("a condition")
        elif symbol == "-":
            value = force(value)
            return -value if isinstance(value, (int, float)) else Unknown("a number")
        return value

    def _binary(self, left: Node, symbol: str, right: Node, scope: Scope) -> Value:
        chain = [(symbol, right)]
        while symbol == "+" and left.type == "binary_expression":
            operator = left.child_by_field_name("operator")
            inner_left, inner_right = left.child_by_field_name("left"), left.child_by_field_name("right")
            if operator is None or inner_left is None or inner_right is None or scope.file.text(operator) != "+":
                break
            chain.append(("+", inner_right))
            left = inner_left
        first = self.eval(left, scope)
        if isinstance(first, Lazy) and not first.done and right.type == "nil":
            return Unknown("a condition")  # whether a call failed is not worth making it
        value = force(first)
        for each, operand in reversed(chain):
            value = library.binary(each, value, force(self.eval(operand, scope)))
        return value

    def _conversion(self, node: Node, scope: Scope) -> Value:
        kind, operand = node.child_by_field_name("type"), node.child_by_field_name("operand")
        if kind is None or operand is None:
            return Unknown("a broken conversion")
        if kind.type == "generic_type":
            callee = named(kind)
            base = callee[0]
            value = self._type_or_value(base, scope)
            value = self._instantiate(value, named(kind.child_by_field_name("type_arguments")), scope)
            if not isinstance(value, TypeRef):
                return self._apply(value, [self.eval(operand, scope)], node, scope, scope.file.text(base))
        return self.typed(self.eval(operand, scope), TypeRef(kind, scope.file, scope.types))

    def _type_or_value(self, node: Node, scope: Scope) -> Value:
        """A name parsed as a type that may be a function's."""
        package: str | None = None
        if node.type == "qualified_type":
            parts = scope.file.text(node).partition(".")
            package, name = parts[0], parts[2]
        else:
            name = scope.file.text(node)
            home = scope.find(name)
            if home is not None:
                return home.names[name]
        return self._member_of_package(package, name, node, scope)

    def _member_of_package(self, alias: str | None, name: str, node: Node, scope: Scope) -> Value:
        if alias is None:
            folder: str | None = scope.file.folder
            module = ""
        else:
            module = scope.file.imports.get(alias, alias)
            folder = self.project.folder_of(module)
        if folder is None:
            return External(module, name)
        package = self.project.package(folder)
        declaration = package.names.get(name) if package else None
        return self.declared(declaration) if declaration else Unknown(f"{name} is not defined in this tree")

    def _instantiate(self, value: Value, arguments: list[Node], scope: Scope) -> Value:
        given = tuple(
            TypeRef(
                each.named_children[0] if each.type == "type_elem" and each.named_children else each,
                scope.file,
                scope.types,
            )
            for each in arguments
        )
        if isinstance(value, External):
            return External(value.module, value.name, given)
        if isinstance(value, Function):
            names = types.parameter_names(value.file.text, value.node.child_by_field_name("type_parameters"))
            bound = {**value.types, **dict(zip(names, given, strict=False))}
            return Function(value.node, value.file, value.scope, value.receiver, bound)
        return value

    def _index(self, node: Node, scope: Scope) -> Value:
        operand, index = node.child_by_field_name("operand"), node.child_by_field_name("index")
        if operand is None or index is None:
            return Unknown("a broken index")
        held = force(self.eval(operand, scope))
        if isinstance(held, (Function, External)):
            return self._instantiate(held, [index], scope)
        key = force(self.eval(index, scope))
        if isinstance(held, Array) and isinstance(key, int) and 0 <= key < len(held.items):
            return held.items[key]
        if isinstance(held, Table) and isinstance(key, (str, int, float, bool)) and key in held.items:
            return held.items[key]
        origin = held.origin if isinstance(held, Unknown) else key.origin if isinstance(key, Unknown) else None
        return Unknown("an index that is not known", None, origin)

    def _slice(self, node: Node, scope: Scope) -> Value:
        held = force(self.eval(named(node)[0], scope))
        bounds = [node.child_by_field_name(each) for each in ("start", "end")]
        low, high = (force(self.eval(each, scope)) if each is not None else None for each in bounds)
        if (low is None or isinstance(low, int)) and (high is None or isinstance(high, int)):
            part = slice(max(0, low or 0), None if high is None else max(0, high))
            if isinstance(held, str):
                return held[part]
            if isinstance(held, Array):
                return Array(held.items[part], held.element)
        return held if isinstance(held, Array) else Unknown("a part of something unknown")

    # Selectors

    def _selector(self, node: Node, scope: Scope) -> Value:
        operand, field = node.child_by_field_name("operand"), node.child_by_field_name("field")
        if operand is None or field is None:
            return Unknown("a broken selector")
        name = scope.file.text(field)
        if (
            operand.type == "identifier"
            and scope.find(alias := scope.file.text(operand)) is None
            and alias in scope.file.imports
        ):
            return self._member_of_package(alias, name, node, scope)
        return self.select(force(self.eval(operand, scope)), name)

    def select(self, held: Value, name: str) -> Value:
        """A field, promoted field or method of a value."""
        if isinstance(held, Struct):
            return self._member(held, name)
        if isinstance(held, Unknown):
            found = self._static(held, name)
            return found if found is not None else Unknown(held.reason, None, held.origin)
        if isinstance(held, TypeRef):  # a method expression
            return self.method(held, name, None) or Unknown("a method of a type")
        if isinstance(held, (Call, External)):
            return External(held.module, name)
        return Unknown("a field of something unknown")

    def _member(self, held: Struct, name: str) -> Value:
        if name in held.fields:
            return held.fields[name]
        if held.module in ("strings", "bytes"):
            return Call("strings", name, (held,))
        method = self.method(held.type, name, held) if held.type else None
        if method is not None:
            return method
        embedded = [force(each) for key, each in held.fields.items() if key[:1].isupper() or key]
        for inner in embedded:
            if isinstance(inner, Struct) and inner.type and types.base_name(inner.type) in held.fields:
                found = self._member(inner, name)
                if not isinstance(found, Unknown):
                    return found
        if held.type is not None and not held.module:
            for member in types.members(types.resolve(self.project, held.type).ref):
                if member.name == name:
                    return self.zero(member.type)
                if member.embedded and (promoted := self.method(member.type, name, held)):
                    return promoted
        return Unknown(f"the field {name}") if not held.module else None

    def _static(self, held: Unknown, name: str) -> Value:
        """What the declared type of something unknown says of its member."""
        if held.type is None:
            return None
        method = self.method(held.type, name, held)
        if method is not None:
            return method
        resolved = types.resolve(self.project, held.type)
        if resolved.kind != "struct_type":
            return None
        for member in types.members(resolved.ref):
            if member.name == name:
                return Unknown(held.reason, member.type, held.origin)
            if member.embedded:
                found = self._static(Unknown(held.reason, member.type, held.origin), name)
                if found is not None:
                    return found
        return None

    def method(self, of: TypeRef, name: str, receiver: Value) -> Function | None:
        """The method of a type of this tree, bound to its receiver."""
        resolved = types.resolve(self.project, of)
        declaration = resolved.declaration
        if declaration is None:
            return None
        package = self.project.package(declaration.file.folder)
        found = package.methods.get((declaration.name, name)) if package else None
        return Function(found.node, found.file, None, receiver) if found else None

    def assign_field(self, target: Node, value: Value, scope: Scope) -> None:
        operand, field = target.child_by_field_name("operand"), target.child_by_field_name("field")
        if operand is None or field is None:
            return
        held = force(self.eval(operand, scope))
        if held is None and operand.type == "selector_expression":
            held = Struct("?", "", {})
            self.assign_field(operand, held, scope)
        if isinstance(held, Struct):
            held.fields[scope.file.text(field)] = value

    def assign_index(self, target: Node, value: Value, scope: Scope) -> None:
        operand, index = target.child_by_field_name("operand"), target.child_by_field_name("index")
        if operand is None or index is None:
            return
        held, key = force(self.eval(operand, scope)), force(self.eval(index, scope))
        if held is None and operand.type == "selector_expression":
            held = Table({})
            self.assign_field(operand, held, scope)
        if isinstance(held, Table) and isinstance(key, (str, int, float, bool)):
            held.items[key] = value
        elif isinstance(held, Table):
            held.open = True

    # Literals

    def _composite(self, node: Node, scope: Scope) -> Value:
        kind, body = node.child_by_field_name("type"), node.child_by_field_name("body")
        if kind is None or body is None:
            return Unknown("a broken literal")
        return self.literal(TypeRef(kind, scope.file, scope.types), body, scope, node)

    def literal(self, of: TypeRef, body: Node, scope: Scope, node: Node) -> Value:
        """The value of a literal's braces, by its type: written at the literal or elided inside a list."""
        resolved = types.resolve(self.project, of)
        literal = resolved.ref.node
        element_node = literal.child_by_field_name("element") or literal.child_by_field_name("value")
        if resolved.module and _has_text_keys(body):
            return self._table(body, None, scope)  # a map type of another package
        if resolved.module or resolved.kind == "struct_type":
            return self._struct(of, resolved, body, scope, node)
        element = TypeRef(element_node, resolved.ref.file, resolved.ref.bindings) if element_node else None
        if resolved.kind == "map_type":
            return self._table(body, element, scope)
        items = [self._element(each.child_by_field_name("value") or each, element, scope) for each in named(body)]
        return Array(items, element)

    def _table(self, body: Node, element: TypeRef | None, scope: Scope) -> Table:
        table: dict[str | int | float | bool, Value] = {}
        for each in named(body):
            key_node, value_node = each.child_by_field_name("key"), each.child_by_field_name("value")
            key = force(self._element(key_node, None, scope)) if key_node else None
            if isinstance(key, (str, int, float, bool)):
                table[key] = self._element(value_node, element, scope)
        return Table(table, element)

    def _element(self, node: Node | None, element: TypeRef | None, scope: Scope) -> Value:
        inner = named(node)[0] if node is not None and node.type == "literal_element" and named(node) else node
        if inner is None:
            return Unknown("a broken literal")
        if inner.type == "literal_value":
            return self.literal(element, inner, scope, inner) if element else Unknown("a literal without a type")
        return self.eval(inner, scope)

    def _struct(self, of: TypeRef, resolved: types.Resolved, body: Node, scope: Scope, node: Node) -> Struct:
        listed = [] if resolved.module else list(types.members(resolved.ref))
        kinds = {member.name: member.type for member in listed}
        fields: dict[str, Value] = {}
        for position, each in enumerate(named(body)):
            if each.type == "keyed_element":
                key_node, value_node = each.child_by_field_name("key"), each.child_by_field_name("value")
                key = scope.file.text(key_node) if key_node else ""
                fields[key] = self._element(value_node, kinds.get(key), scope)
            elif position < len(listed):
                fields[listed[position].name] = self._element(each, listed[position].type, scope)
        name = resolved.name or (resolved.declaration.name if resolved.declaration else "")
        struct = Struct(resolved.module, name, fields, of)
        self.watch.created(struct, node, scope.file, self)
        self.watch.together(list(fields.values()), self)
        return struct

    def typed(self, value: Value, kind: TypeRef | None) -> Value:
        """The value with a declared type, where nothing better is known of it."""
        if isinstance(value, Unknown) and value.type is None and kind is not None:
            return Unknown(value.reason, kind, value.origin)
        return value

    def zero(self, kind: TypeRef | None) -> Value:
        """The value of a variable that was declared and not set."""
        if kind is None:
            return Unknown("a variable without a value")
        if kind.node.type in ("pointer_type", "function_type", "interface_type"):
            return None
        resolved = types.resolve(self.project, kind)
        if resolved.kind in ("struct_type", "external"):
            name = resolved.name or (resolved.declaration.name if resolved.declaration else "")
            return Struct(resolved.module, name, {}, kind)
        if resolved.kind == "slice_type":
            return Array([], kind)
        return library.zero(resolved.ref.text) if resolved.kind == "type_identifier" else None

    # Calls

    def _call(self, node: Node, scope: Scope) -> Value:
        callee, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None:
            return Unknown("a broken call")
        name = scope.file.text(callee)
        if callee.type == "identifier" and name in _BUILTINS and scope.find(name) is None:
            return library.builtin(name, self._arguments(listed, scope), self)
        value = force(self.eval(callee, scope))
        given = node.child_by_field_name("type_arguments")
        if given is not None:
            value = self._instantiate(value, named(given), scope)
        arguments = self._arguments(listed, scope)
        if isinstance(value, TypeRef):
            return self.typed(arguments[0], value) if arguments else Unknown("a conversion")
        return self._apply(value, arguments, node, scope, name)

    def _builder(self, node: Node, scope: Scope) -> Value:
        """What a builder of another package has gathered, when it is asked for its result."""
        callee = node.child_by_field_name("function")
        operand = callee.child_by_field_name("operand") if callee is not None else None
        held = force(self.eval(operand, scope)) if operand is not None else None
        return held if isinstance(held, Struct) and held.module else None

    def _option(self, value: Call, arguments: list[Value]) -> Value:
        """A library's option is called with what it changes."""
        held = value.arguments[0] if value.arguments else None
        if value.module == "strings" and isinstance(held, Struct):
            return library.build(value.name, held, arguments)
        target = force(arguments[0]) if arguments else None
        if isinstance(target, Struct):
            library.apply_option(self, target, value)
        elif isinstance(target, Table):
            library.apply_property(self, target, value)
        return Call(value.module, "", (value, *arguments))

    def _arguments(self, listed: Node | None, scope: Scope) -> list[Value]:
        found: list[Value] = []
        for each in named(listed):
            if each.type != "variadic_argument":
                found.append(self.eval(each, scope))
                continue
            spread = force(self.eval(named(each)[0], scope)) if named(each) else None
            found.extend(spread.items if isinstance(spread, Array) else [] if spread is None else [spread])
        if len(found) == 1 and isinstance(found[0], Many):
            return found[0].items
        return found

    def _apply(self, value: Value, arguments: list[Value], node: Node, scope: Scope, name: str) -> Value:
        last = name.rpartition(".")[2]
        self.watch.together(arguments, self)
        if isinstance(value, External):
            receiver = library.receiver_name(name)
            found = library.external(self, value, arguments, node, scope.file)
            return library.translated(found, last, receiver, arguments)
        if isinstance(value, Call):
            return self._option(value, arguments)
        if isinstance(value, Function):
            if isinstance(value.receiver, Struct):
                self.watch.used(value.receiver, self)
            result = self.postpone(value, arguments, node, scope.file)
            return (
                library.translated(result, last, "", arguments)
                if last in patterns()["translation"]["names"]
                else result
            )
        if not arguments and value is None and last.startswith(("Get", "Build", "To", "As")):
            built = self._builder(node, scope)
            if built is not None:
                return built
        tool = self.watch.called(last, arguments, node, scope.file, self)
        if tool is not None:
            return tool
        hint = value.type.text if isinstance(value, Unknown) and value.type else ""
        return library.translated(Unknown(f"the result of {last}"), last, hint, arguments)


def _has_text_keys(body: Node) -> bool:
    """Whether a literal's keys are texts: a struct's are names."""
    keys = [each.child_by_field_name("key") for each in named(body)]
    inner = [named(k)[0] if k is not None and k.type == "literal_element" and named(k) else k for k in keys]
    return bool(inner) and all(k is not None and k.type.endswith("string_literal") for k in inner)
