"""What an expression stands for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from catalog.extract.python.values import (
    ENVIRONMENT,
    OPEN,
    UNKNOWN,
    Alternatives,
    Class,
    External,
    Function,
    Generic,
    Instance,
    Invocation,
    Member,
    ModuleRef,
    Scope,
    Server,
    Setting,
    Unknown,
    Value,
    is_function,
)

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine

MAX_TEXT = 200_000
MAX_ITEMS = 5_000
ELLIPSIS = "…"
_PLAIN = (str, int, float, bool, bytes, type(None))


def evaluate(m: Machine, node: ast.expr, scope: Scope) -> Value:
    """The value of any expression; Unknown for the kinds that say nothing without running."""
    handler = _HANDLERS.get(type(node))
    return handler(m, node, scope) if handler is not None else Unknown(type(node).__name__)


def _constant(m: Machine, node: ast.Constant, scope: Scope) -> Value:
    return node.value


def _name(m: Machine, node: ast.Name, scope: Scope) -> Value:
    return m.lookup(node.id, scope)


def _attribute(m: Machine, node: ast.Attribute, scope: Scope) -> Value:
    return m.attribute(m.evaluate(node.value, scope), node.attr)


def _call(m: Machine, node: ast.Call, scope: Scope) -> Value:
    if isinstance(node.func, ast.Attribute) and node.func.attr in m.patterns.methods:
        m.reached.add((scope.module.path, node.lineno))
        m.reached.add((scope.module.path, node.func.end_lineno or node.lineno))
    callee = m.evaluate(node.func, scope)
    args, kwargs = arguments(m, node, scope)
    return m.call(callee, args, kwargs, node, scope)


def arguments(m: Machine, node: ast.Call, scope: Scope) -> tuple[list[Value], dict[str, Value]]:
    """The evaluated arguments, with `*` and `**` spread where they are known."""
    args: list[Value] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            args.extend(items(m, m.evaluate(arg.value, scope)) or [])
        else:
            args.append(m.evaluate(arg, scope))
    kwargs: dict[str, Value] = {}
    for keyword in node.keywords:
        value = m.evaluate(keyword.value, scope)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif isinstance(value, dict):
            kwargs.update({k: v for k, v in value.items() if isinstance(k, str)})
            if OPEN in value:
                kwargs.setdefault("**", UNKNOWN)
        else:
            kwargs.setdefault("**", value)
    return args, kwargs


def _list(m: Machine, node: ast.List | ast.Set | ast.Tuple, scope: Scope) -> Value:
    out: list[Value] = []
    for element in node.elts[:MAX_ITEMS]:
        if isinstance(element, ast.Starred):
            spread = items(m, m.evaluate(element.value, scope))
            out.extend([Unknown("spread")] if spread is None else spread)
        else:
            out.append(m.evaluate(element, scope))
    return tuple(out) if isinstance(node, ast.Tuple) else out


def _dict(m: Machine, node: ast.Dict, scope: Scope) -> Value:
    out: dict[Value, Value] = {}
    for key_node, value_node in islice(zip(node.keys, node.values, strict=True), MAX_ITEMS):
        value = m.evaluate(value_node, scope)
        if key_node is None:
            if isinstance(value, dict):
                out.update(value)
            else:
                out[OPEN] = UNKNOWN
            continue
        put(out, m.evaluate(key_node, scope), value)
    if "tools" in out:
        m.sink.said(m, out["tools"], node, scope.module)
    return out


def put(target: dict[Value, Value], key: Value, value: Value) -> None:
    """Sets a key; a key that is not known leaves the dict open, with the value kept under the key object itself."""
    key = plain(key)
    if isinstance(key, _PLAIN) or (isinstance(key, tuple) and all(isinstance(k, _PLAIN) for k in key)):
        target[key] = value
    elif isinstance(key, Unknown):
        target[OPEN] = UNKNOWN
        target[Unknown()] = value
    elif key.__hash__ is not None:
        try:
            target[key] = value
        except TypeError:
            target[OPEN] = UNKNOWN


def plain(value: Value) -> Value:
    """A string enum's member as the string it is, a setting as its default; anything else unchanged."""
    if isinstance(value, Setting):
        return value.default
    if isinstance(value, Member) and isinstance(value.value, str) and _is_text_enum(value.cls):
        return value.value
    return value


def _is_text_enum(cls: Class) -> bool:
    return any(isinstance(b, External) and b.last in ("str", "StrEnum") for b in cls.bases or ())


