"""Calls: own functions are followed, those of the language are known, those of packages are guessed by shape."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from tree_sitter import Node

from catalog.extract.typescript import schemas
from catalog.extract.typescript.patterns import patterns
from catalog.extract.typescript.scopes import Env
from catalog.extract.typescript.sources import named, short, unescape
from catalog.extract.typescript.values import (
    UNDEFINED,
    Arr,
    Cls,
    Conditional,
    Either,
    External,
    Func,
    Inst,
    Namespace,
    Native,
    Obj,
    Schema,
    Thunk,
    Unknown,
    Value,
)  # fmt: skip

if TYPE_CHECKING:
    from catalog.extract.typescript.evaluate import Evaluator

MAX_ITEMS = 5_000
Method = Callable[["Evaluator", Value, list[Value]], Value]


def arguments_of(evaluator: Evaluator, node: Node, env: Env) -> list[Value]:
    """The arguments of a call, unevaluated; a spread of a known list is laid out."""
    holder = node.child_by_field_name("arguments")
    args: list[Value] = []
    for arg in named(holder) if holder is not None else []:
        if arg.type == "spread_element":
            items, missing = evaluator.iterate(evaluator.eval(named(arg)[0], env))
            args += items
            args += missing[:1]
        else:
            args.append(Thunk(arg, env))
    return args


def call_expression(evaluator: Evaluator, node: Node, env: Env) -> Value:
    """The value of a call."""
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return Unknown("incomplete call")
    if arguments.type == "template_string":
        return _tagged(evaluator, function, arguments, env)
    while function.type in ("parenthesized_expression", "non_null_expression", "instantiation_expression") and named(
        function
    ):
        function = named(function)[0]
    if function.type == "sequence_expression":  # (0, module.name)(...)
        function = named(function)[-1]
    args = arguments_of(evaluator, node, env)
    if function.type == "import" or (function.type == "identifier" and env.module.text(function) == "require"):
        source = evaluator.settle(args[0]) if args else None
        return (
            evaluator.import_value(env.module, source, "*") if isinstance(source, str) else Unknown("a computed import")
        )
    if function.type == "member_expression":
        return _method_call(evaluator, function, args, env)
    name = env.module.text(function) if function.type == "identifier" else ""
    if name in _COMPILED:
        return _COMPILED[name](evaluator, args)
    return _function_call(evaluator, evaluator.eval(function, env), name, args, env)


def _method_call(evaluator: Evaluator, function: Node, args: list[Value], env: Env) -> Value:
    target, prop = function.child_by_field_name("object"), function.child_by_field_name("property")
    if target is None or prop is None:
        return Unknown("incomplete call")
    name = env.module.text(prop)
    if name in _COMPILED:
        return _COMPILED[name](evaluator, args)
    if name in schemas.FACTORIES or name in schemas.TYPEBOX:
        library = schemas.library(evaluator, target, name, env)
        if library:
            return schemas.build(evaluator, library, name, args, env.module)
    receiver = evaluator.eval(target, env) if target.type != "super" else evaluator.this_of(env)
    if isinstance(receiver, Either):
        receiver = evaluator.settle(receiver)
    if isinstance(receiver, Schema):
        if name in patterns().schema_converters:
            return _converted(evaluator, name, receiver, args)
        return schemas.method(evaluator, receiver, name, args)
    if name in patterns().schema_converters and args and isinstance(first := evaluator.settle(args[0]), Schema):
        return _converted(evaluator, name, first, args[1:])
    if name in ("call", "apply", "bind") and isinstance(receiver, Func):
        return receiver if name == "bind" else evaluator.call(receiver, args[1:] if name == "call" else [])
    if name == "then" and args and isinstance(evaluator.force(args[0]), Func):
        return evaluator.call(args[0], [receiver])
    if name in ("catch", "finally"):
        return receiver
    if target.type == "super":
        from catalog.extract.typescript import classes

        found = classes.super_member(evaluator, env, name)
    else:
        found = evaluator.member(receiver, name)
    this = receiver if isinstance(receiver, (Inst, Obj, Cls)) else None
    return _function_call(evaluator, found, name, args, env, this)


def _function_call(
    evaluator: Evaluator, function: Value, name: str, args: list[Value], env: Env, this: Value = None
) -> Value:
    function = evaluator.settle(function)
    if isinstance(function, Native):
        return function.call(args)
    if isinstance(function, External):
        return _external_call(evaluator, function, args, env, name)
    if name in patterns().schema_converters and args:
        first = evaluator.settle(args[0])
        if isinstance(first, Schema):
            return _converted(evaluator, name, first, args[1:])
    if isinstance(function, Func):
        kind = schemas.bundled_factory(evaluator, function, name)
        if kind:
            return schemas.build(evaluator, "zod", kind, args, env.module)
        result = evaluator.call(function, args, this)
        return _or_argument(evaluator, result, name, args)
    if isinstance(function, Unknown):
        return _or_argument(evaluator, function, name, args)
    return Unknown(f"the called function {name or 'here'} is not known")


def _converted(evaluator: Evaluator, name: str, schema: Schema, args: list[Value]) -> Value:
    """A schema handed to a converter. zod 4's own describes parsed values unless it is told otherwise."""
    options = evaluator.settle(args[0]) if args else UNDEFINED
    if name == "zodToJsonSchema":
        given = evaluator.settle(options.props.get("name", UNDEFINED)) if isinstance(options, Obj) else options
        if isinstance(given, str):
            return Obj({"$ref": f"#/definitions/{given}", "definitions": Obj({given: schema})})
    if name != "toJSONSchema":
        return schema
    if isinstance(options, Obj) and evaluator.settle(options.props.get("io", UNDEFINED)) == "input":
        return schema
    return schemas.as_output(evaluator, schema)


