"""A lazy partial evaluator over syntax trees: what an expression is worth where that can be known by reading.

Nothing is executed: functions are followed only for what they return, work and depth are bounded, and what is not
known is an `Unknown` with its reason. Values are described in `values`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tree_sitter import Node

from catalog.extract.typescript import builtins, classes, mutation, schemas
from catalog.extract.typescript.project import Project
from catalog.extract.typescript.scopes import Declaration, Env, Step, declarations, env_at, module_env
from catalog.extract.typescript.sources import (
    CLASSES,
    FUNCTIONS,
    SCOPES,
    Module,
    key_name,
    named,
    path_to,
    short,
    string_value,
    unescape,
)
from catalog.extract.typescript.values import (
    UNDEFINED,
    Arr,
    Cls,
    Conditional,
    Either,
    Element,
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

MAX_DEPTH = 140
MAX_STEPS = 250_000
MAX_CANDIDATE_STEPS = 60_000
ENVIRONMENT = "the environment variable"

_PASS_THROUGH = frozenset(
    {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression"}
)


class Evaluator:
    """Evaluates expressions of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.depth = 0
        self.steps = 0
        self.step_limit = MAX_STEPS
        self.lazy_open: set[int] = set()
        self.describes_output = 0
        self.opener: Callable[[Env], list[tuple[Env, str | None]]] | None = None
        self._handlers: dict[str, Callable[[Node, Env], Value]] = {
            "string": lambda n, e: string_value(e.module, n),
            "template_string": self._template,
            "number": self._number,
            "true": lambda n, e: True,
            "false": lambda n, e: False,
            "null": lambda n, e: None,
            "undefined": lambda n, e: UNDEFINED,
            "identifier": self._identifier,
            "shorthand_property_identifier": self._identifier,
            "this": self._this,
            "super": lambda n, e: Unknown("super"),
            "member_expression": self._member,
            "subscript_expression": self._subscript,
            "object": self._object,
            "array": self._array,
            "call_expression": lambda n, e: builtins.call_expression(self, n, e),
            "new_expression": lambda n, e: builtins.new_expression(self, n, e),
            "ternary_expression": self._ternary,
            "binary_expression": self._binary,
            "unary_expression": self._unary,
            "assignment_expression": self._assigned,
            "sequence_expression": lambda n, e: self.eval(named(n)[-1], e),
            "type_assertion": lambda n, e: self.eval(named(n)[-1], e),
            "regex": lambda n, e: Obj(kind="regex"),
            "yield_expression": lambda n, e: self.eval(named(n)[0], e) if named(n) else UNDEFINED,
        }

    # --- entry points -------------------------------------------------------------------------------------------

    def eval(self, node: Node, env: Env) -> Value:
        """The value of an expression in a scope. Never raises for what the source says."""
        self.steps += 1
        if self.steps > self.step_limit:
            return Unknown("the definition takes too many steps to follow")
        if self.depth > MAX_DEPTH:
            return Unknown("the definition is nested too deeply to follow")
        kind = node.type
        while kind in _PASS_THROUGH:
            inner = named(node)
            if not inner:
                return Unknown("empty expression")
            node = inner[0]
            kind = node.type
        handler = self._handlers.get(kind)
        self.depth += 1
        try:
            if handler is not None:
                return handler(node, env)
            if kind in FUNCTIONS:
                return Func(node, env)
            if kind in CLASSES:
                name = node.child_by_field_name("name")
                return Cls(node, env, env.module.text(name) if name is not None else "")
            return Unknown(f"{kind.replace('_', ' ')} is not followed")
        finally:
            self.depth -= 1

    def force(self, value: Value) -> Value:
        """The value behind a lazy one."""
        if isinstance(value, (Thunk, Element)):
            if value.state == 1:
                return Unknown("cyclic definition")
            if value.state == 0:
                value.state = 1
                steps = self.steps
                value.value = self.eval(value.node, value.env) if isinstance(value, Thunk) else self._element(value)
                value.state = 2 if steps <= self.step_limit else 0
            return value.value
        if isinstance(value, Conditional):
            return self.force(value.value)
        return value

    def _element(self, element: Element) -> Value:
        key = f"\0items{element.node.id}"  # no name of the source begins so
        items = element.env.memo.get(key)
        if items is None:
            items = self.iterate(self.eval(element.node, element.env), element.how)[0]
            if self.steps <= self.step_limit:
                element.env.memo[key] = items
        return self.force(items[element.index]) if element.index < len(items) else UNDEFINED

    def settle(self, value: Value) -> Value:
        """The value with undecided alternatives settled: what holds when nothing is configured, if that is known."""
        value = self.force(value)
        for _ in range(20):
            if not isinstance(value, Either):
                return value
            first, second = value.otherwise, value.then
            if value.prefers_then:
                first, second = second, first
            chosen = self.force(first)
            if isinstance(chosen, Unknown) or chosen is UNDEFINED or chosen is None or chosen is False:
                other = self.force(second)
                keep = isinstance(other, bool) and isinstance(chosen, bool)
                chosen = chosen if keep or (isinstance(other, Unknown) and not isinstance(chosen, Unknown)) else other
            value = chosen
        return value

    def iterate(self, value: Value, how: str = "values") -> tuple[list[Value], list[Unknown]]:
        """The elements of an array, set, map or alternatives of them, and what is missing from the list."""
        value = self.force(value)
        if isinstance(value, Arr):
            return value.items, value.missing
        if isinstance(value, Obj) and value.kind == "map":
            entries = self.entries(value)
            return entries.items, entries.missing
        if isinstance(value, Either):
            then, missing = self.iterate(value.then, how)
            otherwise, others = self.iterate(value.otherwise, how)
            items: list[Value] = [Conditional(value.condition, i) for i in then]
            items += [Conditional(f"not ({value.condition})", i) for i in otherwise]
            return items, [m for m in missing + others if m.free or not items]
        if isinstance(value, Unknown):
            return [], [value]
        if value is UNDEFINED or value is None or isinstance(value, (bool, str)):
            return [], []
        if isinstance(value, Obj) and "next" not in value.props and value.kind == "object":
            return list(value.props.values()), value.missing
        return [], [Unknown("the list could not be followed")]

    def entries(self, value: Value) -> Arr:
        """[key, value] pairs of an object or map, in order."""
        value = self.settle(value)
        if isinstance(value, Namespace):
            value = self.namespace_object(value)
        if isinstance(value, Obj):
            pairs: list[Value] = []
            for key, inner in value.props.items():
                pair: Value = Arr([key, inner])
                pairs.append(Conditional(value.conditions[key], pair) if key in value.conditions else pair)
            return Arr(pairs, list(value.missing))
        return Arr([], [value if isinstance(value, Unknown) else Unknown("the object could not be followed")])

    def namespace_object(self, value: Namespace) -> Obj:
        """All exports of a module as an object."""
        out = Obj(module=value.module)
        for name in self.export_names(value.module):
            if name not in ("default", "__esModule"):
                out.props[name] = self.export(value.module, name)
        return out

    def export_names(self, module: Module, seen: frozenset[str] = frozenset()) -> list[str]:
        names: list[str] = []
        for name, (kind, what, _) in self.project.exports(module).items():
            if name == "=":
                whole = self.settle(self.eval(what, module_env(module)))
                names += list(whole.props) if isinstance(whole, Obj) else []
            elif name.startswith("*") and kind == "from":
                path = self.project.resolve(module.path, what)
                if path and path not in seen and path.endswith(_CODE):
                    names += [
                        n for n in self.export_names(self.project.module(path), seen | {module.path}) if n != "default"
                    ]
            else:
                names.append(name)
        return names

    # --- names --------------------------------------------------------------------------------------------------

    def _identifier(self, node: Node, env: Env) -> Value:
        return self.lookup(env.module.text(node), env)

    def lookup(self, name: str, env: Env) -> Value:
        found = env.find(name)
        if found is None:
            if name == "exports":
                return Namespace(env.module)
            if name == "module":
                return Obj({"exports": Namespace(env.module)})
            return UNDEFINED if name == "undefined" else External("", (name,))
        return self.declared(name, *found)

    def declared(self, name: str, env: Env, declaration: Declaration) -> Value:
        """The value of a declared name in the scope that declares it."""
        if name in env.memo:
            value = env.memo[name]
            return value if value is not _PENDING else Unknown("cyclic definition")
        env.memo[name] = _PENDING
        try:
            value = self._declared(name, env, declaration)
        except BaseException:
            env.memo.pop(name, None)
            raise
        if self.steps > self.step_limit:
            env.memo.pop(name, None)
        else:
            env.memo[name] = value
        return value

    def _declared(self, name: str, env: Env, declaration: Declaration) -> Value:
        kind, node = declaration.kind, declaration.node
        if kind == "function":
            return Func(node, env)
        if kind == "class":
            return Cls(node, env, name)
        if kind == "enum":
            return self._enum(node, env)
        if kind == "import":
            return self._imported(env.module, declaration)
        if kind == "namespace":
            body = node.child_by_field_name("body")
            if body is None:
                return Unknown("empty namespace")
            inner = Env(env.module, body, env)
            return Obj({n: self.lookup(n, inner) for n in declarations(env.module, body)}, module=env.module, node=body)
        if kind == "param":
            if env.args is None:
                return Unknown(f"depends on the parameter {name}", env)
            if declaration.steps and declaration.steps[0][0] == "rest":
                return self.walk(Arr(list(env.args[declaration.index :])), declaration.steps[1:], env)
            value = self.force(env.args[declaration.index]) if declaration.index < len(env.args) else UNDEFINED
            return self.walk(value, declaration.steps, env)
        if kind == "loop":
            if env.item is None:
                return Unknown(f"depends on the loop variable {name}", env)
            return self.walk(self.force(env.item), declaration.steps, env)
        if kind == "var":
            return mutation.variable(self, name, env, declaration)
        return Unknown(f"{name} is not followed")

    def walk(self, value: Value, steps: tuple[Step, ...], env: Env) -> Value:
        """Follows destructuring steps from a value to the part that a name is bound to."""
        for kind, what in steps:
            value = self.force(value)
            if kind == "key":
                value = self.member(value, what)
            elif kind == "index":
                value = self._index(value, what)
            elif kind == "default":
                if value is UNDEFINED or (isinstance(value, Unknown) and value.is_unset):
                    value = self.eval(what, env)
            elif kind == "rest" and isinstance(what, tuple) and isinstance(value, Obj):
                value = Obj(
                    {k: v for k, v in value.props.items() if k not in what}, value.missing, value.node, value.module
                )
            elif kind == "rest" and isinstance(what, int) and isinstance(value, Arr):
                value = Arr(value.items[what:], value.missing)
        return self.force(value)

    def _index(self, value: Value, index: int) -> Value:
        value = self.settle(value)
        if isinstance(value, (Unknown, External)):
            return value if isinstance(value, Unknown) else Unknown("a value from outside the tree")
        items, missing = self.iterate(value)
        if index < len(items):
            return self.force(items[index])
        return missing[0] if missing else UNDEFINED

    def _imported(self, module: Module, declaration: Declaration) -> Value:
        return self.import_value(module, declaration.source, declaration.imported)

    def import_value(self, module: Module, source: str, name: str) -> Value:
        """What `name` of a module specifier is worth: `*` for the namespace."""
        path = self.project.resolve(module.path, source)
        if path is None:
            return External(source, () if name == "*" else (name,))
        if path.endswith(".json"):
            whole = plain(self.project.json(path))
            return whole if name in ("*", "default") else self.member(whole, name)
        target = self.project.module(path)
        if name == "*":
            return self._whole(target)
        return self.export(target, name)

    def _whole(self, target: Module) -> Value:
        """What `require` or `import *` gives: the namespace, or the value of `module.exports = value`."""
        table = self.project.exports(target)
        if "=" in table:
            value = self.eval(table["="][1], module_env(target))
            if not isinstance(value, Unknown):
                return value
        return Namespace(target)

    def export(self, module: Module, name: str, depth: int = 0) -> Value:
        """One export of a module, followed through re-exports."""
        table = self.project.exports(module)
        if depth > 25:
            return Unknown("re-exports go in a circle")
        entry = table.get(name)
        if entry is None:
            if "=" in table:
                whole = self.eval(table["="][1], module_env(module))
                if name == "default":
                    return whole
                return self.member(whole, name)
            for star, (kind, what, _) in list(table.items()):
                if star.startswith("*") and kind == "from":
                    path = self.project.resolve(module.path, what)
                    if path and path.endswith(_CODE):
                        value = self.export(self.project.module(path), name, depth + 1)
                        if value is not UNDEFINED and not isinstance(value, Unknown):
                            return value
            bundled = module.memo.get("bundled_namespaces", {})
            for target in bundled.values():
                value = self._bundled(target, module_env(module)).props.get(name)
                if value is not None:
                    return self.force(value)
            return UNDEFINED if table else Unknown(f"no export {name}")
        kind, what, inner = entry
        if kind == "name":
            return self.lookup(what, module_env(module))
        if kind == "from":
            path = self.project.resolve(module.path, what)
            if path is None:
                return External(what, () if inner == "*" else (inner,))
            if not path.endswith(_CODE):
                return self.import_value(module, what, inner)
            target_module = self.project.module(path)
            return Namespace(target_module) if inner == "*" else self.export(target_module, inner, depth + 1)
        if kind == "getter":
            described = self.eval(what, module_env(module))
            getter = self.member(described, "get") if isinstance(described, Obj) else UNDEFINED
            return self.call(getter, []) if isinstance(getter, Func) else self.member(described, "value")
        return self.eval(what, module_env(module))

    def _bundled(self, target: Node, env: Env) -> Obj:
        """The namespace object of a bundler's `__export(target, {name: () => value})`."""
        out = Obj(module=env.module, node=target)
        for pair in target.named_children:
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            body = value.child_by_field_name("body") if value is not None else None
            name = key_name(env.module, key) if key is not None else None
            if name is not None and body is not None and body.type != "statement_block":
                out.props[name] = Thunk(body, env)
        return out

    def bundled_namespace(self, module: Module, name: str) -> Obj | None:
        self.project.exports(module)
        target = module.memo.get("bundled_namespaces", {}).get(name)
        return self._bundled(target, module_env(module)) if target is not None else None

    def _this(self, node: Node, env: Env) -> Value:
        return self.this_of(env)

    def this_of(self, env: Env) -> Value:
        scope: Env | None = env
        while scope is not None:
            kind = scope.node.type
            if kind in CLASSES:
                return scope.this if scope.this is not None else Unknown("depends on the instance", scope)
            if kind in FUNCTIONS and kind != "arrow_function":
                if scope.this is not None:
                    return scope.this
                if kind != "method_definition" or scope.parent is None or scope.parent.node.type not in CLASSES:
                    return Unknown("this is not known here")
                if scope.parent.this is None and any(c.type == "static" for c in scope.node.children):
                    return classes.of_env(scope.parent)
            scope = scope.parent
        return Unknown("this is not known here")

    # --- parts of values ----------------------------------------------------------------------------------------

    def member(self, value: Value, name: str) -> Value:
        """A property of a value."""
        value = self.force(value)
        if isinstance(value, Obj):
            if name in value.props:
                return self.force(value.props[name])
            found = builtins.member(self, value, name)
            if found is not None:
                return found
            return value.missing[0] if value.missing else UNDEFINED
        if isinstance(value, Either):
            then, otherwise = self.member(value.then, name), self.member(value.otherwise, name)
            if then is otherwise or (isinstance(then, str) and then == otherwise):
                return then
            return Either(value.condition, then, otherwise, value.prefers_then)
        if isinstance(value, Namespace):
            return self.export(value.module, name)
        if isinstance(value, External):
            if value.path in (("process", "env"), ("import.meta", "env")):
                return Unknown(f"{ENVIRONMENT} {name}", is_unset=True)
            return External(value.package, (*value.path, name))
        if isinstance(value, (Cls, Inst)):
            return classes.member(self, value, name)
        if isinstance(value, Schema):
            return schemas.member(self, value, name)
        if isinstance(value, Unknown):
            return value
        if value is UNDEFINED or value is None:
            return Unknown(f"{name} of a value that is not set", is_unset=True)
        found = builtins.member(self, value, name)
        return UNDEFINED if found is None else found

    def _member(self, node: Node, env: Env) -> Value:
        target, prop = node.child_by_field_name("object"), node.child_by_field_name("property")
        if target is None or prop is None:
            return Unknown("incomplete member access")
        if target.type == "super":
            return classes.super_member(self, env, env.module.text(prop))
        if target.type in ("meta_property", "import"):
            return External("", ("import.meta", env.module.text(prop)))
        return self.member(self.eval(target, env), env.module.text(prop))

    def _subscript(self, node: Node, env: Env) -> Value:
        target, index = node.child_by_field_name("object"), node.child_by_field_name("index")
        if target is None or index is None:
            return Unknown("incomplete element access")
        value = self.settle(self.eval(target, env))
        key = self.settle(self.eval(index, env))
        if isinstance(value, Unknown):
            return value
        if isinstance(key, bool) or not isinstance(key, (str, int, float)):
            return key if isinstance(key, Unknown) else Unknown("computed element access")
        if isinstance(value, Arr) and isinstance(key, (int, float)):
            return self._index(value, int(key))
        return self.member(value, number_text(key) if not isinstance(key, str) else key)

    def _object(self, node: Node, env: Env) -> Value:
        out = Obj(node=node, module=env.module)
        for part in node.named_children:
            kind = part.type
            if kind == "pair":
                key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
                name = self._key(key, env) if key is not None else None
                if value is None:
                    continue
                if isinstance(name, str):
                    out.props[name] = self._lazily(value, env)
                    out.conditions.pop(name, None)
                else:
                    out.missing.append(name if isinstance(name, Unknown) else Unknown("a computed key"))
            elif kind == "shorthand_property_identifier":
                out.props[env.module.text(part)] = Thunk(part, env)
            elif kind == "spread_element":
                self._spread_into(out, self.eval(named(part)[0], env))
            elif kind == "method_definition":
                key = part.child_by_field_name("name")
                name = self._key(key, env) if key is not None else None
                if isinstance(name, str):
                    getter = any(c.type == "get" for c in part.children)
                    method = Func(part, env, out)
                    out.props[name] = self.call(method, []) if getter else method
        return out

    def _lazily(self, node: Node, env: Env) -> Value:
        if node.type == "string":
            return string_value(env.module, node)
        return Thunk(node, env)

    def _key(self, node: Node, env: Env) -> Value:
        name = key_name(env.module, node)
        if name is not None:
            return name
        if node.type == "computed_property_name" and named(node):
            value = self.settle(self.eval(named(node)[0], env))
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                return number_text(value)
            return value
        return None

    def _spread_into(self, out: Obj, value: Value, condition: str | None = None) -> None:
        value = self.force(value)
        if isinstance(value, Either):
            self._spread_into(out, value.otherwise, f"not ({value.condition})")
            self._spread_into(out, value.then, value.condition)
            return
        if isinstance(value, Namespace):
            value = self.namespace_object(value)
        if isinstance(value, Schema) and value.shape is not None:
            value = Obj(dict(value.shape), list(value.missing))
        if isinstance(value, Inst):
            value = classes.fields(self, value)
        if isinstance(value, Obj):
            for key, inner in value.props.items():
                if condition is not None and key not in out.props:
                    out.conditions[key] = condition
                if condition is None or key not in out.props:
                    out.props[key] = inner
                if key in value.conditions:
                    out.conditions[key] = value.conditions[key]
            out.missing += value.missing
        elif isinstance(value, Unknown):
            if condition is None or value.free:
                out.missing.append(value)
        elif isinstance(value, External):
            out.missing.append(Unknown(f"comes from {value.package or 'outside the tree'}"))

    def _array(self, node: Node, env: Env) -> Value:
        out = Arr()
        for part in node.named_children:
            if part.type == "comment":
                continue
            if part.type == "spread_element":
                spread = self.eval(named(part)[0], env)
                items, missing = self.iterate(spread)
                out.items += items
                out.missing += missing
            elif part.type in ("binary_expression", "ternary_expression"):
                out.items += self._maybe_item(part, env)
            else:
                out.items.append(Thunk(part, env))
        return out

    def _maybe_item(self, node: Node, env: Env) -> list[Value]:
        value = self.eval(node, env)
        if not isinstance(value, Either):
            return [] if value is False or value is UNDEFINED or value is None else [value]
        items: list[Value] = []
        for condition, inner in ((value.condition, value.then), (f"not ({value.condition})", value.otherwise)):
            forced = self.force(inner)
            if not (forced is False or forced is UNDEFINED or forced is None or isinstance(forced, Unknown)):
                items.append(Conditional(condition, forced))
        if len(items) == 2 and all(isinstance(i.value, str) for i in items):
            return [self.settle(value)]
        return items

    def _enum(self, node: Node, env: Env) -> Value:
        out = Obj(node=node, module=env.module)
        body = node.child_by_field_name("body")
        following = 0
        for part in named(body) if body is not None else []:
            if part.type == "enum_assignment":
                key, value = part.child_by_field_name("name"), part.child_by_field_name("value")
                name = key_name(env.module, key) if key is not None else None
                if name is None or value is None:
                    continue
                known = self.eval(value, env)
                out.props[name] = known
                following = int(known) + 1 if isinstance(known, (int, float)) else following
            else:
                name = key_name(env.module, part)
                if name is not None:
                    out.props[name] = following
                    following += 1
        out.kind = "enum"
        return out

    # --- operators ----------------------------------------------------------------------------------------------

    def _template(self, node: Node, env: Env) -> Value:
        return self.template(node, env)

    def template(self, node: Node, env: Env) -> Value:
        """A template literal's text; Unknown when a part is."""
        data, at = env.module.data, node.start_byte + 1
        parts: list[str] = []
        unknown: Unknown | None = None
        for child in node.named_children:
            if child.type != "template_substitution":
                continue
            parts.append(unescape(_template_text(data[at : child.start_byte])))
            inner = named(child)
            value = self.settle(self.eval(inner[0], env)) if inner else ""
            text = _interpolated(self, value)
            if text is None:
                reason = value.reason if isinstance(value, Unknown) else _why_not_text(value)
                free = value.free if isinstance(value, Unknown) else None
                if unknown is None or (unknown.free is None and free is not None):
                    unknown = Unknown(f"a part of the text is not known: {reason}", free)
                text = value.partial if isinstance(value, Unknown) and value.partial else short(env.module, child, 60)
            parts.append(text)
            at = child.end_byte
        parts.append(unescape(_template_text(data[at : node.end_byte - 1])))
        if unknown is not None:
            unknown.partial = "".join(parts)
            return unknown
        return "".join(parts)

    def _number(self, node: Node, env: Env) -> Value:
        text = env.module.text(node).replace("_", "")
        try:
            value = float(int(text, 0)) if text[:2].lower() in ("0x", "0b", "0o") else float(text.rstrip("n"))
        except (ValueError, OverflowError):
            return Unknown("a number")
        return int(value) if value.is_integer() and abs(value) < 1e15 else value

    def _ternary(self, node: Node, env: Env) -> Value:
        condition = node.child_by_field_name("condition")
        then, otherwise = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        if condition is None or then is None or otherwise is None:
            return Unknown("incomplete conditional")
        decided = self.truth(self.eval(condition, env))
        if decided is True:
            return self.eval(then, env)
        if decided is False:
            return self.eval(otherwise, env)
        text = short(env.module, condition)
        by_default = self.unset_truth(self.eval(condition, env))
        prefers_then = by_default is True or (by_default is None and asks_for_absence(text))
        return Either(text, self.eval(then, env), self.eval(otherwise, env), prefers_then)

    def unset_truth(self, value: Value) -> bool | None:
        """Whether a condition holds when no configuration is given, as far as that can be told."""
        value = self.force(value)
        if isinstance(value, Unknown) and value.is_unset:
            return False
        return self.truth(self.settle(value)) if isinstance(value, Either) else self.truth(value)

    def truth(self, value: Value) -> bool | None:
        """Whether a value counts as true; None when that is not known."""
        value = self.force(value)
        if value is UNDEFINED or value is None:
            return False
        if isinstance(value, (bool, int, float, str)):
            return bool(value)
        if isinstance(value, (Obj, Arr, Func, Cls, Inst, Schema, Namespace, Native)):
            return True
        if isinstance(value, Either):
            then, otherwise = self.truth(value.then), self.truth(value.otherwise)
            return then if then is otherwise else None
        return None

    def _binary(self, node: Node, env: Env) -> Value:
        chain: list[Node] = []
        while node.type == "binary_expression" and len(chain) < 5000:
            chain.append(node)
            left = node.child_by_field_name("left")
            if left is None:
                return Unknown("incomplete expression")
            node = left
        value = self.eval(node, env)
        for step in reversed(chain):
            operator, right = step.child_by_field_name("operator"), step.child_by_field_name("right")
            if operator is None or right is None:
                return Unknown("incomplete expression")
            value = self._operate(value, operator.type, right, step, env)
        return value

    def _operate(self, left: Value, operator: str, right: Node, node: Node, env: Env) -> Value:
        if operator in ("||", "&&", "??"):
            return self._logical(left, operator, right, node, env)
        first, second = self.settle(left), self.settle(self.eval(right, env))
        if operator in ("===", "==", "!==", "!=") and _is_unset(first) is not _is_unset(second):
            given = second if _is_unset(first) else first
            if given is UNDEFINED or given is None or isinstance(given, (str, int, float, bool)):
                same = given is UNDEFINED or (given is None and operator in ("==", "!="))
                result = same if operator in ("===", "==") else not same
                return Either(short(env.module, node), not result, result)
        for side in (first, second):
            if isinstance(side, Unknown):
                return Unknown(side.reason, side.free, partial=_joined_text(self, first, second, operator))
        if operator == "+":
            if _is_number(first) and _is_number(second):
                return first + second
            texts = js_text(self, first), js_text(self, second)
            return texts[0] + texts[1] if texts[0] is not None and texts[1] is not None else Unknown("an addition")
        if operator in ("-", "*", "/", "%", "**") and _is_number(first) and _is_number(second):
            return arithmetic(operator, first, second)
        if operator in ("===", "==", "!==", "!="):
            if isinstance(first, External) or isinstance(second, External):
                return Unknown("compares with a value from outside the tree")
            loose = operator in ("==", "!=") and first in (None, UNDEFINED) and second in (None, UNDEFINED)
            same = (
                loose
                or (first is second)
                or (type(first) is type(second) and isinstance(first, (str, int, float)) and first == second)
            )
            return same if operator in ("===", "==") else not same
        if operator in ("<", ">", "<=", ">=") and _is_number(first) and _is_number(second):
            return {"<": first < second, ">": first > second, "<=": first <= second, ">=": first >= second}[operator]
        if operator == "in" and isinstance(second, Schema) and isinstance(first, str):
            return second.shape is not None if first == "shape" else first in ("_def", "_zod", "parse")
        if operator == "in" and isinstance(first, str) and isinstance(second, Obj) and not second.missing:
            return first in second.props
        return Unknown(f"the operator {operator}")

    def _logical(self, left: Value, operator: str, right: Node, node: Node, env: Env) -> Value:
        left = self.force(left)
        if operator == "??":
            if left is None or left is UNDEFINED or (isinstance(left, Unknown) and left.is_unset):
                return self.eval(right, env)
            if isinstance(left, (Unknown, External, Either)):
                return Either(_operand(node, env), left, self.eval(right, env))
            return left
        known = self.truth(left)
        if isinstance(left, Unknown) and left.is_unset and operator == "||":
            known = False
        if known is None:
            condition = _operand(node, env)
            if operator == "&&":
                return Either(condition, self.eval(right, env), False)
            return Either(condition, left, self.eval(right, env))
        return left if known is (operator == "||") else self.eval(right, env)

    def _unary(self, node: Node, env: Env) -> Value:
        operator, argument = node.child_by_field_name("operator"), node.child_by_field_name("argument")
        if operator is None or argument is None:
            return Unknown("incomplete expression")
        if operator.type == "void":
            return UNDEFINED
        value = self.settle(self.eval(argument, env))
        if operator.type == "!":
            if isinstance(value, Unknown):
                if value.is_unset:
                    return Either(short(env.module, node), False, True)
                return Unknown(value.reason, value.free)
            known = self.truth(value)
            return Unknown("a negated condition") if known is None else not known
        if operator.type == "typeof":
            return type_name(value)
        if _is_number(value) and operator.type in ("-", "+"):
            return -value if operator.type == "-" else value
        return value if isinstance(value, Unknown) else Unknown(f"the operator {operator.type}")

    def _assigned(self, node: Node, env: Env) -> Value:
        right = node.child_by_field_name("right")
        return self.eval(right, env) if right is not None else Unknown("incomplete assignment")

    # --- functions ----------------------------------------------------------------------------------------------

    def call(self, function: Value, args: list[Value], this: Value = None) -> Value:
        """What a function returns for these arguments, as far as its return statements tell."""
        function = self.settle(function)
        if isinstance(function, Native):
            return function.call(args)
        if not isinstance(function, Func):
            return Unknown("the called function is not known")
        if self.depth > MAX_DEPTH - 10:
            return Unknown("calls are nested too deeply to follow")
        env = Env(function.env.module, function.node, function.env)
        env.args = args
        env.this = this if this is not None else function.this
        return self.returned(env)

    def returned(self, env: Env) -> Value:
        """What the function of a scope returns."""
        body = env.node.child_by_field_name("body")
        if body is None:
            return Unknown("the function has no body")
        if body.type != "statement_block":
            return self.eval(body, env)
        inner = Env(env.module, body, env)
        results: list[tuple[str | None, Value]] = []
        self._returns(body, inner, None, results)
        return self._joined(results)

    def _returns(self, block: Node, env: Env, condition: str | None, results: list[tuple[str | None, Value]]) -> bool:
        """Collects return values of a block in order; True when what follows is not reached."""
        return any(self._return_of(statement, env, condition, results) for statement in block.named_children)

    def _return_of(self, node: Node, env: Env, condition: str | None, results: list[tuple[str | None, Value]]) -> bool:
        kind = node.type
        if kind == "return_statement":
            inner = named(node)
            results.append((condition, self.eval(inner[0], env) if inner else UNDEFINED))
            return True
        if kind == "throw_statement":
            return True
        if kind == "statement_block":
            return self._returns(node, Env(env.module, node, env), condition, results)
        if kind == "if_statement":
            return self._if_returns(node, env, condition, results)
        if kind == "try_statement":
            body = node.child_by_field_name("body")
            return self._return_of(body, env, condition, results) if body is not None else False
        if kind in (
            "for_in_statement",
            "for_statement",
            "while_statement",
            "switch_statement",
            "switch_body",
            "switch_case",
        ):
            if b"return" not in env.module.data[node.start_byte : node.end_byte]:
                return False
            scope = Env(env.module, node, env) if kind in SCOPES else env
            for child in node.named_children:
                self._return_of(child, scope, condition or "in a branch", results)
        return kind == "switch_statement" and False

    def _if_returns(self, node: Node, env: Env, condition: str | None, results: list[tuple[str | None, Value]]) -> bool:
        if b"return" not in env.module.data[node.start_byte : node.end_byte]:
            return False
        test, then = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        otherwise = node.child_by_field_name("alternative")
        if test is None or then is None:
            return False
        known = self.truth(self.eval(test, env))
        text = short(env.module, test).removeprefix("(").removesuffix(")")
        ends_then = ends_otherwise = False
        if known is not False:
            ends_then = self._return_of(then, env, condition if known else text, results)
        if known is not True and otherwise is not None:
            inner = named(otherwise)
            ends_otherwise = bool(inner) and self._return_of(
                inner[0], env, condition if known is False else f"not ({text})", results
            )
        return ends_then if known is True else ends_otherwise if known is False else ends_then and ends_otherwise

    def _joined(self, results: list[tuple[str | None, Value]]) -> Value:
        if not results:
            return UNDEFINED
        value = results[-1][1]
        for condition, earlier in reversed(results[:-1]):
            if condition is None:
                value = earlier
            elif not (earlier is UNDEFINED or earlier is None):
                value = Either(condition, earlier, value, asks_for_absence(condition))
        return value


