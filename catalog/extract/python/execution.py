"""Statements: what executing a module, class or function body binds and registers."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from catalog.extract.python.expressions import MAX_ITEMS, items, put, source, truth
from catalog.extract.python.objects import find_member
from catalog.extract.python.values import (
    OPEN,
    UNKNOWN,
    Bound,
    Class,
    Decorated,
    External,
    Function,
    Imported,
    Instance,
    Invocation,
    Registrar,
    Scope,
    Server,
    Thunk,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine
    from catalog.extract.python.project import Module

_MUTATORS = frozenset(
    {"append", "extend", "update", "insert", "setdefault", "add", "register", "__setitem__", "pop", "remove"}
)
_NEXT = "next"  # how a body ended: ran through, or one of return, break, continue, raise


class Outcome:
    """What executing a function gave: values returned on the way (`maybe`) and the one it surely ended with."""

    __slots__ = ("maybe", "surely", "value", "wanted", "yielded")

    def __init__(self, wanted: bool = True) -> None:
        self.wanted = wanted
        self.maybe: list[Value] = []
        self.surely = False
        self.value: Value = None
        self.yielded: list[Value] = []


def load(m: Machine, module: Module) -> None:
    """Executes a module's body once. A module that is being executed is left alone."""
    if module.state != "new":
        return
    module.state = "running"
    held, m.conditions, loops, m.loops = m.conditions, [], m.loops, 0
    try:
        execute(m, module.tree.body, module.scope)
    finally:
        m.conditions, m.loops = held, loops
        module.state = "done"


def bind_early(m: Machine, module: Module, name: str) -> bool:
    """Binds a module's function, class or assignment before its turn (imports in a circle)."""
    for statement in module.tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
            module.scope.names[name] = Function(statement, module.scope)
            return True
        if isinstance(statement, ast.ClassDef) and statement.name == name:
            module.scope.names[name] = Class(statement, module.scope)
            return True
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                module.scope.names[name] = Thunk(statement.value, module.scope)
                return True
        if isinstance(statement, (ast.Import, ast.ImportFrom)) and any(
            (a.asname or a.name) == name for a in statement.names
        ):
            _import(m, statement, module.scope, Outcome())
            return name in module.scope.names
    return False


def execute(m: Machine, body: list[ast.stmt], scope: Scope, outcome: Outcome | None = None) -> str:
    """Executes statements in order; returns how they ended: next, return, break, continue or raise."""
    outcome = outcome or Outcome()
    pushed = 0
    try:
        for statement in body:
            if not m.step():
                return _NEXT
            handler = _HANDLERS.get(type(statement))
            if handler is None:
                continue
            ended = handler(m, statement, scope, outcome)
            if isinstance(ended, ast.expr):
                m.conditions.append(("not", ended))
                pushed += 1
            elif ended != _NEXT:
                return str(ended)
        return _NEXT
    finally:
        if pushed:
            del m.conditions[-pushed:]


def _matters(scope: Scope, statement: ast.stmt) -> bool:
    return scope.module.touches(statement.lineno, statement.end_lineno or statement.lineno)


# -- definitions -----------------------------------------------------------------------------------------------------


def _function(m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, outcome: Outcome) -> str:
    function = Function(node, scope.parent if scope.owner is not None and scope.parent else scope, scope.owner)
    scope.names[node.name] = function
    if node.decorator_list:
        if m.loops or scope.module.touches(node.decorator_list[0].lineno, node.lineno):
            scope.names[node.name] = decorate(m, function, node.decorator_list, scope)
        elif scope.owner is None:
            scope.names[node.name] = Decorated(function, node.decorator_list, scope)
    return _NEXT


def decorate(m: Machine, function: Function, decorators: list[ast.expr], scope: Scope) -> Value:
    """The function after its decorators, innermost first. What an unknown decorator makes counts as the function."""
    value: Value = function
    for node in reversed(decorators[:30]):
        m.reached.add((scope.module.path, node.lineno))
        decorator = m.evaluate(node, scope)
        if isinstance(decorator, External) and decorator.last in (
            "staticmethod",
            "classmethod",
            "property",
            "abstractmethod",
        ):
            continue
        result = m.call(decorator, [value], {}, node, scope)
        if isinstance(result, (Function, Bound, Class, Instance)) or (
            isinstance(result, Invocation) and result.args[:1] != [value]
        ):
            value = result
    return value if not isinstance(value, Invocation) else function


def _class(m: Machine, node: ast.ClassDef, scope: Scope, outcome: Outcome) -> str:
    cls = Class(node, scope)
    scope.names[node.name] = cls
    m.classes.append(cls)
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    for decorator_node in reversed(node.decorator_list[:10]):
        decorator = m.evaluate(decorator_node, scope)
        if isinstance(decorator, (Function, Bound)) or scope.module.touches(first, node.lineno):
            m.call(decorator, [cls], {}, decorator_node, scope)
    if _decorates_inside(node, scope):
        from catalog.extract.python.objects import class_names

        class_names(m, cls)
    return _NEXT