def _or_argument(evaluator: Evaluator, result: Value, name: str, args: list[Value]) -> Value:
    """The result; where it is not known, what such functions usually hand through: a schema, a text, a definition."""
    if not isinstance(result, (Unknown, External)):
        return result
    if isinstance(result, Unknown) and result.free is not None:
        return result
    passed = _handed_through(evaluator, name, args)
    return result if passed is None else passed


def _handed_through(evaluator: Evaluator, name: str, args: list[Value]) -> Value | None:
    values = [evaluator.settle(a) for a in args[:3]]
    if not values:
        return None
    first = values[0]
    if name in patterns().translators:
        texts = [v for v in values if isinstance(v, str)]
        return texts[-1] if texts else None
    if name in patterns().text_helpers and isinstance(first, str):
        return _dedent(first) if "dent" in name.lower() else first.strip()
    for value in values:
        if isinstance(value, Schema):
            return value
    if isinstance(first, Obj) and (_is_definition(first) or name in patterns().definers):
        return first
    if (
        isinstance(first, str)
        and len(values) > 1
        and isinstance(values[1], Obj)
        and _is_definition(values[1], named_apart=True)
    ):
        return Obj({"name": first, **values[1].props}, values[1].missing, values[1].node, values[1].module)
    return None


def _is_definition(value: Obj, named_apart: bool = False) -> bool:
    keys = patterns().keys
    has_name = named_apart or any(k in value.props for k in keys["name"])
    return has_name and any(k in value.props for k in (*keys["description"], *keys["schema"]))


def _external_call(
    evaluator: Evaluator, function: External, args: list[Value], env: Env | None, called: str = ""
) -> Value:
    name = function.path[-1] if function.path else called
    if name == "default":
        name = called or name
    if function.package == "":
        known = _GLOBALS.get(".".join(function.path))
        if known is not None:
            return known(evaluator, args)
    if (
        env is not None
        and schemas.is_schema_package(function.package)
        and name in (*schemas.FACTORIES, *schemas.TYPEBOX)
    ):
        return schemas.build(evaluator, schemas.is_schema_package(function.package), name, args, env.module)
    if function.package == "arktype" and args and isinstance(given := evaluator.settle(args[0]), Obj):
        return schemas.arktype(evaluator, given)
    if name in patterns().schema_converters and args:
        first = evaluator.settle(args[0])
        return _converted(evaluator, name, first, args[1:]) if isinstance(first, Schema) else first
    passed = _handed_through(evaluator, name, args)
    if passed is not None:
        return passed
    first = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(first, (Obj, Arr, Func, Cls)) and name not in ("fetch", "join", "resolve"):
        return first
    return Unknown(f"{name or 'a function'} comes from {function.package or 'outside the tree'}")


