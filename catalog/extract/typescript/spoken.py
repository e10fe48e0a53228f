"""Servers that speak the protocol by hand: `tools/list` as a case, condition, key or argument beside its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from catalog.extract.typescript.definitions import Draft
from catalog.extract.typescript.registrations import Finder
from catalog.extract.typescript.scopes import env_at
from catalog.extract.typescript.sources import FUNCTIONS, Module, named, part_name, path_to
from catalog.extract.typescript.values import Arr, Either, Func, Obj, Unknown, Value

_METHOD = re.compile(rb"[\"'`]tools/list[\"'`]")
_MAX_PLACES = 50  # of the method's name in one file
_MAX_CALLS = 30  # that are followed in one answer


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
    if above.type == "binary_expression":
        for step in reversed(chain[:place]):
            if step.type == "if_statement":
                return step.child_by_field_name("consequence")
            if step.type == "ternary_expression":
                return step.child_by_field_name("consequence")
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
    """What the answer may be worth: the function's result, an object in it that has tools, a call's result."""
    evaluator = finder.evaluator
    if answer.type in (*FUNCTIONS, "identifier", "member_expression"):
        handler = evaluator.settle(evaluator.eval(answer, env_at(module, answer)))
        if isinstance(handler, Func):
            yield evaluator.call(handler, [Unknown("the request"), Unknown("the request")])
    calls: list[Node] = []
    stack = [answer]
    while stack:
        node = stack.pop()
        if node.type == "object" and any(part_name(module, part) == "tools" for part in node.named_children):
            yield evaluator.eval(node, env_at(module, node))
        elif node.type == "call_expression":
            calls.append(node)
        stack += reversed(node.named_children)
    for call in calls[:_MAX_CALLS]:
        yield evaluator.eval(call, env_at(module, call))


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