def _decorates_inside(node: ast.ClassDef, scope: Scope) -> bool:
    return any(
        isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))
        and s.decorator_list
        and scope.module.touches(s.decorator_list[0].lineno, s.lineno)
        for s in node.body
    )


# -- bindings --------------------------------------------------------------------------------------------------------


def _import(m: Machine, node: ast.Import | ast.ImportFrom, scope: Scope, outcome: Outcome) -> str:
    module = scope.module
    for alias in node.names:
        if isinstance(node, ast.Import):
            name, dotted = (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
            link = Imported(module, dotted, 0, None)
        elif alias.name == "*":
            star = m.follow(Imported(module, node.module or "", node.level, None))
            module.stars.append(star)
            continue
        else:
            name, link = alias.asname or alias.name, Imported(module, node.module or "", node.level, alias.name)
        before = scope.names.get(name)
        if isinstance(before, Imported) and before is not link:
            before.otherwise = before.otherwise or link
        else:
            scope.names[name] = link
    return _NEXT


def _assign(m: Machine, node: ast.Assign, scope: Scope, outcome: Outcome) -> str:
    value = _later_or_now(m, node.value, node, scope, node.targets)
    for target in node.targets:
        bind(m, target, value, scope)
    return _NEXT


def _annotated(m: Machine, node: ast.AnnAssign, scope: Scope, outcome: Outcome) -> str:
    if node.value is not None:
        bind(m, node.target, _later_or_now(m, node.value, node, scope, [node.target]), scope)
    return _NEXT


def _later_or_now(m: Machine, value: ast.expr, node: ast.stmt, scope: Scope, targets: list[ast.expr]) -> Value:
    """A thunk where the moment does not matter; the value where it registers, loops, or reads what it rebinds."""
    if isinstance(value, ast.Constant):
        return value.value
    simple = len(targets) == 1 and isinstance(targets[0], (ast.Name, ast.Attribute))
    replaced = isinstance(value, ast.Attribute) and value.attr in m.patterns.methods  # often put aside to be replaced
    if not simple or m.loops or replaced or _matters(scope, node):
        return m.evaluate(value, scope)
    target = targets[0]
    if isinstance(target, ast.Name) and target.id in scope.names:
        return m.evaluate(value, scope)
    return Thunk(value, scope)


def bind(m: Machine, target: ast.expr, value: Value, scope: Scope) -> None:
    """Assigns to a name, attribute, element or pattern of those."""
    if isinstance(target, ast.Name):
        outside = scope.names.get("__globals__")
        if isinstance(outside, list) and target.id in outside:
            scope.module.scope.names[target.id] = value
        else:
            scope.names[target.id] = value
    elif isinstance(target, ast.Attribute):
        _bind_attribute(m, m.evaluate(target.value, scope), target.attr, value)
    elif isinstance(target, ast.Subscript):
        if isinstance(target.value, ast.Attribute) and target.value.attr == "request_handlers":
            server = Registrar("handler", m.evaluate(target.value.value, scope))
            m.sink.register(m, server, [m.evaluate(target.slice, scope), _now(m, value)], {}, target, scope.module)
            return
        container = m.evaluate(target.value, scope)
        if isinstance(container, dict):
            put(container, m.evaluate(target.slice, scope), _now(m, value))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(m, target, _now(m, value), scope)
    elif isinstance(target, ast.Starred):
        bind(m, target.value, value, scope)


def _now(m: Machine, value: Value) -> Value:
    return m.evaluate(value.node, value.scope) if isinstance(value, Thunk) else value


def _unpack(m: Machine, target: ast.Tuple | ast.List, value: Value, scope: Scope) -> None:
    values = items(m, value)
    known = (
        values is not None
        and len(values) == len(target.elts)
        and not any(isinstance(e, ast.Starred) for e in target.elts)
    )
    for index, element in enumerate(target.elts):
        bind(m, element, values[index] if known and values is not None else UNKNOWN, scope)


def _bind_attribute(m: Machine, owner: Value, name: str, value: Value) -> None:
    if isinstance(owner, Instance):
        owner.attributes[name] = value
    elif isinstance(owner, Class):
        from catalog.extract.python.objects import class_names

        class_names(m, owner)[name] = value
    elif isinstance(owner, (Function, Bound)):
        function = owner.function if isinstance(owner, Bound) else owner
        function.attributes[name] = _now(m, value)
    elif isinstance(owner, Server):
        owner.arguments[name] = value
    elif isinstance(owner, Invocation):
        owner.kwargs[name] = _now(m, value)


def _augmented(m: Machine, node: ast.AugAssign, scope: Scope, outcome: Outcome) -> str:
    value = m.evaluate(node.value, scope)
    if not isinstance(node.target, (ast.Name, ast.Attribute)):
        return _NEXT
    before = m.evaluate(node.target, scope)
    if isinstance(before, list) and isinstance(node.op, ast.Add):
        before.extend(items(m, value) or [Unknown(source(node.value))])
    elif isinstance(before, dict) and isinstance(node.op, ast.BitOr):
        before.update(value if isinstance(value, dict) else {OPEN: UNKNOWN})
    elif isinstance(before, str) and isinstance(value, str) and isinstance(node.op, ast.Add):
        bind(m, node.target, before + value if len(before) + len(value) < 200_000 else UNKNOWN, scope)
    else:
        bind(m, node.target, UNKNOWN, scope)
    return _NEXT


# -- flow ------------------------------------------------------------------------------------------------------------


def _expression(m: Machine, node: ast.Expr, scope: Scope, outcome: Outcome) -> str:
    value = node.value
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, (ast.Yield, ast.YieldFrom)):
        if value.value is not None:
            given = m.evaluate(value.value, scope)
            outcome.yielded.extend((items(m, given) or [given]) if isinstance(value, ast.YieldFrom) else [given])
        return _NEXT
    if not isinstance(value, ast.Call):
        return _NEXT
    function = value.func
    if (
        _matters(scope, node)
        or m.loops
        or (isinstance(function, ast.Attribute) and (function.attr in _MUTATORS or _is_super(function.value)))
        or (isinstance(function, ast.Name) and (scope.parent is None or function.id == "setattr"))
        or (isinstance(function, ast.Attribute) and _changes_itself(m, function, scope))
    ):
        m.unwanted = value
        m.evaluate(value, scope)
    return _NEXT


