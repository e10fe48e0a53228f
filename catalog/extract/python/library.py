"""The few functions of Python and its library whose result is told without running anything."""

from __future__ import annotations

import ast
import inspect
import json
import posixpath
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from catalog.extract.python.expressions import bounded, items, literal, plain, put, text, truth
from catalog.extract.python.objects import external_bases
from catalog.extract.python.values import (
    ENVIRONMENT,
    OPEN,
    UNKNOWN,
    Alternatives,
    Bound,
    BuiltinMethod,
    Class,
    External,
    Function,
    Instance,
    Invocation,
    Member,
    ModuleRef,
    Parameter,
    Partial,
    Scope,
    Setting,
    Signature,
    Super,
    ToolObject,
    Unknown,
    Value,
    is_function,
)

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine

Args = list[Value]
Kwargs = dict[str, Value]


def call_known(m: Machine, callee: External, args: Args, kwargs: Kwargs, node: ast.AST, scope: Scope) -> Value:
    """The result of a modelled function; NotImplemented for all others."""
    handler = _FUNCTIONS.get(callee.dotted)
    if handler is None:
        return NotImplemented
    return handler(m, args, kwargs, scope)


def _arg(args: Args, index: int = 0) -> Value:
    return args[index] if len(args) > index else UNKNOWN


