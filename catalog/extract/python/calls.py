"""Calls: of the tree's functions and classes, of registering methods, and of what else can be told without running."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from catalog.extract.python import library
from catalog.extract.python.execution import Outcome, execute
from catalog.extract.python.objects import decorator_names, enum_members, instantiate, is_enum
from catalog.extract.python.values import (
    OPEN,
    UNKNOWN,
    Bound,
    BuiltinMethod,
    Class,
    External,
    Function,
    Generic,
    Instance,
    Invocation,
    Member,
    Partial,
    Registrar,
    Scope,
    Server,
    Thunk,
    Unknown,
    Value,
    is_function,
)

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine

MAX_SAME_FUNCTION = 3
MAX_STEPS_ASIDE = 15_000  # of one call
MAX_STEPS_SPENT = 30_000  # of all calls of one function


def call(m: Machine, callee: Value, args: list[Value], kwargs: dict[str, Value], node: ast.AST, scope: Scope) -> Value:
    """What calling gives. Foreign code is never called: its result is an `Invocation`, or Unknown."""
    wanted = m.unwanted is not node
    if isinstance(callee, (Function, Bound)):
        if m.shallow:
            return UNKNOWN
        m.unwanted = None
        if isinstance(callee, Function):
            return call_function(m, callee, args, kwargs, wanted)
        receiver = [] if callee.function.is_static else [callee.receiver]
        before = m.sink.count()
        result = call_function(m, callee.function, [*receiver, *args], kwargs, wanted)
        if m.sink.count() == before and _keeps_tools(m, callee, args):
            return m.sink.register(m, Registrar("tool", callee.receiver), args, kwargs, node, scope.module)
        return result
    if isinstance(callee, External):
        return _call_external(m, callee, args, kwargs, node, scope)
    if isinstance(callee, BuiltinMethod):
        return library.call_method(m, callee, args, kwargs, node, scope)
    if isinstance(callee, Registrar):
        return m.sink.register(m, callee, args, kwargs, node, scope.module)
    if isinstance(callee, Class):
        return _construct(m, callee, args, kwargs, node)
    if isinstance(callee, Generic):
        return call(m, callee.base, args, kwargs, node, scope)
    if isinstance(callee, Partial):
        return m.call(callee.callee, [*callee.args, *args], {**callee.kwargs, **kwargs}, node, scope)
    if isinstance(callee, Instance):
        method = m.attribute(callee, "__call__")
        return m.call(method, args, kwargs, node, scope) if isinstance(method, Bound) else UNKNOWN
    if isinstance(callee, (Invocation, Unknown, Server)) and len(args) == 1 and is_function(args[0]) and not kwargs:
        return args[0]  # most likely a decorator
    return UNKNOWN


def _keeps_tools(m: Machine, method: Bound, args: list[Value]) -> bool:
    """Whether a function is handed to the `tool` method of a class of the tree that answers the protocol itself."""
    node, owner = method.function.node, method.function.owner
    if owner is None or isinstance(node, ast.Lambda) or m.patterns.methods.get(node.name) != "tool":
        return False
    if len(args) != 1 or not is_function(args[0]):
        return False
    return any(isinstance(n, ast.Constant) and n.value == "tools/list" for n in ast.walk(owner.node))


def _construct(m: Machine, cls: Class, args: list[Value], kwargs: dict[str, Value], node: ast.AST) -> Value:
    if is_enum(m, cls) and len(args) == 1:
        for member in enum_members(m, cls):
            if type(member.value) is type(args[0]) and member.value == args[0]:
                return member
        return args[0] if isinstance(args[0], Member) else UNKNOWN
    made = instantiate(m, cls, args, kwargs, node)
    m.sink.constructed(m, made, node)
    return made


def _call_external(
    m: Machine, callee: External, args: list[Value], kwargs: dict[str, Value], node: ast.AST, scope: Scope
) -> Value:
    known = library.call_known(m, callee, args, kwargs, node, scope)
    if known is not NotImplemented:
        return known
    style = m.patterns.style_of(callee)
    if style is not None:
        return m.sink.serve(m, callee, args, kwargs, node, scope.module)
    verb = m.patterns.verb_of(callee)
    if verb is not None:
        return m.sink.register(m, Registrar(verb, callee), args, kwargs, node, scope.module)
    if "." not in callee.dotted.removeprefix("builtins.") and len(args) == 1 and is_function(args[0]) and not kwargs:
        return args[0]
    if any(isinstance(a, Server) for a in (*args, *kwargs.values())) and _hands_over(callee.last):
        m.sink.handed_over(callee, node, scope.module)
    made = Invocation(callee, args, kwargs, scope.module, getattr(node, "lineno", 0))
    if callee.last == "Tool":
        m.sink.met(m, made)
    return made


def _hands_over(name: str) -> bool:
    """Whether a foreign function's name says that it registers on the server it is given."""
    return any(part in name.lower() for part in ("regist", "tool", "add_", "attach", "install"))