def new_expression(evaluator: Evaluator, node: Node, env: Env) -> Value:
    """The value of `new X(...)`."""
    constructor = node.child_by_field_name("constructor")
    if constructor is None:
        return Unknown("incomplete new")
    args = arguments_of(evaluator, node, env)
    name = env.module.text(constructor) if constructor.end_byte - constructor.start_byte < 80 else ""
    if name in ("Map", "WeakMap"):
        out = Obj(kind="map")
        if args:
            items, missing = evaluator.iterate(evaluator.settle(args[0]))
            _entries_into(evaluator, out, items)
            out.missing += missing
        return out
    if name == "Set":
        if not args:
            return Arr(kind="set")
        items, missing = evaluator.iterate(evaluator.settle(args[0]))
        return Arr(list(items), list(missing), "set")
    if name == "Array":
        return Arr()
    cls = evaluator.settle(evaluator.eval(constructor, env))
    if isinstance(cls, Cls):
        return Inst(cls, args)
    first = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(first, Obj) and _is_definition(first):
        return first
    return Unknown(f"an instance of {name or 'a class'} from outside the tree")


def _entries_into(evaluator: Evaluator, out: Obj, items: list[Value]) -> None:
    for item in items:
        condition = item.condition if isinstance(item, Conditional) else None
        pair = evaluator.settle(item)
        if isinstance(pair, Arr) and len(pair.items) == 2:
            key = evaluator.settle(pair.items[0])
            if isinstance(key, (str, int)) and not isinstance(key, bool):
                out.props[str(key)] = pair.items[1]
                if condition is not None:
                    out.conditions[str(key)] = condition
            elif isinstance(key, Unknown):
                out.missing.append(key)
        elif isinstance(pair, Unknown):
            out.missing.append(pair)


def _tagged(evaluator: Evaluator, function: Node, template: Node, env: Env) -> Value:
    tag = env.module.text(function).rpartition(".")[2]
    text = evaluator.template(template, env)
    if not isinstance(text, str):
        return text
    if env.module.text(function) == "String.raw":
        return env.module.text(template)[1:-1]
    if tag in ("oneLine", "oneLineTrim", "singleLine"):
        return " ".join(text.split())
    if tag in patterns().text_helpers or "dent" in tag.lower():
        return _dedent(text)
    return text


def _dedent(text: str) -> str:
    lines = text.split("\n")
    if lines and lines[0].strip():
        return (lines[0] + "\n" + textwrap.dedent("\n".join(lines[1:]))).strip()
    return textwrap.dedent(text).strip()


# --- members of plain values ------------------------------------------------------------------------------------


def member(evaluator: Evaluator, value: Value, name: str) -> Value | None:
    """A built-in property or method of a text, list or map; None when it has none of that name."""
    table: dict[str, Method] | None = None
    if isinstance(value, str):
        if name == "length":
            return len(value)
        if name.isdigit():
            return value[int(name)] if int(name) < len(value) else UNDEFINED
        table = _TEXT
    elif isinstance(value, Arr):
        if name in ("length", "size"):
            return len(value.items) if not value.missing else Unknown("a length")
        if name.isdigit():
            return evaluator.force(value.items[int(name)]) if int(name) < len(value.items) else UNDEFINED
        table = _LIST
    elif isinstance(value, Obj) and value.kind == "map":
        if name == "size":
            return len(value.props)
        table = _MAP
    elif isinstance(value, Func):
        key = value.node.child_by_field_name("name")
        return value.env.module.text(key) if name == "name" and key is not None else None
    elif isinstance(value, (int, float)):
        table = {"toString": lambda ev, v, a: _text(ev, v), "toLocaleString": lambda ev, v, a: f"{v:,}"}
    if table is None or name not in table:
        return None
    method = table[name]
    return Native(name, lambda args: method(evaluator, value, args))