def text(m: Machine, value: Value) -> str | None:
    """The text of a value in an f-string or `str()`, None when it is not known."""
    value = plain(value)
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (int, float, bool)):
        return str(value)
    if isinstance(value, Member):
        return f"{value.cls.name}.{value.name}"
    if isinstance(value, (list, tuple, dict)):
        raw = literal(value)
        return str(raw) if raw is not NotImplemented else None
    return None


def literal(value: Value, depth: int = 0) -> Value:
    """The value with nothing but plain data in it, NotImplemented when anything else is inside."""
    value = plain(value)
    if isinstance(value, _PLAIN):
        return value
    if depth > 40:
        return NotImplemented
    if isinstance(value, (list, tuple)):
        out = [literal(v, depth + 1) for v in value]
        if any(v is NotImplemented for v in out):
            return NotImplemented
        return tuple(out) if isinstance(value, tuple) else out
    if isinstance(value, dict):
        pairs = {k: literal(v, depth + 1) for k, v in value.items()}
        if OPEN in pairs or any(v is NotImplemented for v in pairs.values()):
            return NotImplemented
        return pairs
    return NotImplemented


def _joined(m: Machine, node: ast.JoinedStr, scope: Scope) -> Value:
    parts: list[str] = []
    complete = True
    for piece in node.values:
        if isinstance(piece, ast.Constant):
            parts.append(str(piece.value))
            continue
        assert isinstance(piece, ast.FormattedValue)
        value = m.evaluate(piece.value, scope)
        shown = text(m, value)
        if shown is None:
            complete = False
            parts.append(ELLIPSIS)
            continue
        if piece.conversion == ord("r"):
            shown = repr(plain(value))
        parts.append(_formatted(m, value, shown, piece.format_spec, scope))
    return bounded("".join(parts)) if complete else Unknown(source(node), _partly("".join(parts)))


def _partly(text: str) -> str | None:
    """A text with gaps, where enough of it is known to be of use."""
    return text if len(text) <= MAX_TEXT and any(c.isalpha() for c in text.replace(ELLIPSIS, "")) else None


def _formatted(m: Machine, value: Value, shown: str, spec: ast.expr | None, scope: Scope) -> str:
    how = m.evaluate(spec, scope) if spec is not None else ""
    if isinstance(how, str) and how and len(how) < 12 and isinstance(value, (int, float, str)):
        digits = "".join(c for c in how if c.isdigit())
        if len(digits) < 4:
            try:
                return format(value, how)
            except ValueError:
                return shown
    return shown


def bounded(value: str) -> Value:
    return value if len(value) <= MAX_TEXT else Unknown("a text longer than is kept")


def _binary(m: Machine, node: ast.BinOp, scope: Scope) -> Value:
    chain: list[ast.expr] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and type(left.op) is type(node.op):
        chain.append(left.right)
        left = left.left
    value = m.evaluate(left, scope)
    for right in islice(reversed(chain), MAX_ITEMS):
        if not m.step():
            return UNKNOWN
        value = _operate(m, node.op, value, m.evaluate(right, scope))
    return value


def _operate(m: Machine, op: ast.operator, left: Value, right: Value) -> Value:
    left, right = plain(left), plain(right)
    if isinstance(op, ast.BitOr):
        return _either(left, right)
    if isinstance(op, ast.Add):
        return _add(left, right)
    if isinstance(op, ast.Mod) and isinstance(left, str):
        raw = literal(right)
        if raw is NotImplemented or len(left) > MAX_TEXT or "*" in left or any(len(d) > 3 for d in _digits(left)):
            return UNKNOWN
        try:
            return bounded(left % raw)
        except (TypeError, ValueError, KeyError):
            return UNKNOWN
    if isinstance(op, ast.Mult):
        return _times(left, right)
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if isinstance(op, ast.Sub) and numbers:
        return left - right  # type: ignore[operator]
    if isinstance(op, (ast.Div, ast.FloorDiv)) and numbers and right:
        return left / right if isinstance(op, ast.Div) else left // right  # type: ignore[operator]
    if isinstance(op, ast.Sub) and isinstance(left, list) and isinstance(right, (list, tuple)):
        return [v for v in left if v not in right]
    return UNKNOWN


def _digits(template: str) -> Iterator[str]:
    run = ""
    for c in template:
        if c.isdigit():
            run += c
        else:
            if run:
                yield run
            run = ""


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return bounded(left + right)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        joined = [*left, *right]
        return tuple(joined) if isinstance(left, tuple) else joined
    if isinstance(left, (str, Unknown)) and isinstance(right, (str, Unknown)):
        return Unknown("addition", _partly(_known_text(left) + _known_text(right)))
    if isinstance(left, list):
        return [*left, Unknown("list addition")]
    if isinstance(right, list):
        return [Unknown("list addition"), *right]
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left + right
    return Unknown("addition")


