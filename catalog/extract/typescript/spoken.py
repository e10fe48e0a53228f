"""Servers that speak the protocol by hand: `tools/list` as a case, condition, key or argument beside its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from catalog.extract.typescript import classes
from catalog.extract.typescript.definitions import Draft
from catalog.extract.typescript.registrations import Finder
from catalog.extract.typescript.scopes import MAX_CHAIN, Env, env_at, module_env
from catalog.extract.typescript.sources import CLASSES, FUNCTIONS, SCOPES, Module, named, part_name, path_to
from catalog.extract.typescript.values import Arr, Either, Func, Inst, Obj, Unknown, Value

_METHOD = re.compile(rb"[\"'`]tools/list[\"'`]")
_MAX_PLACES = 50  # of the method's name in one file
_MAX_CALLS = 30  # that are followed in one answer
_SCHEMA_DEPTH = 9  # nodes between the method's name in a schema and the call that takes the schema


def spoken_definitions(finder: Finder) -> list[Draft]:
    """Drafts of what is answered to `tools/list` wherever that is told from other methods by comparing its name."""
    out: list[Draft] = []
    for path in finder.paths:
        data = finder.project.data(path)
        if b"tools/list" not in data:
            continue
        module = finder.project.module(path)
        for count, match in enumerate(_METHOD.finditer(data)):
            if count >= _MAX_PLACES:
                break
            answer = _answer_beside(module, match.start(), match.end())
            if answer is not None and not finder.is_internal(module, answer):
                out += _drafts(finder, module, answer)
    return out


def _answer_beside(module: Module, start: int, end: int) -> Node | None:
    """The code that runs for the method whose name stands here, None where the name is only sent or described."""
    chain = path_to(module, start, end)
    place = next((i for i in range(len(chain) - 1, -1, -1) if chain[i].type in ("string", "template_string")), 0)
    text, above = chain[place], chain[place - 1]
    if place == 0:
        return None
    if above.type == "switch_case" and above.child_by_field_name("value") == text:
        return _case_body(above)
    if above.type == "pair" and above.child_by_field_name("key") == text:
        return above.child_by_field_name("value")
    if above.type == "arguments" and len(arguments := named(above)) > 1 and arguments[0] == text:
        return arguments[1] if arguments[1].type in (*FUNCTIONS, "identifier", "member_expression") else None
    if above.type == "arguments" or (above.type == "pair" and part_name(module, above) == "method"):
        return _handler_of_schema(chain[:place])
    if above.type == "binary_expression":
        for step in reversed(chain[:place]):
            if step.type == "if_statement":
                return step.child_by_field_name("consequence")
            if step.type == "ternary_expression":
                return step.child_by_field_name("consequence")
            if step.type in FUNCTIONS:
                return None
    return None


def _handler_of_schema(above: list[Node]) -> Node | None:
    """The function behind a schema of the request: `f(z.object({method: z.literal("tools/list")}), () => ...)`."""
    for depth, step in enumerate(reversed(above[-_SCHEMA_DEPTH:])):
        arguments = named(step) if step.type == "arguments" else []
        if depth and len(arguments) > 1 and arguments[1].type in FUNCTIONS and arguments[0] in above:
            return arguments[1]
        if step.type in FUNCTIONS:
            return None
    return None


def _case_body(case: Node) -> Node | None:
    """The case, or the next one that does something where this one falls through."""
    while case is not None and case.type == "switch_case" and len(named(case)) < 2:
        following = case.next_named_sibling
        if following is None:
            return None
        case = following
    return case


def _drafts(finder: Finder, module: Module, answer: Node) -> list[Draft]:
    for value in _values(finder, module, answer):
        tools = _tools_of(finder, value)
        if tools is not None:
            drafts = [d for d in finder.reader.from_list(tools, answer, module) if _is_named(finder, d)]
            if drafts:
                return drafts
    return []


def _is_named(finder: Finder, draft: Draft) -> bool:
    return isinstance(finder.evaluator.settle(draft.name), str)


def _values(finder: Finder, module: Module, answer: Node) -> Iterator[Value]:
    """What the answer may be worth: the function's result, an object in it that has tools, a call's result, and at
    last such an object in a function that it calls, whatever that makes of it."""
    evaluator = finder.evaluator
    if answer.type in (*FUNCTIONS, "identifier", "member_expression"):
        handler = evaluator.settle(evaluator.eval(answer, _env(module, answer)))
        if isinstance(handler, Func):
            yield evaluator.call(handler, [Unknown("the request"), Unknown("the request")])
    objects, calls = _parts(module, answer)
    for node in objects:
        yield evaluator.eval(node, _env(module, node))
    for call in calls:
        yield evaluator.eval(call, _env(module, call))
    for call in calls:
        function = call.child_by_field_name("function")
        called = evaluator.settle(evaluator.eval(function, _env(module, call))) if function is not None else None
        if isinstance(called, Func):
            for node in _parts(called.env.module, called.node)[0]:
                yield evaluator.eval(node, _env(called.env.module, node))


def _parts(module: Module, answer: Node) -> tuple[list[Node], list[Node]]:
    """The objects with `tools` in a piece of code, and its first calls."""
    objects: list[Node] = []
    calls: list[Node] = []
    stack = [answer]
    while stack:
        node = stack.pop()
        if node.type == "object" and any(part_name(module, part) == "tools" for part in node.named_children):
            objects.append(node)
        elif node.type == "call_expression":
            calls.append(node)
        stack += reversed(node.named_children)
    return objects, calls[:_MAX_CALLS]


def _env(module: Module, node: Node) -> Env:
    """The scope around a node; within a class, that of an instance about whose making nothing is known."""
    if not any(step.type in CLASSES for step in path_to(module, node.start_byte, node.end_byte)[:MAX_CHAIN]):
        return env_at(module, node)
    env = module_env(module)
    for step in path_to(module, node.start_byte, node.end_byte)[1:MAX_CHAIN]:
        if step == node:
            break
        if step.type in SCOPES:
            env = Env(module, step, env)
            if step.type in CLASSES:
                env.this = Inst(classes.of_env(env), [])
    return env


def _tools_of(finder: Finder, value: Value) -> Value | None:
    settle, member = finder.evaluator.settle, finder.evaluator.member
    answer = settle(value)
    if isinstance(answer, Arr):
        return answer
    if not isinstance(answer, Obj):
        return None
    for holder in (answer, settle(member(answer, "result")) if "result" in answer.props else None):
        tools = settle(member(holder, "tools")) if isinstance(holder, Obj) and "tools" in holder.props else None
        if isinstance(tools, (Arr, Either)):
            return tools
    return None