def _str(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    if not args:
        return ""
    shown = text(m, args[0])
    return UNKNOWN if shown is None else shown


def _number(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    """`int()` and `float()`: of whole numbers in text, and of numbers as they are."""
    given = _arg(args)
    value = plain(given)
    if isinstance(value, str) and value.strip().isdigit() and len(value) < 16:
        value = int(value)
    if not isinstance(value, (int, float)):
        return UNKNOWN
    return Setting(value) if isinstance(given, Setting) else value


def _list(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    if not args:
        return []
    values = items(m, args[0])
    return args[0] if values is None else values


def _tuple(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    values = _list(m, args, kwargs, scope)
    return tuple(values) if isinstance(values, list) else values


def _reversed(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    values = items(m, _arg(args))
    return UNKNOWN if values is None else values[::-1]


def _sorted(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    values = items(m, _arg(args))
    if values is None:
        return UNKNOWN
    if "key" not in kwargs and values and all(isinstance(v, str) for v in values):
        return sorted(values, key=str)
    return values


def _dict(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    out: dict[Value, Value] = {}
    if args:
        if isinstance(args[0], dict):
            out.update(args[0])
        else:
            for pair in items(m, args[0]) or [UNKNOWN]:
                if isinstance(pair, (tuple, list)) and len(pair) == 2:
                    put(out, pair[0], pair[1])
                else:
                    out[OPEN] = UNKNOWN
    out.update(kwargs)
    return out


def _len(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = _arg(args)
    if isinstance(value, dict):
        return UNKNOWN if OPEN in value else len(value)
    return len(value) if isinstance(value, (str, list, tuple)) else UNKNOWN


def _range(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    numbers = [a for a in args if isinstance(a, int)]
    if len(numbers) != len(args) or not 1 <= len(numbers) <= 3 or (len(numbers) == 3 and numbers[2] == 0):
        return UNKNOWN
    return list(range(*numbers)[:1000])


def _enumerate(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    values = items(m, _arg(args))
    start = kwargs.get("start", args[1] if len(args) > 1 else 0)
    if values is None or not isinstance(start, int):
        return UNKNOWN
    return [(index, value) for index, value in enumerate(values, start)]


def _zip(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    columns = [items(m, a) for a in args]
    if any(c is None for c in columns):
        return UNKNOWN
    return list(zip(*(c for c in columns if c is not None), strict=False))


def _chain(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    out: list[Value] = []
    for arg in args:
        values = items(m, arg)
        out.extend([Unknown("chain")] if values is None else values)
    return out


def _map(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    values = items(m, _arg(args, 1))
    if values is None:
        return UNKNOWN
    return [m.call(args[0], [v], {}, ast.Pass(), scope) for v in values[:1000]]


def _filter(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    values = items(m, _arg(args, 1))
    if values is None:
        return UNKNOWN
    if args[0] is None:
        return [v for v in values if truth(v) is not False]
    return [v for v in values[:1000] if truth(m.call(args[0], [v], {}, ast.Pass(), scope)) is not False]


def _sum(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    parts = items(m, _arg(args))
    if parts is None or not all(isinstance(p, (list, tuple)) for p in parts):
        return UNKNOWN
    return _chain(m, parts, {}, scope)


def _any(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    known = [truth(v) for v in items(m, _arg(args)) or [UNKNOWN]]
    return True if True in known else (UNKNOWN if None in known else False)


def _all(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    known = [truth(v) for v in items(m, _arg(args)) or [UNKNOWN]]
    return False if False in known else (UNKNOWN if None in known else True)


def _isinstance(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value, wanted = _arg(args), _arg(args, 1)
    kinds = (
        list(wanted) if isinstance(wanted, tuple) else wanted.members if isinstance(wanted, Alternatives) else [wanted]
    )
    answers = [_is_a(m, value, kind) for kind in kinds]
    return True if True in answers else (UNKNOWN if None in answers else False)


def _is_a(m: Machine, value: Value, kind: Value) -> bool | None:
    if isinstance(kind, External):
        plain_types = {"str": str, "dict": dict, "list": list, "int": int, "bool": bool, "tuple": tuple, "float": float}
        if kind.last in plain_types and kind.first == "builtins":
            if isinstance(value, (Unknown, Invocation)):
                return None
            return isinstance(plain(value), plain_types[kind.last])
        if kind.last in ("Tool", "FunctionTool"):
            return isinstance(value, ToolObject) or (isinstance(value, Invocation) and value.name == kind.last)
    if isinstance(kind, Class) and isinstance(value, Instance):
        from catalog.extract.python.objects import ancestry

        return kind in ancestry(m, value.cls)
    return None if isinstance(value, (Unknown, Invocation)) or not isinstance(kind, Class) else False


def _issubclass(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    from catalog.extract.python.objects import ancestry

    value, wanted = _arg(args), _arg(args, 1)
    if isinstance(value, Class) and isinstance(wanted, Class):
        return wanted in ancestry(m, value)
    if isinstance(value, Class) and isinstance(wanted, External):
        return True if wanted.dotted in external_bases(m, value) else UNKNOWN
    return UNKNOWN


def _callable(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = _arg(args)
    if is_function(value) or isinstance(value, Class):
        return True
    return False if value is None or isinstance(value, (str, int, dict, list)) else UNKNOWN


def _getattr(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    name = plain(_arg(args, 1))
    if not isinstance(name, str):
        return UNKNOWN
    value = m.attribute(args[0], name)
    if isinstance(value, Unknown) and len(args) > 2:
        return args[2]
    return value


def _hasattr(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    name = _arg(args, 1)
    if isinstance(name, str) and isinstance(args[0], (Function, Bound, Class, Instance, Member)):
        value = m.attribute(args[0], name)
        if isinstance(args[0], (Function, Bound)):
            return not isinstance(value, Unknown)
        return True if not isinstance(value, Unknown) else UNKNOWN
    return UNKNOWN


def _setattr(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    from catalog.extract.python.execution import _bind_attribute

    name = _arg(args, 1)
    if isinstance(name, str) and len(args) == 3:
        _bind_attribute(m, args[0], name, args[2])
    return None


def _type(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = _arg(args)
    return value.cls if isinstance(value, (Instance, Member)) else UNKNOWN


def _super(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    at: Scope | None = scope
    while at is not None:
        owner = at.names.get("__owner__")
        if isinstance(owner, Class):
            return Super(owner, at.names.get("__receiver__", UNKNOWN))
        at = at.parent
    return UNKNOWN


def _vars(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return _members(m, args[0] if args else ModuleRef(scope.module))


def _members(m: Machine, value: Value) -> Value:
    """The names of a module, class or instance with their values, as `vars()` gives them."""
    if isinstance(value, ModuleRef) and value.module is not None:
        from catalog.extract.python.execution import load

        load(m, value.module)
        names = value.module.scope.names
        below: dict[Value, Value] = {}
        for star in value.module.stars[:20]:
            if isinstance(star, ModuleRef) and star.module is not value.module:
                found = _members(m, star)
                below.update({k: v for k, v in found.items() if str(k)[:1] != "_"} if isinstance(found, dict) else {})
        below.update((name, m.force(names, name)) for name in list(names))
        return below
    if isinstance(value, (Instance, Class)):
        from catalog.extract.python.objects import ancestry, class_names

        cls = value.cls if isinstance(value, Instance) else value
        members: dict[Value, Value] = {}
        for owner in reversed(ancestry(m, cls)):
            for name in list(class_names(m, owner)):
                members[name] = m.attribute(value, name)
        if isinstance(value, Instance):
            members.update({name: m.force(value.attributes, name) for name in list(value.attributes)})
        return members
    return UNKNOWN


def _getmembers(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    found = _members(m, _arg(args))
    if not isinstance(found, dict):
        return UNKNOWN
    wanted = kwargs.get("predicate", args[1] if len(args) > 1 else None)
    kept = []
    for name in sorted(k for k in found if isinstance(k, str)):
        value = found[name]
        if wanted is None or truth(m.call(wanted, [value], {}, ast.Pass(), scope)) is True:
            kept.append((name, value))
    return kept


def _dir(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    found = _members(m, _arg(args))
    return sorted(k for k in found if isinstance(k, str)) if isinstance(found, dict) else UNKNOWN


def _isfunction(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return isinstance(_arg(args), Function)


def _ismethod(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return isinstance(_arg(args), Bound)


def _isroutine(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = _arg(args)
    return UNKNOWN if isinstance(value, (Unknown, Invocation)) else isinstance(value, (Function, Bound))


def _iscoroutine(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = _arg(args)
    function = value.function if isinstance(value, Bound) else value
    return isinstance(function.node, ast.AsyncFunctionDef) if isinstance(function, Function) else UNKNOWN


def _isclass(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return isinstance(_arg(args), Class)


def _dedent(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = _arg(args)
    if isinstance(value, Unknown) and value.known is not None:
        return Unknown(value.reason, textwrap.dedent(value.known))
    return textwrap.dedent(value) if isinstance(value, str) else value


def _cleandoc(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = _arg(args)
    return inspect.cleandoc(value) if isinstance(value, str) else value


def _getdoc(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = m.attribute(_arg(args), "__doc__")
    return inspect.cleandoc(value) if isinstance(value, str) else value


def _signature(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    from catalog.extract.python.signature import parameters_of

    found = parameters_of(m, _arg(args))
    return Signature(found) if found is not None else UNKNOWN


def _wraps(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return Partial(External("functools.update_wrapper"), [], {"wrapped": _arg(args)})


def _update_wrapper(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    wrapper, wrapped = _arg(args), kwargs.get("wrapped", _arg(args, 1))
    target = wrapper.function if isinstance(wrapper, Bound) else wrapper
    if isinstance(wrapped, Partial):
        wrapped = wrapped.callee
    if isinstance(wrapped, Bound):
        copy = Function(wrapped.function.node, wrapped.function.scope, wrapped.function.owner, wrapped.function.wraps)
        copy.attributes.update(wrapped.function.attributes)
        copy.attributes["__bound__"] = True
        wrapped = copy
    if isinstance(target, Function) and isinstance(wrapped, Function) and wrapped is not target:
        target.wraps = wrapped
    elif isinstance(target, Function) and not isinstance(wrapped, Function):
        target.attributes |= dict.fromkeys(("__name__", "__signature__"), Unknown("a wrapped function"))
    return wrapper


def _partial(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return Partial(args[0], args[1:], kwargs) if args else UNKNOWN


def _import_module(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    name = _arg(args)
    if not isinstance(name, str):
        return Unknown("import_module")
    level = len(name) - len(name.lstrip("."))
    path = m.project.find(scope.module.path, name.lstrip("."), level)
    if path is None:
        return External(name) if not level else UNKNOWN
    found = m.module_at(path)
    if isinstance(found, ModuleRef) and found.module is not None:
        from catalog.extract.python.execution import load

        load(m, found.module)
    return found


def _iter_modules(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    where = args[0] if args else kwargs.get("path", UNKNOWN)
    if isinstance(where, list) and len(where) == 1:
        where = where[0]
    if not isinstance(where, ModuleRef):
        return UNKNOWN
    folder = posixpath.dirname(where.module.path) if where.module is not None else where.folder
    prefix = kwargs.get("prefix", args[1] if len(args) > 1 else "")
    prefix = prefix if isinstance(prefix, str) else ""
    out: list[Value] = []
    for path in m.project.siblings(folder):
        package = path.endswith("/__init__.py")
        name = posixpath.basename(posixpath.dirname(path)) if package else posixpath.basename(path)[:-3]
        out.append((UNKNOWN, f"{prefix}{name}", package))
    return out


def _identity(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return _arg(args)


def _run(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    """What a loop gives: it is handed a coroutine, whose value is at hand, or the function that makes one."""
    main = _arg(args)
    return m.call(main, args[1:], {}, ast.Pass(), scope) if is_function(main) else main


def _second(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return _arg(args, 1)


def _copy(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    value = _arg(args)
    if isinstance(value, dict):
        return dict(value)
    return list(value) if isinstance(value, list) else value


def _dumps(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    raw = literal(_arg(args))
    indent = kwargs.get("indent")
    if raw is NotImplemented or not isinstance(indent, (int, type(None))):
        return UNKNOWN
    try:
        return bounded(
            json.dumps(
                raw, indent=min(indent, 8) if indent else None, ensure_ascii=kwargs.get("ensure_ascii") is not False
            )
        )
    except (TypeError, ValueError):
        return UNKNOWN


def _nothing(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return None


def _environment(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    default = kwargs.get("default", args[1] if len(args) > 1 else None)
    return Setting(default) if isinstance(default, (str, int, float, bool)) else ENVIRONMENT


def _globals(m: Machine, args: Args, kwargs: Kwargs, scope: Scope) -> Value:
    return _members(m, ModuleRef(scope.module))


_FUNCTIONS: dict[str, Callable[[Machine, Args, Kwargs, Scope], Value]] = {
    "builtins.str": _str,
    "builtins.int": _number,
    "builtins.float": _number,
    "builtins.list": _list,
    "builtins.set": _list,
    "builtins.frozenset": _list,
    "builtins.iter": _list,
    "builtins.tuple": _tuple,
    "builtins.dict": _dict,
    "collections.OrderedDict": _dict,
    "builtins.len": _len,
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.sorted": _sorted,
    "builtins.reversed": _reversed,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.sum": _sum,
    "builtins.any": _any,
    "builtins.all": _all,
    "builtins.isinstance": _isinstance,
    "builtins.issubclass": _issubclass,
    "builtins.callable": _callable,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.type": _type,
    "builtins.super": _super,
    "builtins.vars": _vars,
    "builtins.globals": _globals,
    "builtins.dir": _dir,
    "builtins.print": _nothing,
    "itertools.chain": _chain,
    "inspect.getmembers": _getmembers,
    "inspect.isfunction": _isfunction,
    "inspect.ismethod": _ismethod,
    "inspect.iscoroutinefunction": _iscoroutine,
    "asyncio.iscoroutinefunction": _iscoroutine,
    "inspect.isclass": _isclass,
    "inspect.isroutine": _isroutine,
    "inspect.getdoc": _getdoc,
    "inspect.cleandoc": _cleandoc,
    "inspect.signature": _signature,
    "textwrap.dedent": _dedent,
    "functools.wraps": _wraps,
    "functools.update_wrapper": _update_wrapper,
    "functools.partial": _partial,
    "functools.lru_cache": _identity,
    "functools.cache": _identity,
    "importlib.import_module": _import_module,
    "builtins.__import__": _import_module,
    "pkgutil.iter_modules": _iter_modules,
    "pkgutil.walk_packages": _iter_modules,
    "asyncio.run": _run,
    "anyio.run": _run,
    "trio.run": _run,
    "uvloop.run": _run,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    "json.dumps": _dumps,
    "os.getenv": _environment,
    "os.environ.get": _environment,
    "typing.cast": _second,
    "typing.NewType": _second,
}


# -- methods of plain values -----------------------------------------------------------------------------------------


def call_method(m: Machine, callee: BuiltinMethod, args: Args, kwargs: Kwargs, node: ast.AST, scope: Scope) -> Value:
    """The result of a method of a text, list, dict, signature, or of a model class."""
    receiver = callee.receiver
    if isinstance(receiver, Setting):
        return Setting(call_method(m, BuiltinMethod(receiver.default, callee.name), args, kwargs, node, scope))
    if isinstance(receiver, str):
        return _text_method(m, receiver, callee.name, args, kwargs)
    if isinstance(receiver, list):
        return _list_method(m, receiver, callee.name, args)
    if isinstance(receiver, dict):
        return _dict_method(m, receiver, callee.name, args, kwargs)
    if isinstance(receiver, Signature):
        given = kwargs.get("parameters")
        kept = items(m, given) if given is not None else list(receiver.parameters)
        if callee.name == "replace" and kept is not None:
            return Signature([p for p in kept if isinstance(p, Parameter)])
        return UNKNOWN
    if isinstance(receiver, Parameter) and callee.name == "replace":
        return Parameter(
            str(kwargs.get("name", receiver.name)),
            receiver.kind,
            kwargs.get("annotation", receiver.annotation),
            kwargs.get("default", receiver.default),
            receiver.has_default or "default" in kwargs,
            receiver.scope,
        )
    if isinstance(receiver, Super):
        if isinstance(receiver.receiver, Instance) and callee.name == "__init__":
            receiver.receiver.attributes.update({k: v for k, v in kwargs.items() if k.isidentifier()})
            m.sink.initialised(m, receiver.receiver, args, kwargs)
        return None
    return _model_method(m, receiver, callee.name)


def _model_method(m: Machine, receiver: Value, name: str) -> Value:
    if name in ("model_json_schema", "schema") and isinstance(receiver, Class):
        from catalog.extract.python.schema import class_json_schema

        return class_json_schema(m, receiver)
    if name == "json_schema" and isinstance(receiver, Invocation) and receiver.name == "TypeAdapter":
        from catalog.extract.python.schema import type_json_schema

        return type_json_schema(m, _arg(receiver.args))
    if name in ("model_dump", "dict", "to_dict") and isinstance(receiver, Invocation):
        return dict(receiver.kwargs)
    if name in ("model_dump", "dict") and isinstance(receiver, Instance):
        return dict(receiver.attributes)
    if name == "model_copy":
        return receiver
    return UNKNOWN


def _text_method(m: Machine, value: str, name: str, args: Args, kwargs: Kwargs) -> Value:
    plain_args = [plain(a) for a in args]
    if name == "join":
        parts = items(m, _arg(args))
        if parts is None:
            return UNKNOWN
        shown = [plain(p) for p in parts]
        return bounded(value.join(str(s) for s in shown)) if all(isinstance(s, str) for s in shown) else UNKNOWN
    if name == "format":
        return _format(m, value, args, kwargs)
    if name in ("startswith", "endswith") and plain_args:
        probe = plain_args[0]
        options = tuple(p for p in probe if isinstance(p, str)) if isinstance(probe, tuple) else probe
        if isinstance(options, (str, tuple)):
            return value.startswith(options) if name == "startswith" else value.endswith(options)
        return UNKNOWN
    if name == "replace" and len(plain_args) >= 2:
        old, new = plain_args[0], plain_args[1]
        if isinstance(old, str) and isinstance(new, str) and len(new) * (value.count(old) + 1) < 200_000:
            return value.replace(old, new)
        return UNKNOWN
    if name in _TEXT_METHODS and all(isinstance(a, (str, int)) for a in plain_args) and not kwargs:
        try:
            return getattr(value, name)(*plain_args)  # a text's own method, from a fixed list
        except (TypeError, ValueError):
            return UNKNOWN
    return UNKNOWN


_TEXT_METHODS = frozenset(
    {
        "upper", "lower", "strip", "lstrip", "rstrip", "title", "capitalize", "split", "rsplit", "splitlines",
        "removeprefix", "removesuffix", "swapcase", "casefold", "partition", "rpartition", "find", "count", "isupper",
        "islower", "isidentifier", "isdigit", "isalpha",
    }
)  # fmt: skip


def _format(m: Machine, template: str, args: Args, kwargs: Kwargs) -> Value:
    """`str.format` with plain fields only: no attribute access, no width beyond the text."""
    shown = [text(m, a) for a in args]
    named = {k: text(m, v) for k, v in kwargs.items()}
    if any(s is None for s in (*shown, *named.values())) or "**" in kwargs:
        return UNKNOWN
    out, at, automatic = [], 0, 0
    while at < len(template):
        c = template[at]
        if c in "{}" and template[at : at + 2] == c * 2:
            out.append(c)
            at += 2
        elif c == "{":
            end = template.find("}", at)
            if end < 0:
                return UNKNOWN
            key = template[at + 1 : end].partition(":")[0].partition("!")[0]
            if key == "":
                key, automatic = str(automatic), automatic + 1
            found = named.get(key) if not key.isdigit() else (shown[int(key)] if int(key) < len(shown) else None)
            if found is None:
                return UNKNOWN
            out.append(found)
            at = end + 1
        else:
            out.append(c)
            at += 1
    return bounded("".join(out))


def _list_method(m: Machine, value: list[Value], name: str, args: Args) -> Value:
    if name in ("append", "add") and args:
        if len(value) < 5_000:
            value.append(args[0])
        return None
    if name == "insert" and len(args) == 2:
        value.insert(args[0] if isinstance(args[0], int) else 0, args[1])
        return None
    if name in ("extend", "update", "union") and args:
        more = items(m, args[0])
        more = [Unknown("extend")] if more is None else more[:5_000]
        if name == "union":
            return [*value, *more]
        if len(value) < 20_000:
            value.extend(more)
        return None
    if name == "copy":
        return list(value)
    if name == "pop":
        index = args[0] if args and isinstance(args[0], int) else -1
        return value.pop(index) if -len(value) <= index < len(value) else UNKNOWN
    if name in ("remove", "discard") and args and args[0] in value:
        value.remove(args[0])
        return None
    return None if name in ("sort", "reverse", "clear", "remove", "discard") else UNKNOWN


def _dict_method(m: Machine, value: dict[Value, Value], name: str, args: Args, kwargs: Kwargs) -> Value:
    key = plain(_arg(args))
    hashable = isinstance(key, (str, int, float, bool, type(None), Member, External, Function, Class))
    if name in ("get", "pop", "setdefault"):
        if hashable and key in value:
            return value.pop(key) if name == "pop" else value[key]
        default = args[1] if len(args) > 1 else kwargs.get("default")
        if name == "setdefault" and hashable:
            value[key] = default
            return default
        return Unknown("key") if OPEN in value or not hashable else default
    if name in ("items", "keys", "values"):
        pairs = [(k if not isinstance(k, Unknown) else UNKNOWN, v) for k, v in value.items() if k is not OPEN]
        if OPEN in value and not pairs:
            return UNKNOWN
        return [p if name == "items" else p[0] if name == "keys" else p[1] for p in pairs]
    if name == "update":
        for source in args:
            if isinstance(source, dict):
                value.update(source)
            else:  # any key may have been there: what stood under it before is a default
                value.update((k, Unknown("a default that may be replaced")) for k in list(value))
                value[OPEN] = UNKNOWN
        value.update({k: v for k, v in kwargs.items() if k != "**"})
        return None
    return dict(value) if name == "copy" else UNKNOWN