def _known_text(value: Value) -> str:
    if isinstance(value, Unknown):
        return value.known or ELLIPSIS
    return value if isinstance(value, str) else ELLIPSIS


def _times(left: Value, right: Value) -> Value:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left * right if abs(left) < 1e15 and abs(right) < 1e15 else UNKNOWN
    if isinstance(left, str) and isinstance(right, int):
        return left * right if 0 <= len(left) * right <= MAX_TEXT else UNKNOWN
    return UNKNOWN


def _either(left: Value, right: Value) -> Value:
    """`A | B`: merged dicts and sets, or a union of types."""
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    if isinstance(left, dict) or isinstance(right, dict):
        known = left if isinstance(left, dict) else right
        assert isinstance(known, dict)
        return {**known, OPEN: UNKNOWN}
    if isinstance(left, list) and isinstance(right, list):
        return [*left, *(v for v in right if v not in left)]
    if isinstance(left, int) and isinstance(right, int) and not isinstance(left, bool):
        return left | right
    members = left.members if isinstance(left, Alternatives) else [left]
    return Alternatives([*members, *(right.members if isinstance(right, Alternatives) else [right])])


def _unary(m: Machine, node: ast.UnaryOp, scope: Scope) -> Value:
    value = m.evaluate(node.operand, scope)
    if isinstance(node.op, ast.Not):
        known = truth(value)
        return UNKNOWN if known is None else not known
    if isinstance(value, (int, float)):
        return -value if isinstance(node.op, ast.USub) else value
    return UNKNOWN


def truth(value: Value) -> bool | None:
    """Whether a value counts as true, None when it is not known."""
    if isinstance(value, (Unknown, Invocation, Setting)):
        return None
    if isinstance(value, dict):
        return None if set(value) == {OPEN} else bool(value)
    if isinstance(value, (list, tuple)):
        return None if value and all(isinstance(v, Unknown) for v in value) else bool(value)
    if isinstance(value, _PLAIN):
        return bool(value)
    if is_function(value) or isinstance(value, (Class, Server, Instance, ModuleRef, Member)):
        return True
    return None


def _boolean(m: Machine, node: ast.BoolOp, scope: Scope) -> Value:
    """`a or b`, `a and b`: the deciding operand; with an unknown one before it, the first that is known, which for a
    text is only what it may be."""
    stops_at = isinstance(node.op, ast.Or)
    unsure = replaced = False
    value: Value = UNKNOWN
    for operand in node.values:
        value = m.evaluate(operand, scope)
        known = truth(value)
        if known is None:
            unsure = True
            replaced = replaced or (isinstance(value, (Unknown, Invocation)) and value is not ENVIRONMENT)
        elif known is stops_at:
            if replaced and stops_at and isinstance(value, str):
                return Unknown("a default that may be replaced", value)
            return Unknown("condition") if unsure and isinstance(value, bool) and not stops_at else value
    return Unknown("condition") if unsure else value


def _compare(m: Machine, node: ast.Compare, scope: Scope) -> Value:
    left = m.evaluate(node.left, scope)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = m.evaluate(right_node, scope)
        result = (
            UNKNOWN
            if isinstance(left, Setting) or isinstance(right, Setting)
            else _compared(op, plain(left), plain(right))
        )
        if result is not True:
            return result
        left = right
    return True


def _compared(op: ast.cmpop, left: Value, right: Value) -> Value:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    if isinstance(op, (ast.In, ast.NotIn)):
        inside = _contains(right, left)
        return UNKNOWN if inside is None else inside is isinstance(op, ast.In)
    if isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
        if isinstance(left, Invocation) or isinstance(right, Invocation):
            same: bool | None = left is right or None
            if left is None or right is None:
                same = False
        else:
            same = left is right or (type(left) is type(right) and left == right)
        return UNKNOWN if same is None else same is isinstance(op, (ast.Eq, ast.Is))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        order = {ast.Lt: left < right, ast.LtE: left <= right, ast.Gt: left > right, ast.GtE: left >= right}
        return order[type(op)]
    return UNKNOWN


def _contains(container: Value, item: Value) -> bool | None:
    if isinstance(container, str):
        return item in container if isinstance(item, str) else None
    if isinstance(container, dict):
        if isinstance(item, (list, dict)):
            return None
        return True if item in container else (None if OPEN in container else False)
    if isinstance(container, (list, tuple)):
        if any(item is v or (type(item) is type(plain(v)) and item == plain(v)) for v in container):
            return True
        return None if any(isinstance(v, Unknown) for v in container) else False
    return None