_PENDING = object()
_CODE = (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx")
_NEWLINES = re.compile(r"\r\n?")


def _template_text(raw: bytes) -> str:
    return _NEWLINES.sub("\n", raw.decode("utf-8", "replace"))


def _joined_text(evaluator: Evaluator, first: Value, second: Value, operator: str) -> str | None:
    """What is known of an addition of texts."""
    if operator != "+":
        return None
    parts = [v.partial if isinstance(v, Unknown) else js_text(evaluator, v) for v in (first, second)]
    return "".join(p or "…" for p in parts) if any(parts) else None


def asks_for_absence(condition: str) -> bool:
    """Whether a condition reads as "this is not given"."""
    return condition.startswith(("!", "not (")) or any(
        w in condition for w in ("undefined", "void 0", "== null", "=== null")
    )


def _is_unset(value: Value) -> bool:
    return isinstance(value, Unknown) and value.is_unset


def _interpolated(evaluator: Evaluator, value: Value) -> str | None:
    """What a value becomes inside a template. Only the environment is believed to be unset: no author means to say
    "undefined", so a value that reading finds to be undefined is one that reading does not know."""
    if isinstance(value, Unknown) and value.is_unset and value.reason.startswith(ENVIRONMENT):
        return "undefined"
    return None if value is UNDEFINED else js_text(evaluator, value)


def _why_not_text(value: Value) -> str:
    return "a value that is filled in at run time" if value is UNDEFINED else "a value from outside the tree"


def _operand(node: Node, env: Env) -> str:
    left = node.child_by_field_name("left")
    return short(env.module, left) if left is not None else ""


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def arithmetic(operator: str, first: float, second: float) -> Value:
    try:
        if operator == "-":
            return first - second
        if operator == "*":
            return first * second
        if operator == "**" and abs(second) <= 64 and abs(first) <= 1e6:
            return first**second
        result = first / second if operator == "/" else first % second if operator == "%" else None
    except (ZeroDivisionError, OverflowError):
        return Unknown("arithmetic")
    if result is None:
        return Unknown("arithmetic")
    return int(result) if isinstance(result, float) and result.is_integer() else result


def number_text(value: float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def js_text(evaluator: Evaluator, value: Value) -> str | None:
    """What a value becomes inside a text, None when that is not known."""
    value = evaluator.settle(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, Arr) and not value.missing:
        parts = [js_text(evaluator, i) for i in value.items]
        return ",".join(p for p in parts if p is not None) if None not in parts else None
    return None


def type_name(value: Value) -> Value:
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (Func, Cls, Native)):
        return "function"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, (Obj, Arr, Inst)) or value is None:
        return "object"
    return value if isinstance(value, Unknown) else Unknown("a type test")


def plain(value: Any) -> Value:
    """A parsed JSON value as the evaluator's value."""
    if isinstance(value, dict):
        return Obj({str(k): plain(v) for k, v in value.items()})
    if isinstance(value, list):
        return Arr([plain(v) for v in value])
    return value


__all__ = ["Evaluator", "env_at", "js_text", "path_to", "plain"]
