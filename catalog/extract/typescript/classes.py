"""Classes and their instances: fields, methods, getters, what the constructor assigns, and inheritance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tree_sitter import Node

from catalog.extract.typescript import mutation
from catalog.extract.typescript.scopes import Env
from catalog.extract.typescript.sources import CLASSES, key_name, named, path_to
from catalog.extract.typescript.values import UNDEFINED, Arr, Cls, External, Func, Inst, Obj, Thunk, Unknown, Value

if TYPE_CHECKING:
    from catalog.extract.typescript.evaluate import Evaluator

_FIELDS = frozenset({"public_field_definition", "field_definition"})


def member(evaluator: Evaluator, value: Cls | Inst, name: str) -> Value:
    """A member of a class (static) or of an instance."""
    if isinstance(value, Cls):
        found = static_member(evaluator, value, name)
        if found is not UNDEFINED:
            return found
        if name == "name":
            return value.name or Unknown("an anonymous class")
        return found
    if name not in value.cache:
        value.cache[name] = Unknown("cyclic definition")
        value.cache[name] = _instance_member(evaluator, value, name)
    return value.cache[name]


def of_env(env: Env) -> Cls:
    """The class whose scope this is."""
    name = env.node.child_by_field_name("name")
    return Cls(env.node, env.parent or env, env.module.text(name) if name is not None else "")


def members(cls: Cls) -> list[Node]:
    body = cls.node.child_by_field_name("body")
    return named(body) if body is not None else []


def instance_env(instance: Inst, cls: Cls) -> Env:
    env = Env(cls.env.module, cls.node, cls.env)
    env.this = instance
    return env


def _is_static(node: Node) -> bool:
    return any(c.type == "static" for c in node.children)


def _name_of(cls: Cls, node: Node) -> str | None:
    key = node.child_by_field_name("name") or node.child_by_field_name("property")
    return key_name(cls.env.module, key) if key is not None else None


def static_member(evaluator: Evaluator, cls: Cls, name: str, depth: int = 0) -> Value:
    env = Env(cls.env.module, cls.node, cls.env)
    env.this = cls
    for node in members(cls):
        if _name_of(cls, node) == name and _is_static(node):
            return _member_value(evaluator, node, env, cls)
    base = superclass(evaluator, cls)
    assigned = _assigned_static(evaluator, cls, name)
    if assigned is not None:
        return assigned
    return static_member(evaluator, base, name, depth + 1) if isinstance(base, Cls) and depth < 12 else UNDEFINED


def _assigned_static(evaluator: Evaluator, cls: Cls, name: str) -> Value | None:
    """`Class.field = value` after the class, which is how some compilers write static fields."""
    if not cls.name or cls.env.parent is not None:
        return None
    data = cls.env.module.data
    start = cls.node.end_byte
    match = re.compile(rb"(?<![\w$.])" + re.escape(f"{cls.name}.{name}").encode() + rb"\s*=(?!=)").search(
        data, start, start + 20_000
    )
    if match is None:
        return None
    chain = path_to(cls.env.module, match.start(), match.end())
    right = next((n.child_by_field_name("right") for n in reversed(chain) if n.type == "assignment_expression"), None)
    return evaluator.eval(right, cls.env) if right is not None else None


def _member_value(evaluator: Evaluator, node: Node, env: Env, this: Value) -> Value:
    if node.type in _FIELDS:
        value = node.child_by_field_name("value")
        return evaluator.eval(value, env) if value is not None else UNDEFINED
    if node.type == "method_definition":
        method = Func(node, env, this)
        if any(c.type == "get" for c in node.children):
            return evaluator.call(method, [], this)
        return method
    return UNDEFINED


def superclass(evaluator: Evaluator, cls: Cls) -> Value:
    """The value of what a class extends; UNDEFINED when it extends nothing."""
    expression = heritage(cls.node)
    return evaluator.settle(evaluator.eval(expression, cls.env)) if expression is not None else UNDEFINED


def heritage(node: Node) -> Node | None:
    """The expression after `extends`."""
    for child in node.named_children:
        if child.type == "class_heritage":
            for part in child.named_children:
                if part.type == "extends_clause":
                    return part.child_by_field_name("value")
                if part.type not in ("implements_clause", "comment"):
                    return part
    return None


def _instance_member(evaluator: Evaluator, instance: Inst, name: str) -> Value:
    cls: Value = instance.cls
    args = instance.args
    for _ in range(12):
        if not isinstance(cls, Cls):
            break
        env = instance_env(instance, cls)
        found = _own_member(evaluator, instance, cls, name, env, args)
        if isinstance(found, Unknown) and found.free is not None:
            static = static_member(evaluator, instance.cls, name)
            found = found if static is UNDEFINED else static
        if found is not UNDEFINED:
            return _with_additions(evaluator, found, name, env)
        args = _super_args(evaluator, cls, env, args)
        cls = superclass(evaluator, cls)
    if isinstance(cls, (External, Unknown)):
        return Unknown(f"{name} comes from a base class outside the tree")
    return static_member(evaluator, instance.cls, name)


def _own_member(evaluator: Evaluator, instance: Inst, cls: Cls, name: str, env: Env, args: list[Value] | None) -> Value:
    declared: Value = UNDEFINED
    for node in members(cls):
        if _name_of(cls, node) == name and not _is_static(node):
            if node.type in ("abstract_method_signature", "method_signature"):
                continue
            value = _member_value(evaluator, node, env, instance)
            if value is not UNDEFINED:
                declared = value
    constructor = constructor_of(cls)
    if constructor is not None:
        assigned = _constructor_value(evaluator, cls, constructor, name, env, args)
        if assigned is not UNDEFINED and (declared is UNDEFINED or not isinstance(assigned, Unknown)):
            return assigned
    return declared


def constructor_of(cls: Cls) -> Node | None:
    for node in members(cls):
        if node.type == "method_definition" and _name_of(cls, node) == "constructor":
            return node
    return None


def _constructor_value(
    evaluator: Evaluator, cls: Cls, constructor: Node, name: str, env: Env, args: list[Value] | None
) -> Value:
    module = cls.env.module
    inner = Env(module, constructor, env)
    inner.args = args
    parameters = constructor.child_by_field_name("parameters")
    for parameter in named(parameters) if parameters is not None else []:
        pattern = parameter.child_by_field_name("pattern")
        has_modifier = any(
            c.type in ("accessibility_modifier", "readonly", "override_modifier") for c in parameter.children
        )
        if pattern is not None and has_modifier and module.text(pattern) == name:
            return evaluator.lookup(name, inner)
    body = constructor.child_by_field_name("body")
    if body is None:
        return UNDEFINED
    pattern_ = re.compile(rb"(?<![\w$.])this\." + re.escape(name).encode() + rb"\s*=(?![=>])")
    value: Value = UNDEFINED
    for match in pattern_.finditer(module.data, body.start_byte, body.end_byte):
        chain = path_to(module, match.start(), match.end())
        right = next(
            (n.child_by_field_name("right") for n in reversed(chain) if n.type == "assignment_expression"), None
        )
        if right is not None:
            scope, _, _ = mutation.below(inner, chain)
            found = evaluator.eval(right, scope)
            value = found if value is UNDEFINED or not isinstance(found, Unknown) else value
    return value


def _super_args(evaluator: Evaluator, cls: Cls, env: Env, args: list[Value] | None) -> list[Value] | None:
    constructor = constructor_of(cls)
    if constructor is None:
        return args
    module = cls.env.module
    match = re.compile(rb"(?<![\w$.])super\s*\(").search(module.data, constructor.start_byte, constructor.end_byte)
    if match is None:
        return None
    call = next((n for n in reversed(path_to(module, match.start(), match.end())) if n.type == "call_expression"), None)
    arguments = call.child_by_field_name("arguments") if call is not None else None
    inner = Env(module, constructor, env)
    inner.args = args
    body = constructor.child_by_field_name("body")
    scope = Env(module, body, inner) if body is not None else inner
    return [Thunk(a, scope) for a in named(arguments)] if arguments is not None else None


def _with_additions(evaluator: Evaluator, value: Value, name: str, env: Env) -> Value:
    """Fields that start as an empty list or map and are filled through `this`."""
    if not isinstance(value, (Arr, Obj)) or (isinstance(value, Obj) and value.kind == "enum"):
        return value
    if (value.items if isinstance(value, Arr) else value.props) and len(env.module.data) > 400_000:
        return value
    chains = mutation.find(env, f"this.{name}")
    if not chains:
        return value
    copy: Value
    if isinstance(value, Arr):
        copy = Arr(list(value.items), list(value.missing), value.kind)
    else:
        copy = Obj(dict(value.props), list(value.missing), value.node, value.module, dict(value.conditions), value.kind)
    return mutation.apply(evaluator, env, copy, chains)


def super_member(evaluator: Evaluator, env: Env, name: str) -> Value:
    scope: Env | None = env
    while scope is not None and scope.node.type not in CLASSES:
        scope = scope.parent
    if scope is None or not isinstance(scope.this, Inst):
        return Unknown("super is not known here", scope)
    base = superclass(evaluator, Cls(scope.node, scope.parent or scope))
    if not isinstance(base, Cls):
        return Unknown("the base class is outside the tree")
    own = instance_env(scope.this, base)
    for node in members(base):
        if _name_of(base, node) == name:
            return _member_value(evaluator, node, own, scope.this)
    return Unknown(f"super.{name}")


def fields(evaluator: Evaluator, instance: Inst) -> Obj:
    """The instance's own fields as an object, for a spread."""
    out = Obj(module=instance.cls.env.module)
    cls: Value = instance.cls
    for _ in range(12):
        if not isinstance(cls, Cls):
            break
        for node in members(cls):
            name = _name_of(cls, node)
            if name and node.type in _FIELDS and not _is_static(node) and name not in out.props:
                out.props[name] = member(evaluator, instance, name)
        cls = superclass(evaluator, cls)
    return out