def _changes_itself(m: Machine, node: ast.Attribute, scope: Scope) -> bool:
    """Whether a call is of a method that sets attributes of its object, an object of the tree."""
    if not isinstance(node.value, ast.Name):
        return False
    receiver = m.lookup(node.value.id, scope)
    if not isinstance(receiver, Instance):
        return False
    owner, method = find_member(m, receiver.cls, node.attr)
    if owner is None or not isinstance(method, Function) or isinstance(method.node, ast.Lambda):
        return False
    return any(
        isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name) and t.value.id == "self"
        for statement in method.node.body
        for t in (statement.targets if isinstance(statement, ast.Assign) else ())
    )


def _global(m: Machine, node: ast.Global, scope: Scope, outcome: Outcome) -> str:
    known = scope.names.setdefault("__globals__", [])
    if isinstance(known, list):
        known.extend(node.names)
    return _NEXT


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _if(m: Machine, node: ast.If, scope: Scope, outcome: Outcome) -> str | ast.expr:
    if _is_type_checking(node.test):
        return execute(m, node.body, scope, outcome)
    if _is_main(node.test) and scope is scope.module.scope:
        m.started.append((scope.module, node.body))  # when all modules are there: some are found by folder
        return _NEXT
    value = _tested(m, node, scope)
    known = True if _is_main(node.test) else truth(value)
    if known is not None and (m.loops or not (_is_switch(node.test, value) or _is_optional(node, known, scope))):
        return execute(m, node.body if known else node.orelse, scope, outcome)
    if known is not None:  # a switch with a default: the other side is read too, the default side has the last word
        other, taken = (node.orelse, node.body) if known else (node.body, node.orelse)
        _branch(m, other, scope, outcome, ("not" if known else "", node.test))
        return execute(m, taken, scope, outcome)
    first = _branch(m, node.body, scope, outcome, ("", node.test))
    second = _branch(m, node.orelse, scope, outcome, ("not", node.test))
    if first != _NEXT and second != _NEXT and node.orelse:
        return first
    if first in ("return", "continue") and not _is_entry(scope):
        return node.test
    return _NEXT


def _tested(m: Machine, node: ast.If, scope: Scope) -> Value:
    """The test's value; functions of the tree are asked only where the answer decides about a registration."""
    if m.loops or scope.module.touches(node.lineno, node.end_lineno or node.lineno):
        return m.evaluate(node.test, scope)
    m.shallow += 1
    try:
        return m.evaluate(node.test, scope)
    finally:
        m.shallow -= 1


def _branch(
    m: Machine, body: list[ast.stmt], scope: Scope, outcome: Outcome, condition: tuple[str, ast.AST | None]
) -> str:
    if not body:
        return _NEXT
    m.conditions.append(condition)
    try:
        inner = Outcome(outcome.wanted)
        ended = execute(m, body, scope, inner)
    finally:
        m.conditions.pop()
    outcome.maybe.extend(inner.maybe)
    outcome.yielded.extend(inner.yielded)
    if inner.surely:
        outcome.maybe.append(inner.value)
    return ended


