"""Attributes: of modules, classes, instances, functions, servers and plain values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from catalog.extract.python.values import (
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
    ModuleRef,
    Parameter,
    Partial,
    Registrar,
    Scope,
    Server,
    Setting,
    Signature,
    Super,
    ToolObject,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine

_MISSING = Unknown("missing")
_MODEL_METHODS = frozenset({"model_json_schema", "schema", "model_dump", "dict", "model_copy", "__members__"})
_ENUM_BASES = frozenset({"Enum", "StrEnum", "IntEnum", "Flag", "IntFlag"})


def attribute(m: Machine, base: Value, name: str) -> Value:
    """`base.name`. On what is not known, a name of a registering method is still taken as one."""
    if isinstance(base, (Instance, Class)):
        found = _of_object(m, base, name)
        if found is not _MISSING:
            return found
        return _registrar(m, base, name) or _undefined(m, base, name)
    if isinstance(base, Server):
        return _registrar(m, base, name) or base.arguments.get(name, UNKNOWN)
    if isinstance(base, ModuleRef):
        if name == "__path__":
            return base
        if name == "__name__":
            return _module_name(base)
        return m.member_of_module(base, name)
    if isinstance(base, External):
        return External(f"{base.dotted}.{name}")
    if isinstance(base, (Function, Bound, Partial)):
        return _of_function(m, base, name)
    if isinstance(base, Member):
        return _of_member(m, base, name)
    if isinstance(base, Invocation):
        return _of_invocation(m, base, name)
    if isinstance(base, ToolObject):
        absent = None if name == "annotations" else UNKNOWN  # what the constructor leaves where none are given
        return base.function if name == "fn" else base.kwargs.get(name, absent)
    if isinstance(base, Signature):
        return {p.name: p for p in base.parameters} if name == "parameters" else BuiltinMethod(base, name)
    if isinstance(base, Parameter):
        return _of_parameter(m, base, name)
    if isinstance(base, (str, list, dict, tuple)):
        return BuiltinMethod(base, name)
    if isinstance(base, Setting):
        return BuiltinMethod(base, name)
    if isinstance(base, Super):
        return _of_super(m, base, name)
    if isinstance(base, Generic):
        return attribute(m, base.base, name)
    return _registrar(m, base, name) or UNKNOWN


def _registrar(m: Machine, base: Value, name: str) -> Value:
    verb = m.patterns.methods.get(name)
    if verb is None:
        return None
    if isinstance(base, Invocation) and isinstance(base.callee, External) and m.patterns.is_foreign(base.callee):
        return None
    return Registrar(verb, base)


def _undefined(m: Machine, base: Value, name: str) -> Value:
    """An attribute that no class of the tree defines: what a base of another distribution gives."""
    cls = base.cls if isinstance(base, Instance) else base
    if isinstance(cls, Class) and name in _MODEL_METHODS and external_bases(m, cls):
        return BuiltinMethod(base, name)
    return Unknown(name)


def _of_object(m: Machine, base: Instance | Class, name: str) -> Value:
    cls = base.cls if isinstance(base, Instance) else base
    if isinstance(base, Instance):
        if name in base.attributes:
            return m.force(base.attributes, name)
        if name == "__class__":
            return cls
        if name == "__dict__":
            return base.attributes
    if name in ("__name__", "__qualname__"):
        return cls.name
    if name == "__doc__":
        return ast.get_docstring(cls.node, clean=False)
    owner, value = find_member(m, cls, name)
    if owner is None:
        if isinstance(base, Instance) and name in base.kwargs:
            return base.kwargs[name]
        return _MISSING
    if isinstance(value, Function):
        return _as_method(m, base, value)
    if is_enum(m, cls) and isinstance(base, Class) and name[:1] != "_":
        return Member(cls, name, value)
    if isinstance(base, Instance) and name in base.kwargs:
        return base.kwargs[name]
    if isinstance(value, Invocation) and value.name in ("Field", "field", "PrivateAttr"):
        return _field_default(m, value)
    return value


def _of_super(m: Machine, base: Super, name: str) -> Value:
    receiver = base.receiver
    start = receiver.cls if isinstance(receiver, Instance) else receiver if isinstance(receiver, Class) else base.owner
    line = ancestry(m, start)
    for owner in line[line.index(base.owner) + 1 :] if base.owner in line else ancestry(m, base.owner)[1:]:
        names = class_names(m, owner)
        if name in names:
            value = m.force(names, name)
            return Bound(value, receiver) if isinstance(value, Function) else value
    if name == "__init__":
        return BuiltinMethod(base, name)
    return _registrar(m, base, name) or Unknown(name)


def _field_default(m: Machine, value: Invocation) -> Value:
    default = value.kwargs.get("default", value.args[0] if value.args else UNKNOWN)
    factory = value.kwargs.get("default_factory")
    if factory is not None:
        return m.call(factory, [], {}, ast.Pass(lineno=value.line), value.module.scope)
    return default


def _as_method(m: Machine, base: Instance | Class, function: Function) -> Value:
    names = {_last(d) for d in getattr(function.node, "decorator_list", ())}
    if "property" in names or "cached_property" in names:
        if isinstance(base, Class):
            return UNKNOWN
        return m.call(Bound(function, base), [], {}, function.node, function.scope)
    if "staticmethod" in names or function.is_static:
        return function
    if "classmethod" in names:
        return Bound(function, base.cls if isinstance(base, Instance) else base)
    return Bound(function, base) if isinstance(base, Instance) else function


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def decorator_names(function: Function) -> set[str]:
    return {_last(d) for d in getattr(function.node, "decorator_list", ())}


def find_member(m: Machine, cls: Class, name: str) -> tuple[Class | None, Value]:
    """The class of the hierarchy that binds a name in its body, and the value; (None, Unknown) when none does."""
    for owner in ancestry(m, cls):
        names = class_names(m, owner)
        if name in names:
            return owner, m.force(names, name)
    return None, UNKNOWN


def ancestry(m: Machine, cls: Class) -> list[Class]:
    """The class and its bases within the tree, nearest first, each once."""
    out: list[Class] = []
    queue = [cls]
    while queue and len(out) < 40:
        at = queue.pop(0)
        if at in out:
            continue
        out.append(at)
        inner = (b.base if isinstance(b, Generic) else b for b in bases(m, at))
        queue.extend(b for b in inner if isinstance(b, Class))
    return out


def bases(m: Machine, cls: Class) -> list[Value]:
    if cls.bases is None:
        cls.bases = []
        cls.bases = [m.evaluate(b, cls.scope) for b in cls.node.bases[:20]]
    return cls.bases


def external_bases(m: Machine, cls: Class) -> set[str]:
    """Dotted names of the bases that other distributions define, over the whole hierarchy."""
    out: set[str] = set()
    for owner in ancestry(m, cls):
        for base in bases(m, owner):
            inner = base.base if isinstance(base, Generic) else base
            if isinstance(inner, External):
                out.add(inner.dotted)
    return out


def class_names(m: Machine, cls: Class) -> dict[str, Value]:
    """The bindings of a class body, made on first use."""
    if cls.names is None:
        from catalog.extract.python.execution import execute

        cls.names = {}
        scope = Scope(cls.module, cls.scope, cls.names, cls)
        execute(m, cls.node.body, scope)
    return cls.names


def is_enum(m: Machine, cls: Class) -> bool:
    return any(name.rsplit(".", 1)[-1] in _ENUM_BASES for name in external_bases(m, cls))


def enum_members(m: Machine, cls: Class) -> list[Member]:
    """The members of an enum class in order; empty for any other class."""
    if not is_enum(m, cls):
        return []
    out: list[Member] = []
    for name in list(class_names(m, cls)):
        value = m.force(class_names(m, cls), name)
        if name[:1] != "_" and not isinstance(value, (Function, Class)):
            if isinstance(value, Invocation) and value.name == "auto":
                value = name.lower() if any("StrEnum" in b for b in external_bases(m, cls)) else len(out) + 1
            out.append(Member(cls, name, value))
    return out


def _of_member(m: Machine, base: Member, name: str) -> Value:
    if name in ("value", "_value_"):
        for member in enum_members(m, base.cls):
            if member.name == base.name:
                return member.value
        return base.value
    if name in ("name", "_name_"):
        return base.name
    owner, value = find_member(m, base.cls, name)
    if owner is not None and isinstance(value, Function):
        if "property" in decorator_names(value):
            return m.call(Bound(value, base), [], {}, value.node, value.scope)
        return Bound(value, base)
    return BuiltinMethod(base.value, name) if isinstance(base.value, str) else UNKNOWN


def _of_function(m: Machine, base: Function | Bound | Partial, name: str) -> Value:
    if isinstance(base, Partial):
        return base.callee if name == "func" else attribute(m, base.callee, name)
    function = base.function if isinstance(base, Bound) else base
    if name in function.attributes:
        return function.attributes[name]
    if name in ("__name__", "__qualname__"):
        return function.name
    if name == "__doc__":
        return docstring(function)
    if name in ("fn", "__func__", "__wrapped__"):
        return base
    if name == "name":
        return function.name
    if name == "__self__" and isinstance(base, Bound):
        return base.receiver
    if name == "__module__":
        return _module_name(ModuleRef(function.module))
    if name == "__signature__":
        return UNKNOWN
    return UNKNOWN


def docstring(function: Function) -> str | None:
    """The function's `__doc__` as the interpreter keeps it (before 3.13: unchanged), through `functools.wraps`."""
    at: Function | None = function
    for _ in range(20):
        if at is None:
            return None
        given = at.attributes.get("__doc__")
        if isinstance(given, str):
            return given
        if isinstance(given, Unknown):
            return None
        if at.wraps is None:
            if isinstance(at.node, ast.Lambda):
                return None
            return ast.get_docstring(at.node, clean=False)
        at = at.wraps
    return None