def _text(evaluator: Evaluator, value: Value) -> str | None:
    from catalog.extract.typescript.evaluate import js_text

    return js_text(evaluator, value)


def _arg(evaluator: Evaluator, args: list[Value], index: int) -> Value:
    return evaluator.settle(args[index]) if index < len(args) else UNDEFINED


def _join(evaluator: Evaluator, value: Arr, args: list[Value]) -> Value:
    separator = _arg(evaluator, args, 0)
    parts = []
    for item in value.items:
        settled = evaluator.settle(item)
        text = "" if settled is None or settled is UNDEFINED else _text(evaluator, settled)
        if text is None:
            return settled if isinstance(settled, Unknown) else Unknown("a part of a joined text")
        parts.append(text)
    if value.missing:
        return value.missing[0]
    return (separator if isinstance(separator, str) else ",").join(parts)


def _map(evaluator: Evaluator, value: Arr, args: list[Value]) -> Value:
    function = _arg(evaluator, args, 0)
    out = Arr(missing=list(value.missing))
    for index, item in enumerate(value.items[:MAX_ITEMS]):
        inner = item.value if isinstance(item, Conditional) else item
        result = _apply(evaluator, function, inner, index, value)
        out.items.append(Conditional(item.condition, result) if isinstance(item, Conditional) else result)
    return out


def _apply(evaluator: Evaluator, function: Value, item: Value, index: int, whole: Value) -> Value:
    if isinstance(function, (Func, Native)):
        return evaluator.call(function, [item, index, whole])
    if isinstance(function, External):
        return _external_call(evaluator, function, [item], None)
    return Unknown("the function over the list is not known")


def _filter(evaluator: Evaluator, value: Arr, args: list[Value]) -> Value:
    function = _arg(evaluator, args, 0)
    out = Arr(missing=list(value.missing))
    for index, item in enumerate(value.items[:MAX_ITEMS]):
        if isinstance(function, External):
            if evaluator.truth(evaluator.settle(item)) is not False:
                out.items.append(item)
            continue
        inner = item.value if isinstance(item, Conditional) else item
        kept = evaluator.truth(_apply(evaluator, function, inner, index, value)) if isinstance(function, Func) else None
        if kept is True:
            out.items.append(item)
        elif kept is None:
            text = short(function.env.module, function.node) if isinstance(function, Func) else "a filter"
            out.items.append(Conditional(f"filter: {text}", item))
    return out


def _flatten(evaluator: Evaluator, value: Arr, depth: int = 1) -> Value:
    out = Arr(missing=list(value.missing))
    for item in value.items:
        settled = evaluator.force(item)
        if isinstance(settled, (Arr, Either)):
            items, missing = evaluator.iterate(settled)
            condition = item.condition if isinstance(item, Conditional) else None
            out.items += [Conditional(condition, i) for i in items] if condition else items
            out.missing += missing
        else:
            out.items.append(item)
    return out


def _reduce(evaluator: Evaluator, value: Arr, args: list[Value]) -> Value:
    function = _arg(evaluator, args, 0)
    accumulator: Value = args[1] if len(args) > 1 else UNDEFINED
    if not isinstance(function, Func):
        return Unknown("a reduction")
    start = evaluator.settle(accumulator)
    if isinstance(start, Obj):
        return _reduce_into(evaluator, function, start, value)
    for index, item in enumerate(value.items[:MAX_ITEMS]):
        accumulator = evaluator.call(function, [accumulator, item, index, value])
    return evaluator.force(accumulator)


