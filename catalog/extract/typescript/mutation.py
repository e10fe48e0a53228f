"""Values of variables that are filled later: `push`, `set`, `x[key] = v`, reassignment, compiled enums.

Order is not tracked; what is added under a condition or in a loop is kept with its condition, and loops are unrolled.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from tree_sitter import Node

from catalog.extract.typescript.scopes import Declaration, Env
from catalog.extract.typescript.sources import FUNCTIONS, SCOPES, Module, named, path_to, short
from catalog.extract.typescript.values import UNDEFINED, Arr, Conditional, Either, Element, Obj, Thunk, Unknown, Value
from catalog.extract.typescript.words import followed, words

if TYPE_CHECKING:
    from catalog.extract.typescript.evaluate import Evaluator

_BIG = 400_000  # in larger modules only variables that start empty are searched for later additions
MAX_MUTATIONS = 2_000
_SET = re.compile(rb"\s*(\+|\?\?|\|\|)?=(?![=>])")
_OR_SET = re.compile(rb"\s*(?:\|\||=)")
_PAREN = re.compile(rb"\(\s*\Z")


def variable(evaluator: Evaluator, name: str, env: Env, declaration: Declaration) -> Value:
    """The value of a `var`, `let` or `const`, with what is put into it later."""
    node = declaration.node
    initial = node.child_by_field_name("value")
    if initial is None:
        return _uninitialised(evaluator, name, env, node)
    value = evaluator.walk(evaluator.eval(initial, env), declaration.steps, env)
    if declaration.steps:
        return value
    bundled = evaluator.bundled_namespace(env.module, name) if isinstance(value, Obj) and env.parent is None else None
    if bundled is not None:
        return bundled
    if isinstance(value, (Arr, Obj)):
        return _extended(evaluator, name, env, node, value)
    parent = node.parent
    if parent is not None and env.module.data[parent.start_byte : parent.start_byte + 3] == b"let":
        return _reassigned(evaluator, name, env, value)
    return value


def _extended(evaluator: Evaluator, name: str, env: Env, node: Node, value: Value) -> Value:
    literal = node.child_by_field_name("value")
    is_empty = not (value.items if isinstance(value, Arr) else value.props)
    is_own = literal is not None and literal.type in (
        "object",
        "array",
        "new_expression",
        "as_expression",
        "satisfies_expression",
    )
    if not is_own or (not is_empty and len(env.module.data) > _BIG and env.parent is None):
        return value
    additions = find(env, name)
    if not additions:
        return value
    if isinstance(value, Arr):
        value = Arr(list(value.items), list(value.missing), value.kind)
    else:
        value = Obj(
            dict(value.props), list(value.missing), value.node, value.module, dict(value.conditions), value.kind
        )
    return apply(evaluator, env, value, additions)


def _uninitialised(evaluator: Evaluator, name: str, env: Env, node: Node) -> Value:
    compiled = _compiled_enum(evaluator, name, env)
    if compiled is not None:
        return compiled
    return _reassigned(evaluator, name, env, UNDEFINED)


def _reassigned(evaluator: Evaluator, name: str, env: Env, value: Value) -> Value:
    data = env.module.data
    scope = env.node
    found = followed(data, name.encode(), _SET, scope.start_byte, scope.end_byte)
    for count, (start, match) in enumerate(found):
        if count > 200:
            break
        chain = path_to(env.module, start, start + len(name))
        assignment = chain[-2] if len(chain) > 1 else chain[-1]
        if assignment.type not in ("assignment_expression", "augmented_assignment_expression"):
            continue
        right = assignment.child_by_field_name("right")
        if right is None or chain[-1].type != "identifier":
            continue
        inner, condition, loops = below(env, chain)
        if any(w.node.type == "for_in_statement" for w in loops):
            continue
        added = evaluator.eval(right, inner)
        if isinstance(added, Unknown) and (loops or added.reason == "cyclic definition"):
            continue
        if assignment.type == "augmented_assignment_expression" and match.group(1) == b"+":
            settled = evaluator.settle(value)
            text = evaluator.settle(added)
            if isinstance(settled, str) and isinstance(text, str):
                value = (
                    Either(condition, settled + text, settled, _holds(evaluator, env, chain))
                    if condition
                    else settled + text
                )
        elif condition is None or value is UNDEFINED or value is None:
            value = added
        else:
            value = Either(condition, added, value, _holds(evaluator, env, chain))
    return value


def _holds(evaluator: Evaluator, env: Env, chain: list[Node]) -> bool:
    """Whether every `if` on the way is known to hold, or to hold where nothing is configured."""
    found = False
    for step, following in pairwise(chain):
        if step.type != "if_statement" or step.start_byte < env.node.start_byte:
            continue
        test = step.child_by_field_name("condition")
        if test is None or following == test:
            continue
        by_default = evaluator.unset_truth(evaluator.eval(test, env))
        wanted = following == step.child_by_field_name("consequence")
        if by_default is not wanted:
            return False
        found = True
    return found


def _compiled_enum(evaluator: Evaluator, name: str, env: Env) -> Obj | None:
    """`(function (E) { E["A"] = "a"; })(E || (E = {}))`, which is what an enum compiles to."""
    data = env.module.data
    scope = env.node
    found = followed(data, name.encode(), _OR_SET, scope.start_byte, scope.end_byte)
    start = next((at for at, _ in found if _PAREN.search(data, max(0, at - 8), at)), None)
    if start is None:
        return None
    chain = path_to(env.module, start, start + len(name))
    call = next((n for n in reversed(chain) if n.type == "call_expression"), None)
    function = call.child_by_field_name("function") if call is not None else None
    body = next((n for n in _descend(function) if n.type == "statement_block"), None) if function is not None else None
    if body is None:
        return None
    out = Obj(module=env.module, node=call, kind="enum")
    inner = Env(env.module, body, env)
    for statement in body.named_children:
        expression = statement.named_children[0] if statement.named_child_count else None
        parts = (
            named(expression) if expression is not None and expression.type == "sequence_expression" else [expression]
        )
        for part in parts:
            _enum_member(evaluator, part, inner, out)
    return out


def _enum_member(evaluator: Evaluator, node: Node | None, env: Env, out: Obj) -> None:
    if node is None or node.type != "assignment_expression":
        return
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type not in ("subscript_expression", "member_expression"):
        return
    key = left.child_by_field_name("index") or left.child_by_field_name("property")
    if key is not None and key.type == "assignment_expression":  # numeric: E[E["A"] = 0] = "A"
        _enum_member(evaluator, key, env, out)
        return
    name = env.module.text(key) if key is not None and key.type == "property_identifier" else None
    if key is not None and name is None:
        value = evaluator.eval(key, env)
        name = value if isinstance(value, str) else None
    if name is not None:
        out.props[name] = evaluator.eval(right, env)


def _descend(node: Node) -> list[Node]:
    out: list[Node] = []
    stack = [node]
    while stack and len(out) < 12:
        current = stack.pop()
        out.append(current)
        if current.type != "statement_block":
            stack.extend(reversed(current.named_children))
    return out


_ADDS = re.compile(
    rb"\.(?:push|unshift|set|add)\s*\(|\[[^\]\n]{1,160}\]\s*=(?!=)|\.[\w$]+\s*=(?![=>])"
    rb"|\s*=\s*(?:\[\s*\.\.\.|[\w$.]+\.concat\()"
)
_ASSIGN = re.compile(rb"Object\.assign\(\s*\Z")
_COMMA = re.compile(rb"\s*,")


def find(env: Env, target: str) -> list[list[Node]]:
    """Places in a scope where something is put into `target` (`name` or `this.name`): node chains down to it."""
    data, word = env.module.data, target.encode()
    owner, _, last = target.rpartition(".")
    chains: list[list[Node]] = []
    for at in words(data, last.encode(), env.node.start_byte, env.node.end_byte):
        start = at - len(owner) - 1 if owner else at
        if owner and data[start:at] != owner.encode() + b".":
            continue
        if data[start - 1 : start] == b".":
            continue
        after = start + len(word)
        match = _ADDS.match(data, after)
        if match is not None:
            chains.append(path_to(env.module, start, match.end()))
        elif _COMMA.match(data, after) and _ASSIGN.search(data, max(0, start - 30), start):
            chains.append(path_to(env.module, start, after + 1))
        if len(chains) >= MAX_MUTATIONS:
            break
    return chains


def below(env: Env, chain: list[Node]) -> tuple[Env, str | None, list[Env]]:
    """The scope at the end of a chain built on `env`, the conditions on the way, and what waits for values."""
    conditions: list[str] = []
    waiting: list[Env] = []
    inside = False
    current = env
    for step, following in zip(chain, [*chain[1:], None], strict=True):
        if step == env.node:
            inside = True
            continue
        if not inside or following is None:
            continue
        if step.type in SCOPES:
            current = Env(env.module, step, current)
            if step.type == "for_in_statement" or step.type in FUNCTIONS:
                waiting.append(current)
        text = condition_of(env.module, step, following)
        if text is not None:
            conditions.append(text)
    return current, " and ".join(conditions) or None, waiting


def condition_of(module: Module, parent: Node, child: Node) -> str | None:
    """The condition under which `parent` reaches `child`, as text; None when it always does."""
    kind = parent.type
    if kind == "if_statement":
        test = parent.child_by_field_name("condition")
        if test is None or child == test:
            return None
        text = _bare(module, test)
        return text if child == parent.child_by_field_name("consequence") else f"not ({text})"
    if kind == "ternary_expression":
        test = parent.child_by_field_name("condition")
        if test is None or child == test:
            return None
        text = _bare(module, test)
        return text if child == parent.child_by_field_name("consequence") else f"not ({text})"
    if kind == "binary_expression" and child == parent.child_by_field_name("right"):
        operator, left = parent.child_by_field_name("operator"), parent.child_by_field_name("left")
        if operator is not None and left is not None and operator.type in ("&&", "||", "??"):
            return short(module, left) if operator.type == "&&" else f"not ({short(module, left)})"
    if kind in ("switch_case", "catch_clause"):
        return short(module, parent, 60)
    return None


def _bare(module: Module, test: Node) -> str:
    inner = named(test)
    return short(module, inner[0] if test.type == "parenthesized_expression" and inner else test)


def apply(evaluator: Evaluator, env: Env, value: Value, chains: list[list[Node]]) -> Value:
    """The array or object with everything added that the chains add."""
    for chain in chains:
        expression = next((n for n in reversed(chain) if n.type in ("call_expression", "assignment_expression")), None)
        if expression is None:
            continue
        inner, condition, waiting = below(env, chain)
        for bound, extra in openings(evaluator, inner, waiting):
            reached = is_reached(evaluator, bound, env, chain) if condition else True
            if reached is False:
                continue
            if reached is True:
                condition = None
            text = " and ".join(t for t in (condition, extra) if t) or None
            _apply_one(evaluator, expression, bound, value, text)
    return value


def is_reached(evaluator: Evaluator, env: Env, outer: Env, chain: list[Node]) -> bool | None:
    """Whether every condition between `outer` and the end of the chain holds; None when that is not known."""
    known: bool | None = True
    for step, following in pairwise(chain):
        if step.start_byte < outer.node.start_byte or step == outer.node:
            continue
        decided: bool | None = True
        if step.type in ("if_statement", "ternary_expression"):
            test = step.child_by_field_name("condition")
            if test is not None and following != test:
                truth = evaluator.truth(evaluator.eval(test, env))
                is_then = following == step.child_by_field_name("consequence")
                decided = None if truth is None else truth is is_then
        elif step.type == "switch_case":
            decided = _case_holds(evaluator, env, step)
        elif condition_of(env.module, step, following) is not None:
            decided = None
        if decided is False:
            return False
        known = None if decided is None else known
    return known


def _case_holds(evaluator: Evaluator, env: Env, case: Node) -> bool | None:
    body = case.parent
    switch = body.parent if body is not None else None
    subject = switch.child_by_field_name("value") if switch is not None else None
    wanted = case.child_by_field_name("value")
    if subject is None or wanted is None or body is None:
        return None
    value = evaluator.settle(evaluator.eval(subject, env))
    if not isinstance(value, (str, int, float, bool)):
        return None
    cases = [c for c in body.named_children if c.type == "switch_case"]
    position = next((n for n, c in enumerate(cases) if c == case), 0)
    group = [case]  # empty cases right before it fall through into it
    while position > 0 and not _has_body(cases[position - 1]):
        position -= 1
        group.append(cases[position])
    tests = [t for c in group if (t := c.child_by_field_name("value")) is not None]
    found = [evaluator.settle(evaluator.eval(t, env)) for t in tests]
    if value in [f for f in found if isinstance(f, (str, int, float, bool))]:
        return True
    return None if any(isinstance(f, Unknown) for f in found) else False


def _has_body(case: Node) -> bool:
    return case.child_by_field_name("body") is not None


def openings(evaluator: Evaluator, env: Env, waiting: list[Env], depth: int = 0) -> list[tuple[Env, str | None]]:
    """The scope with each of the waiting loops and functions bound in turn to what they run over."""
    if not waiting or evaluator.opener is None:
        return [(env, None)]
    results: list[tuple[Env, str | None]] = []
    target = waiting[0]
    if target.node.type in FUNCTIONS and not _needs_arguments(target):
        return openings(evaluator, env, waiting[1:], depth + 1)
    for opened, condition in evaluator.opener(target):
        replaced = rebuild(env, target, opened)
        remaining: list[Env] = []
        scope: Env | None = replaced
        nodes = {w.node.id for w in waiting[1:]}
        while scope is not None:
            if scope.node.id in nodes:
                remaining.insert(0, scope)
            scope = scope.parent
        for final, extra in openings(evaluator, replaced, remaining, depth + 1) if depth < 5 else [(replaced, None)]:
            results.append((final, " and ".join(t for t in (condition, extra) if t) or None))
        if len(results) > MAX_MUTATIONS:
            break
    return results or [(env, None)]


def _needs_arguments(env: Env) -> bool:
    parameters = env.node.child_by_field_name("parameters")
    return env.args is None and (
        env.node.child_by_field_name("parameter") is not None
        or (parameters is not None and parameters.named_child_count > 0)
    )


def rebuild(env: Env, target: Env, replacement: Env, seen: dict[int, Env] | None = None) -> Env:
    """The same scopes with `target` replaced, also where arguments wait in it; the rest is made anew."""
    if env is target:
        return replacement
    seen = {} if seen is None else seen
    if id(env) in seen:
        return seen[id(env)]
    seen[id(env)] = env
    parent = rebuild(env.parent, target, replacement, seen) if env.parent is not None else None
    args = [_rebuilt(a, target, replacement, seen) for a in env.args] if env.args is not None else None
    item = _rebuilt(env.item, target, replacement, seen)
    changed = parent is not env.parent or item is not env.item
    if args is not None and env.args is not None:
        changed = changed or any(a is not b for a, b in zip(args, env.args, strict=True))
    if not changed:
        return env
    copy = Env(env.module, env.node, parent)
    copy.args, copy.this, copy.item = args, env.this, item
    seen[id(env)] = copy
    return copy


def _rebuilt(value: Value, target: Env, replacement: Env, seen: dict[int, Env]) -> Value:
    if isinstance(value, (Thunk, Element)):
        env = rebuild(value.env, target, replacement, seen)
        if env is not value.env:
            return (
                Thunk(value.node, env) if isinstance(value, Thunk) else Element(value.node, env, value.index, value.how)
            )
    return value


def _apply_one(evaluator: Evaluator, node: Node, env: Env, value: Value, condition: str | None) -> None:
    if node.type == "assignment_expression":
        _apply_assignment(evaluator, node, env, value, condition)
        return
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    args = named(arguments) if arguments is not None else []
    prop = function.child_by_field_name("property") if function is not None else None
    method = env.module.text(prop) if prop is not None else ""
    if method in ("push", "unshift", "add") and isinstance(value, Arr):
        for arg in args:
            if arg.type == "spread_element":
                items, missing = evaluator.iterate(evaluator.eval(named(arg)[0], env))
                value.items += [_when(condition, i) for i in items]
                value.missing += missing
            else:
                value.items.append(_when(condition, Thunk(arg, env)))
    elif method == "set" and isinstance(value, Obj) and len(args) == 2:
        _put(evaluator, value, evaluator.eval(args[0], env), Thunk(args[1], env), condition)
    elif method == "assign" and isinstance(value, Obj):
        for arg in args[1:]:
            added = evaluator.settle(evaluator.eval(arg, env))
            if isinstance(added, Obj):
                for key, inner in added.props.items():
                    _put(evaluator, value, key, inner, condition)
            elif isinstance(added, Unknown):
                value.missing.append(added)


def _apply_assignment(evaluator: Evaluator, node: Node, env: Env, value: Value, condition: str | None) -> None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    if isinstance(value, Arr) and left.type in ("identifier", "member_expression"):
        items, _ = evaluator.iterate(evaluator.eval(right, env))
        value.items += [_when(condition, i) for i in items]
    elif isinstance(value, Obj) and left.type == "subscript_expression":
        index = left.child_by_field_name("index")
        if index is not None:
            _put(evaluator, value, evaluator.eval(index, env), Thunk(right, env), condition)
    elif isinstance(value, Obj) and left.type == "member_expression":
        prop = left.child_by_field_name("property")
        if prop is not None:
            _put(evaluator, value, env.module.text(prop), Thunk(right, env), condition)


def _put(evaluator: Evaluator, value: Obj, key: Value, inner: Value, condition: str | None) -> None:
    key = evaluator.settle(key)
    if isinstance(key, str):
        if condition is None:
            value.conditions.pop(key, None)
        elif key in value.conditions and value.kind == "object":
            inner = Unknown(f"{key} depends on {condition}")
        elif key in value.props:
            inner = Either(condition, inner, value.props[key])
        else:
            value.conditions[key] = condition
        value.props[key] = inner
    elif isinstance(key, Unknown):
        value.missing.append(key)


def _when(condition: str | None, value: Value) -> Value:
    return Conditional(condition, value) if condition is not None else value
