"""Local variables: what they are given, and what is put into them before a place in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from catalog.extract.java.scope import Scope
from catalog.extract.syntax import captures, enclosing, named

if TYPE_CHECKING:
    from catalog.extract.java.values import Values

NOT_LOCAL: Final = object()
_METHODS = ("method_declaration", "constructor_declaration", "static_initializer", "lambda_expression")
_STATEMENTS = "[(local_variable_declaration) (expression_statement)] @s"
_NESTED = ("putObject", "putArray", "withObject", "withArray")


def local_value(values: Values, name: str, place: Node, scope: Scope, depth: int) -> object:
    """The value of a local variable at a place, with what was put into it before; NOT_LOCAL for another name."""
    method = enclosing(place, *_METHODS)
    while method is not None:
        statements = captures(method, _STATEMENTS, "tree_sitter_java").get("s", [])
        value = _value_after(values, name, statements, place, scope, depth)
        if value is not NOT_LOCAL:
            return value
        method = enclosing(method, *_METHODS)
    return NOT_LOCAL


def _value_after(values: Values, name: str, statements: list[Node], place: Node, scope: Scope, depth: int) -> object:
    value: object = NOT_LOCAL
    for statement in sorted(statements, key=lambda s: s.start_byte):
        if statement.start_byte >= place.start_byte:
            break
        if statement.end_byte > place.start_byte:
            continue
        if statement.type == "local_variable_declaration":
            for declarator in named(statement):
                if declarator.type != "variable_declarator":
                    continue
                initial = declarator.child_by_field_name("value")
                if scope.file.field_text(declarator, "name") == name:
                    value = values.evaluate(initial, scope, depth + 1) if initial is not None else None
                elif value is not NOT_LOCAL and initial is not None:
                    _nest(values, value, name, initial, scope, declarator, place, depth)
        elif value is not NOT_LOCAL:
            value = _after_statement(values, value, name, statement, scope, depth)
    return value


def _nest(
    values: Values, value: object, name: str, initial: Node, scope: Scope, declarator: Node, place: Node, depth: int
) -> None:
    """`var inner = outer.putObject("key")`: what is put into `inner` is part of `outer`."""
    if initial.type != "method_invocation" or not isinstance(value, dict):
        return
    method = scope.file.field_text(initial, "name")
    if scope.file.field_text(initial, "object") != name or method not in _NESTED:
        return
    key = values.evaluate(next(iter(named(initial.child_by_field_name("arguments"))), initial), scope, depth + 1)
    inner = scope.file.field_text(declarator, "name")
    if isinstance(key, str) and inner != name:
        value[key] = values.evaluate_name(inner, place, scope, depth + 1)


def _after_statement(values: Values, value: object, name: str, statement: Node, scope: Scope, depth: int) -> object:
    """The value after `name.put(…)`, `name.add(…)`, `name.putObject("key").put(…)` or `name = …`."""
    expression = next(iter(named(statement)), None)
    if expression is None:
        return value
    if expression.type == "assignment_expression" and scope.file.field_text(expression, "left") == name:
        right = expression.child_by_field_name("right")
        return values.evaluate(right, scope, depth + 1) if right is not None else value
    chain: list[Node] = []
    current: Node | None = expression
    while current is not None and current.type == "method_invocation":
        chain.append(current)
        current = current.child_by_field_name("object")
    if current is None or scope.file.text(current) != name or not chain:
        return value
    target: object = value
    for call in reversed(chain):
        method = scope.file.field_text(call, "name")
        given = [values.evaluate(a, scope, depth + 1) for a in named(call.child_by_field_name("arguments"))]
        if isinstance(target, dict) and method in _NESTED and given and isinstance(given[0], str):
            nested: object = [] if method.endswith("Array") else {}
            target = target.setdefault(given[0], nested)
        elif isinstance(target, dict) and method == "putAll" and given and isinstance(given[0], dict):
            target.update(given[0])
        elif isinstance(target, dict) and len(given) == 2:
            target[str(given[0])] = given[1]
        elif isinstance(target, list) and method == "addAll" and given and isinstance(given[-1], list):
            target.extend(given[-1])
        elif isinstance(target, list) and method in ("add", "put") and given:
            target.append(given[-1])
    return value