def _reduce_into(evaluator: Evaluator, function: Func, start: Obj, value: Arr) -> Value:
    """`reduce((all, one) => { all[one.name] = one; return all }, {})` and the form that returns a spread."""
    from catalog.extract.typescript import mutation

    whole = Obj(dict(start.props), missing=list(value.missing), kind=start.kind)
    for index, item in enumerate(value.items[:MAX_ITEMS]):
        env = Env(function.env.module, function.node, function.env)
        env.args = [whole, item, index, value]
        parameters = function.node.child_by_field_name("parameters")
        first = named(parameters)[0] if parameters is not None and named(parameters) else None
        name = env.module.text(first).partition(":")[0].strip() if first is not None else ""
        chains = mutation.find(env, name) if name.isidentifier() else []
        if chains:
            mutation.apply(evaluator, env, whole, chains)
        else:
            result = evaluator.settle(evaluator.returned(env))
            whole = result if isinstance(result, Obj) else whole
    return whole


def _find(evaluator: Evaluator, value: Arr, args: list[Value]) -> Value:
    kept = _filter(evaluator, value, args)
    if isinstance(kept, Arr) and kept.items and not isinstance(kept.items[0], Conditional):
        return evaluator.force(kept.items[0])
    return Unknown("a search in a list")


def _concat(evaluator: Evaluator, value: Arr, args: list[Value]) -> Value:
    out = Arr(list(value.items), list(value.missing))
    for arg in args:
        settled = evaluator.force(arg)
        if isinstance(settled, (Arr, Either, Unknown)):
            items, missing = evaluator.iterate(settled)
            out.items += items
            out.missing += missing
        else:
            out.items.append(settled)
    return out


def _slice(evaluator: Evaluator, value: Value, args: list[Value]) -> Value:
    start, end = _arg(evaluator, args, 0), _arg(evaluator, args, 1)
    first = start if isinstance(start, int) else None
    last = end if isinstance(end, int) else None
    return Arr(value.items[first:last], value.missing) if isinstance(value, Arr) else value[first:last]


def _includes(evaluator: Evaluator, value: Value, args: list[Value]) -> Value:
    wanted = _arg(evaluator, args, 0)
    if isinstance(value, str):
        return wanted in value if isinstance(wanted, str) else Unknown("a text search")
    items = [evaluator.settle(i) for i in value.items]
    if isinstance(wanted, (Unknown, External)):
        return wanted if isinstance(wanted, Unknown) else Unknown("a search")
    if any(type(i) is type(wanted) and i == wanted for i in items if isinstance(i, (str, int, float))):
        return True
    return Unknown("a search") if value.missing or any(isinstance(i, Unknown) for i in items) else False


def _quantified(evaluator: Evaluator, value: Arr, args: list[Value], which: str) -> Value:
    function = _arg(evaluator, args, 0)
    known = (
        [evaluator.truth(_apply(evaluator, function, i, n, value)) for n, i in enumerate(value.items[:MAX_ITEMS])]
        if isinstance(function, Func)
        else [None]
    )
    if which == "some":
        return True if True in known else Unknown("a test of a list") if None in known or value.missing else False
    return False if False in known else Unknown("a test of a list") if None in known or value.missing else True


def _replace(evaluator: Evaluator, value: str, args: list[Value], every: bool = False) -> Value:
    old, new = _arg(evaluator, args, 0), _arg(evaluator, args, 1)
    if isinstance(old, str) and isinstance(new, str):
        return value.replace(old, new) if every else value.replace(old, new, 1)
    if isinstance(old, Obj) and old.kind == "regex" and isinstance(args[0], Thunk):
        return _replace_pattern(evaluator, value, args[0], args[1] if len(args) > 1 else UNDEFINED)
    return old if isinstance(old, Unknown) else new if isinstance(new, Unknown) else Unknown("a replacement")


_SIMPLE = re.compile(
    r"^(?:[\w\s\-.:/ ]|\\[sSwWdDnt.\-/]|\[\^?(?:[\w\-\s./:]|\\[swd.\-/])+\]"
    r"|\((?:\[A-Z\]|\[a-z0-9\]|\[a-z\])\)|[+*?^$])+$"
)