def _choice(m: Machine, node: ast.IfExp, scope: Scope) -> Value:
    known = truth(m.evaluate(node.test, scope))
    if known is not None:
        return m.evaluate(node.body if known else node.orelse, scope)
    body = m.evaluate(node.body, scope)
    if isinstance(body, Unknown) or body is None or body in ("", [], {}):
        return m.evaluate(node.orelse, scope)
    return body


def _subscript(m: Machine, node: ast.Subscript, scope: Scope) -> Value:
    base = m.evaluate(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        return _sliced(m, base, node.slice, scope)
    index = m.evaluate(node.slice, scope)
    return item(m, base, index)


def item(m: Machine, base: Value, index: Value) -> Value:
    """`base[index]`: an element, an enum member, or a subscripted type."""
    if isinstance(base, dict):
        key = plain(index)
        if isinstance(key, (list, dict)):
            return UNKNOWN
        return base[key] if key in base else Unknown("key")
    if isinstance(base, (list, tuple, str)):
        if isinstance(index, int) and -len(base) <= index < len(base):
            return base[index]
        return UNKNOWN
    if isinstance(base, (External, Class, Generic)):
        if isinstance(base, Class) and isinstance(index, str):
            member = m.attribute(base, index)
            if isinstance(member, Member):
                return member
        return Generic(base, list(index) if isinstance(index, tuple) else [index])
    if isinstance(base, Instance):
        return m.call(m.attribute(base, "__getitem__"), [index], {}, base.cls.node, base.cls.scope)
    return UNKNOWN


def _sliced(m: Machine, base: Value, part: ast.Slice, scope: Scope) -> Value:
    if not isinstance(base, (str, list, tuple)):
        return UNKNOWN
    bounds = [None if b is None else m.evaluate(b, scope) for b in (part.lower, part.upper, part.step)]
    numbers = [b for b in bounds if b is None or isinstance(b, int)]
    if len(numbers) == 3 and numbers[2] != 0:
        return base[slice(*numbers)]
    return UNKNOWN


def items(m: Machine, value: Value) -> list[Value] | None:
    """What iterating gives, None when it is not known. An open dict gives the keys that are known."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, dict):
        return [k for k in value if k is not OPEN]
    if isinstance(value, str):
        return list(value)
    if isinstance(value, Class):
        from catalog.extract.python.objects import enum_members

        return list(enum_members(m, value)) or None
    return None


def _comprehension(m: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
    out: list[Value] = []
    complete = True
    for inner in _iterations(m, node.generators, scope):
        if inner is None:
            complete = False
        else:
            out.append(m.evaluate(node.elt, inner))
    return out if complete else [*out, Unknown(source(node))]


def _dict_comprehension(m: Machine, node: ast.DictComp, scope: Scope) -> Value:
    out: dict[Value, Value] = {}
    for inner in _iterations(m, node.generators, scope):
        if inner is None:
            out[OPEN] = UNKNOWN
        else:
            put(out, m.evaluate(node.key, inner), m.evaluate(node.value, inner))
    return out


def _iterations(m: Machine, generators: list[ast.comprehension], scope: Scope) -> Iterator[Scope | None]:
    """A scope per round of a comprehension; None once where what it runs over is not known."""
    from catalog.extract.python.execution import bind

    head, rest = generators[0], generators[1:]
    values = items(m, m.evaluate(head.iter, scope))
    if values is None:
        yield None
        return
    for value in values[:MAX_ITEMS]:
        if not m.step():
            return
        inner = Scope(scope.module, scope)
        bind(m, head.target, value, inner)
        if any(truth(m.evaluate(test, inner)) is False for test in head.ifs):
            continue
        if rest:
            yield from _iterations(m, rest, inner)
        else:
            yield inner


def _lambda(m: Machine, node: ast.Lambda, scope: Scope) -> Value:
    return Function(node, scope)


def _await(m: Machine, node: ast.Await, scope: Scope) -> Value:
    return m.evaluate(node.value, scope)


def _walrus(m: Machine, node: ast.NamedExpr, scope: Scope) -> Value:
    value = m.evaluate(node.value, scope)
    scope.names[node.target.id] = value
    return value


def source(node: ast.AST, limit: int = 120) -> str:
    """The text of an expression, for gaps and conditions. Bounded."""
    if sum(1 for _ in islice(ast.walk(node), 400)) == 400:
        return "an expression too long to show"
    try:
        shown = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):
        return "an expression too deep to show"
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


_HANDLERS: dict[type, Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.List: _list,
    ast.Set: _list,
    ast.Tuple: _list,
    ast.Dict: _dict,
    ast.JoinedStr: _joined,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.Subscript: _subscript,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.Lambda: _lambda,
    ast.Await: _await,
    ast.NamedExpr: _walrus,
}