def _of_invocation(m: Machine, base: Invocation, name: str) -> Value:
    if name in base.kwargs:
        return base.kwargs[name]
    found = _registrar(m, base, name)
    if found is not None:
        return found
    if base.name in ("partial",) and name == "func":
        return base.args[0] if base.args else UNKNOWN
    if isinstance(base.callee, External):
        return BuiltinMethod(base, name)
    return UNKNOWN


def _of_parameter(m: Machine, base: Parameter, name: str) -> Value:
    if name == "name":
        return base.name
    if name == "kind":
        return External(f"inspect.Parameter.{base.kind}")
    if name == "default":
        return base.default if base.has_default else External("inspect.Parameter.empty")
    if name == "annotation":
        if isinstance(base.annotation, ast.expr) and base.scope is not None:
            return m.evaluate(base.annotation, base.scope)
        return External("inspect.Parameter.empty") if base.annotation is None else base.annotation
    return BuiltinMethod(base, name)


def _module_name(ref: ModuleRef) -> Value:
    path = ref.module.path if ref.module is not None else ref.folder
    stem = path.removesuffix(".py").removesuffix("/__init__")
    return stem.removeprefix("src/").replace("/", ".")


def instantiate(m: Machine, cls: Class, args: list[Value], kwargs: dict[str, Value], node: ast.AST) -> Instance:
    """A new object: `__init__` of the tree is followed; fields of models and dataclasses are taken by name."""
    made = Instance(cls, args=args, kwargs=kwargs)
    made.server = server_of_class(m, cls, kwargs)
    owner, init = find_member(m, cls, "__init__")
    if owner is not None and isinstance(init, Function):
        m.call(Bound(init, made), args, kwargs, node, cls.scope)
        return made
    names = field_names(m, cls)
    for name, value in zip(names, args, strict=False):
        made.attributes[name] = value
    made.attributes.update(kwargs)
    owner, post = find_member(m, cls, "__post_init__")
    if owner is not None and isinstance(post, Function):
        m.call(Bound(post, made), [], {}, node, cls.scope)
    return made