def _replace_pattern(evaluator: Evaluator, value: str, pattern: Thunk, new: Value) -> Value:
    source = pattern.env.module.text(pattern.node)
    body, _, flags = source[1:].rpartition("/")
    if not _SIMPLE.match(body) or len(body) > 60 or len(value) > 20_000:
        return Unknown("a replacement by pattern")
    compiled = re.compile(body, re.IGNORECASE if "i" in flags else 0)
    replacement = evaluator.settle(new)
    count = 0 if "g" in flags else 1
    if isinstance(replacement, str):
        return compiled.sub(re.sub(r"\$(\d)", r"\\\1", replacement.replace("\\", "\\\\")), value, count=count)
    if isinstance(replacement, Func):

        def one(match: re.Match[str]) -> str:
            result = evaluator.settle(evaluator.call(replacement, [match.group(), *match.groups()]))
            return result if isinstance(result, str) else "\0"

        text = compiled.sub(one, value, count=count)
        return Unknown("a replacement by function") if "\0" in text else text
    return Unknown("a replacement by pattern")


def _split(evaluator: Evaluator, value: str, args: list[Value]) -> Value:
    separator = _arg(evaluator, args, 0)
    if separator == "":
        return Arr(list(value))
    if isinstance(separator, str):
        return Arr(list(value.split(separator)))
    return Unknown("a split by pattern")


def _pad(evaluator: Evaluator, value: str, args: list[Value], left: bool) -> Value:
    width, fill = _arg(evaluator, args, 0), _arg(evaluator, args, 1)
    if not isinstance(width, int) or width > 1_000:
        return Unknown("a padded text")
    char = fill[0] if isinstance(fill, str) and fill else " "
    return value.rjust(width, char) if left else value.ljust(width, char)


def _pairs(evaluator: Evaluator, value: Arr, args: list[Value]) -> Value:
    return Arr([Arr([n, i]) for n, i in enumerate(value.items)], value.missing)


def _lookup(evaluator: Evaluator, value: Obj, args: list[Value]) -> Value:
    key = _arg(evaluator, args, 0)
    if isinstance(key, str):
        return evaluator.force(value.props.get(key, value.missing[0] if value.missing else UNDEFINED))
    return key if isinstance(key, Unknown) else Unknown("a look-up in a map")


def _has_key(evaluator: Evaluator, value: Obj, args: list[Value]) -> Value:
    key = _arg(evaluator, args, 0)
    return True if isinstance(key, str) and key in value.props else Unknown("a look-up in a map")


_TEXT: dict[str, Method] = {
    "trim": lambda ev, v, a: v.strip(),
    "trimStart": lambda ev, v, a: v.lstrip(),
    "trimEnd": lambda ev, v, a: v.rstrip(),
    "toUpperCase": lambda ev, v, a: v.upper(),
    "toLowerCase": lambda ev, v, a: v.lower(),
    "toString": lambda ev, v, a: v,
    "valueOf": lambda ev, v, a: v,
    "normalize": lambda ev, v, a: v,
    "replace": _replace,
    "replaceAll": lambda ev, v, a: _replace(ev, v, a, True),
    "split": _split,
    "slice": _slice,
    "substring": _slice,
    "includes": _includes,
    "startsWith": lambda ev, v, a: v.startswith(s) if isinstance(s := _arg(ev, a, 0), str) else Unknown("a test"),
    "endsWith": lambda ev, v, a: v.endswith(s) if isinstance(s := _arg(ev, a, 0), str) else Unknown("a test"),
    "charAt": lambda ev, v, a: v[n : n + 1] if isinstance(n := _arg(ev, a, 0), int) else Unknown("a character"),
    "concat": lambda ev, v, a: v + "".join(t) if None not in (t := [_text(ev, x) for x in a]) else Unknown("a text"),  # type: ignore[arg-type]
    "repeat": lambda ev, v, a: (
        v * n if isinstance(n := _arg(ev, a, 0), int) and n * len(v) < 100_000 else Unknown("a text")
    ),
    "padStart": lambda ev, v, a: _pad(ev, v, a, True),
    "padEnd": lambda ev, v, a: _pad(ev, v, a, False),
}
_LIST: dict[str, Method] = {
    "map": _map,
    "filter": _filter,
    "join": _join,
    "concat": _concat,
    "slice": _slice,
    "reduce": _reduce,
    "find": _find,
    "includes": _includes,
    "has": _includes,
    "flat": lambda ev, v, a: _flatten(ev, v),
    "flatMap": lambda ev, v, a: _flatten(ev, _map(ev, v, a)),
    "some": lambda ev, v, a: _quantified(ev, v, a, "some"),
    "every": lambda ev, v, a: _quantified(ev, v, a, "every"),
    "sort": lambda ev, v, a: v,
    "toSorted": lambda ev, v, a: v,
    "reverse": lambda ev, v, a: Arr(v.items[::-1], v.missing),
    "values": lambda ev, v, a: v,
    "keys": lambda ev, v, a: v if v.kind == "set" else Arr(list(range(len(v.items))), v.missing),
    "entries": _pairs,
    "toString": lambda ev, v, a: _join(ev, v, []),
    "at": lambda ev, v, a: (
        ev.force(v.items[n])
        if isinstance(n := _arg(ev, a, 0), int) and -len(v.items) <= n < len(v.items)
        else UNDEFINED
    ),
}
_MAP: dict[str, Method] = {
    "get": _lookup,
    "has": _has_key,
    "values": lambda ev, v, a: _object_values(ev, [v]),
    "entries": lambda ev, v, a: ev.entries(v),
    "keys": lambda ev, v, a: Arr(list(v.props), v.missing),
    "set": lambda ev, v, a: v,
}