def call_function(
    m: Machine, function: Function, args: list[Value], kwargs: dict[str, Value], wanted: bool = True
) -> Value:
    """Steps through a function of the tree with these arguments and gives what it returns."""
    node = function.node
    running = m.running.get(node, 0)
    if running >= MAX_SAME_FUNCTION:
        return UNKNOWN
    inner = Scope(function.module, function.scope)
    bind_parameters(m, function, args, kwargs, inner)
    if function.owner is not None:
        inner.names["__owner__"] = function.owner
        inner.names["__receiver__"] = args[0] if args else UNKNOWN
    if isinstance(node, ast.Lambda):
        return m.evaluate(node.body, inner)
    if node in m.given_up:
        return UNKNOWN
    settled = m.settled.get(node)
    if settled is not None:
        return settled[0]
    m.entered.add(node)
    m.running[node] = running + 1
    before = m.sink.count()
    if node.name in m.patterns.entries:
        inner.names["__entry__"] = True
    outcome = Outcome(wanted)
    loops, m.loops = m.loops, 0
    limit = m.limit
    aside = not function.module.touches(node.lineno, node.end_lineno or node.lineno)
    if aside:  # holds no registration itself: worth a bounded effort, once
        m.limit = min(limit, m.steps + MAX_STEPS_ASIDE)
    begun = m.steps
    try:
        execute(m, node.body, inner, outcome)
    finally:
        m.running[node] = running
        m.loops = loops
        if aside:
            m.spent[node] = m.spent.get(node, 0) + m.steps - begun
            if m.steps > m.limit or m.spent[node] > MAX_STEPS_SPENT:
                m.given_up.add(node)
            if m.steps <= limit:
                m.exhausted = False
        m.limit = limit
    result = _result(outcome, function)
    _settle(m, node, before, result)
    return result


def _settle(m: Machine, node: ast.AST, before: tuple[int, int], result: Value) -> None:
    """A function that registers only the same tools on a later call is not followed again."""
    calls, distinct = m.sink.count()
    if distinct > before[1]:
        m.registering.add(node)
    elif calls > before[0] and node in m.registering:
        m.settled[node] = (result,)


def _result(outcome: Outcome, function: Function) -> Value:
    """The sure return value; where returns under unknown conditions came before, the most telling one."""
    if outcome.yielded:
        if {"contextmanager", "asynccontextmanager"} & decorator_names(function):
            return outcome.yielded[0]
        return outcome.yielded
    if not outcome.maybe:
        return outcome.value
    candidates = [outcome.value, *outcome.maybe] if outcome.surely else outcome.maybe
    lists = [c for c in candidates if isinstance(c, list)]
    if len(lists) > 1:
        merged: list[Value] = []
        for part in lists:
            merged.extend(v for v in part if not any(v is seen for seen in merged))
        return merged
    telling = [c for c in candidates if c is not None and not isinstance(c, Unknown)]
    return telling[0] if telling else candidates[0]


def bind_parameters(m: Machine, function: Function, args: list[Value], kwargs: dict[str, Value], inner: Scope) -> None:
    """Binds arguments to parameters; defaults are evaluated where the function was defined."""
    spec = function.node.args
    names = inner.names
    left = dict(kwargs)
    open_keywords = left.pop("**", None) is not None
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [*([None] * (len(positional) - len(spec.defaults))), *spec.defaults]
    for index, (parameter, default) in enumerate(zip(positional, defaults, strict=True)):
        names[parameter.arg] = _argument(function, parameter, default, args[index : index + 1], left)
    for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        names[parameter.arg] = _argument(function, parameter, default, [], left)
    if spec.vararg is not None:
        names[spec.vararg.arg] = tuple(args[len(positional) :])
    if spec.kwarg is not None:
        rest: dict[Value, Value] = {}
        rest.update(left.items())
        if open_keywords:
            rest[OPEN] = UNKNOWN
        names[spec.kwarg.arg] = rest


def _argument(
    function: Function, parameter: ast.arg, default: ast.expr | None, given: list[Value], keywords: dict[str, Value]
) -> Value:
    if given:
        return given[0]
    if parameter.arg in keywords:
        return keywords.pop(parameter.arg)
    if default is not None:
        return default.value if isinstance(default, ast.Constant) else Thunk(default, function.scope)
    return Unknown(parameter.arg)