def _is_entry(scope: Scope) -> bool:
    return scope.names.get("__entry__") is True


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _is_switch(test: ast.expr, value: Value) -> bool:
    """Whether a test only reads settings whose value here is a default: `if READ_ONLY`, `if not self.allow_write`."""
    if not (value is None or isinstance(value, bool)):
        return False
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _is_switch(test.operand, value)
    if isinstance(test, ast.BoolOp):
        return all(_is_switch(v, value) for v in test.values)
    return isinstance(test, (ast.Name, ast.Attribute))


def _is_optional(node: ast.If, known: bool, scope: Scope) -> bool:
    """Whether the side not taken registers something, on a test that reads settings and no argument of the function."""
    other = node.orelse if known else node.body
    if not other or not scope.module.touches(other[0].lineno, other[-1].end_lineno or other[-1].lineno):
        return False
    local = scope.names if scope.parent is not None else {}
    return not any(isinstance(n, ast.Name) and n.id in local and n.id != "self" for n in ast.walk(node.test))


def _for(m: Machine, node: ast.For | ast.AsyncFor, scope: Scope, outcome: Outcome) -> str:
    values = items(m, m.evaluate(node.iter, scope))
    if values is None:
        values = [Unknown(source(node.iter))]
    m.loops += 1
    try:
        for value in values[:MAX_ITEMS]:
            if not m.step():
                break
            bind(m, node.target, value, scope)
            ended = execute(m, node.body, scope, outcome)
            if ended == "break":
                break
            if ended in ("return", "raise"):
                return ended
    finally:
        m.loops -= 1
    return execute(m, node.orelse, scope, outcome) if node.orelse else _NEXT


def _while(m: Machine, node: ast.While, scope: Scope, outcome: Outcome) -> str:
    if isinstance(node.test, ast.Constant):
        execute(m, node.body, scope, outcome)
    else:
        _branch(m, node.body, scope, outcome, ("while", node.test))
    return _NEXT


def _with(m: Machine, node: ast.With | ast.AsyncWith, scope: Scope, outcome: Outcome) -> str:
    for entered in node.items:
        if entered.optional_vars is not None:
            bind(m, entered.optional_vars, Thunk(entered.context_expr, scope), scope)
    return execute(m, node.body, scope, outcome)


def _try(m: Machine, node: ast.Try, scope: Scope, outcome: Outcome) -> str:
    ended = execute(m, node.body, scope, outcome)
    before = dict(scope.names)
    for handler in node.handlers:
        inner = Outcome(outcome.wanted)
        m.conditions.append(("except", handler.type))
        try:
            execute(m, handler.body, scope, inner)
        finally:
            m.conditions.pop()
        for name, value in before.items():
            if not isinstance(value, Unknown):
                scope.names[name] = value
    if ended == _NEXT and node.orelse:
        ended = execute(m, node.orelse, scope, outcome)
    if node.finalbody:
        execute(m, node.finalbody, scope, outcome)
    return _NEXT if ended == "raise" else ended


def _match(m: Machine, node: ast.Match, scope: Scope, outcome: Outcome) -> str:
    for case in node.cases:
        _branch(m, case.body, scope, outcome, ("case", case.pattern))
    return _NEXT


def _return(m: Machine, node: ast.Return, scope: Scope, outcome: Outcome) -> str:
    if outcome.wanted or _matters(scope, node):
        outcome.value = m.evaluate(node.value, scope) if node.value is not None else None
    outcome.surely = True
    return "return"


def _delete(m: Machine, node: ast.Delete, scope: Scope, outcome: Outcome) -> str:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            container = m.evaluate(target.value, scope)
            key = m.evaluate(target.slice, scope)
            if isinstance(container, dict) and isinstance(key, str):
                container.pop(key, None)
    return _NEXT


def _ends(how: str) -> Callable[..., str]:
    return lambda m, node, scope, outcome: how


def _alias(m: Machine, node: ast.stmt, scope: Scope, outcome: Outcome) -> str:
    name, value = getattr(node, "name", None), getattr(node, "value", None)
    if isinstance(name, ast.Name) and isinstance(value, ast.expr):
        scope.names[name.id] = Thunk(value, scope)
    return _NEXT


_HANDLERS: dict[type, Callable[..., str | ast.expr]] = {
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Expr: _expression,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Match: _match,
    ast.Return: _return,
    ast.Delete: _delete,
    ast.Global: _global,
    ast.Raise: _ends("raise"),
    ast.Break: _ends("break"),
    ast.Continue: _ends("continue"),
}
if hasattr(ast, "TypeAlias"):
    _HANDLERS[ast.TypeAlias] = _alias
if hasattr(ast, "TryStar"):
    _HANDLERS[ast.TryStar] = _try