# --- functions of the language ----------------------------------------------------------------------------------


def _object_values(evaluator: Evaluator, args: list[Value]) -> Value:
    given = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(given, Unknown):
        return given
    if isinstance(given, Arr):
        return given
    if isinstance(given, Inst):
        from catalog.extract.typescript import classes

        given = classes.fields(evaluator, given)
    entries = evaluator.entries(given)
    out = Arr(missing=entries.missing)
    for entry in entries.items:
        pair = evaluator.force(entry)
        out.items.append(
            Conditional(entry.condition, pair.items[1]) if isinstance(entry, Conditional) else pair.items[1]
        )
    return out


def _object_keys(evaluator: Evaluator, args: list[Value]) -> Value:
    given = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(given, Unknown):
        return given
    entries = evaluator.entries(given)
    return Arr([evaluator.force(e).items[0] for e in entries.items], entries.missing)


def _object_entries(evaluator: Evaluator, args: list[Value]) -> Value:
    given = evaluator.settle(args[0]) if args else UNDEFINED
    return given if isinstance(given, Unknown) else evaluator.entries(given)


def _from_entries(evaluator: Evaluator, args: list[Value]) -> Value:
    out = Obj()
    items, missing = evaluator.iterate(evaluator.settle(args[0])) if args else ([], [])
    _entries_into(evaluator, out, items)
    out.missing += missing
    return out


def _assign(evaluator: Evaluator, args: list[Value]) -> Value:
    out = Obj()
    for arg in args:
        value = evaluator.settle(arg)
        if isinstance(value, Func):
            return value
        evaluator._spread_into(out, value)
    return out


def _array_from(evaluator: Evaluator, args: list[Value]) -> Value:
    given = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(given, Unknown):
        return given
    items, missing = evaluator.iterate(given)
    out = Arr(list(items), list(missing))
    return _map(evaluator, out, args[1:]) if len(args) > 1 else out


def _parse_json(evaluator: Evaluator, args: list[Value]) -> Value:
    import json

    from catalog.extract.typescript.evaluate import plain

    text = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(text, str):
        try:
            return plain(json.loads(text))
        except (ValueError, RecursionError):
            return Unknown("broken JSON")
    return text if isinstance(text, (Unknown, Obj, Arr)) else Unknown("JSON that is not known")


def _stringify(evaluator: Evaluator, args: list[Value]) -> Value:
    import json

    plain_value, missing = schemas.to_json(evaluator, args[0]) if args else (None, [])
    if missing:
        return missing[0]
    indent = evaluator.settle(args[2]) if len(args) > 2 else None
    spaces = indent if isinstance(indent, int) else None
    separators = (",", ":") if spaces is None else (",", ": ")
    return json.dumps(plain_value, ensure_ascii=False, indent=spaces, separators=separators)