def server_of_class(m: Machine, cls: Class, kwargs: dict[str, Value]) -> Server | None:
    """The server that an object of the class is, where the class derives from one of the SDK's."""
    for base in sorted(external_bases(m, cls)):
        style = m.patterns.style_of(External(base))
        if style is not None:
            return Server(style, cls.node.lineno, arguments=dict(kwargs))
    return None


def as_server(value: Value) -> Server | None:
    """The server that a value is, through classes that derive from one."""
    if isinstance(value, Super):
        value = value.receiver
    if isinstance(value, Instance):
        return value.server
    return value if isinstance(value, Server) else None


def field_names(m: Machine, cls: Class) -> list[str]:
    """Names annotated in the class bodies, bases first: the order of a dataclass's arguments."""
    names: dict[str, None] = {}
    for owner in reversed(ancestry(m, cls)):
        for statement in owner.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                names.setdefault(statement.target.id)
    return list(names)


def solo(m: Machine, cls: Class) -> Instance:
    """The one object of a class that stands for all whose creation was not seen."""
    if cls.solo is None:
        cls.solo = Instance(cls)
        cls.solo.server = server_of_class(m, cls, {})
        owner, init = find_member(m, cls, "__init__")
        if owner is not None and isinstance(init, Function):
            m.call(Bound(init, cls.solo), [], {}, init.node, cls.scope)
    return cls.solo