def _first(evaluator: Evaluator, args: list[Value]) -> Value:
    return evaluator.force(args[0]) if args else UNDEFINED


def _to_text(evaluator: Evaluator, args: list[Value]) -> Value:
    value = evaluator.settle(args[0]) if args else ""
    text = _text(evaluator, value)
    return text if text is not None else value if isinstance(value, Unknown) else Unknown("a text")


def _awaited(evaluator: Evaluator, args: list[Value]) -> Value:
    """`__awaiter(this, args, Promise, function* () {...})`, which is what an async function compiles to."""
    body = next((f for f in (evaluator.settle(a) for a in args[::-1]) if isinstance(f, Func)), None)
    return evaluator.call(body, []) if body is not None else Unknown("a compiled async function")


def _default_import(evaluator: Evaluator, args: list[Value]) -> Value:
    value = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(value, External) or (
        isinstance(value, Namespace) and "default" in evaluator.export_names(value.module)
    ):
        return value
    return Obj({"default": value})


def _spread_arrays(evaluator: Evaluator, args: list[Value]) -> Value:
    return _concat(evaluator, Arr(), [a for a in args if not isinstance(evaluator.settle(a), bool)])


def _without(evaluator: Evaluator, args: list[Value]) -> Value:
    value = evaluator.settle(args[0]) if args else UNDEFINED
    keys = [evaluator.settle(k) for k in evaluator.iterate(args[1])[0]] if len(args) > 1 else []
    if not isinstance(value, Obj):
        return value
    return Obj({k: v for k, v in value.props.items() if k not in keys}, value.missing, value.node, value.module)


# What compilers put in the place of newer syntax.
_COMPILED: dict[str, Callable[[Evaluator, list[Value]], Value]] = {
    "__awaiter": _awaited,
    "_asyncToGenerator": _first,
    "__importStar": _first,
    "__toESM": _first,
    "__toCommonJS": _first,
    "_interopRequireWildcard": _first,
    "_interop_require_wildcard": _first,
    "__importDefault": _default_import,
    "_interopRequireDefault": _default_import,
    "_interop_require_default": _default_import,
    "__assign": _assign,
    "_extends": _assign,
    "_objectSpread": _assign,
    "_objectSpread2": _assign,
    "_object_spread": _assign,
    "__spreadProps": _assign,
    "__spreadValues": _assign,
    "__spreadArray": _spread_arrays,
    "__spreadArrays": _spread_arrays,
    "_toConsumableArray": _first,
    "__rest": _without,
    "_objectWithoutProperties": _without,
}
_GLOBALS: dict[str, Callable[[Evaluator, list[Value]], Value]] = {
    "Object.values": _object_values,
    "Object.keys": _object_keys,
    "Object.entries": _object_entries,
    "Object.fromEntries": _from_entries,
    "Object.assign": _assign,
    "Object.freeze": _first,
    "Object.seal": _first,
    "structuredClone": _first,
    "promisify": _first,
    "Promise.all": _first,
    "Promise.resolve": _first,
    "Array.from": _array_from,
    "Array.of": lambda ev, args: Arr(list(args)),
    "Array.isArray": lambda ev, args: (
        isinstance(v, Arr)
        if not isinstance(v := ev.settle(args[0]) if args else None, (Unknown, External))
        else Unknown("a test")
    ),
    "JSON.parse": _parse_json,
    "JSON.stringify": _stringify,
    "String": _to_text,
    "Boolean": lambda ev, args: (
        k if (k := ev.truth(ev.settle(args[0]))) is not None else Unknown("a test") if args else False
    ),
    "Number": lambda ev, args: (
        v if isinstance(v := ev.settle(args[0]) if args else 0, (int, float)) else Unknown("a number")
    ),
}

__all__ = ["Namespace", "arguments_of", "call_expression", "member", "new_expression", "unescape"]
