"""Policies as Cedar statements over `Action::"call_tool"`, `Tool::"NAME"` and arguments in `context.arg_NAME`.

Only permits are written: in Cedar a statement whose condition fails to evaluate is skipped, and a skipped permit
denies. Language: https://docs.cedarpolicy.com; entity names as in
https://docs.stacklok.com/toolhive/reference/authz-policy-reference.
"""

from __future__ import annotations

import re
from typing import Any

from catalog.policy.export import Loss, describe, label_of
from catalog.policy.records import Condition, Guard, Policy, ToolRules

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED = frozenset({"true", "false", "if", "then", "else", "in", "is", "like", "has"})
_ORDERS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_LONG = 2**63


class Unsayable(Exception):
    """A condition that Cedar has no words for."""


def statements(policy: Policy) -> tuple[list[str], list[Loss]]:
    """One permit per tool that may be called at all, and what they leave out."""
    losses = [Loss(None, f"does not count {x.max:g} per {x.window} over all tools") for x in policy.all_tools_limits]
    if "*" in policy.hide:
        return [], losses
    out: list[str] = []
    for name, rules in policy.tools.items():
        if name not in policy.hide and (permit := _permit(name, rules, policy, losses)):
            out.append(permit)
    if policy.default == "allow":
        closed = ", ".join(f"Tool::{literal(n)}" for n in dict.fromkeys((*policy.tools, *policy.hide)))
        unless = f" unless {{ [{closed}].contains(resource) }}" if closed else ""
        out.append(f'permit(principal, action == Action::"call_tool", resource){unless};')
    return out, losses


def _permit(name: str, rules: ToolRules, policy: Policy, losses: list[Loss]) -> str | None:
    label = label_of(policy, name)
    reads = label is not None and label.category == "Read" and not label.needs_review
    losses += [Loss(name, f"does not limit to {limit.max:g} per {limit.window}") for limit in rules.limits]
    if rules.limits and not reads and not rules.approve:
        losses.append(Loss(name, "denied, because a limit on a tool that changes something cannot be said"))
        return None
    if any(limit.max <= 0 for limit in rules.limits):
        return None
    tests = [_all(name, guard, losses) for guard in rules.require]
    for guard in (*rules.deny_if, *rules.approve):
        if guard in rules.approve:
            losses.append(Loss(name, f"denies instead of asking a person: {describe(guard)}"))
        tests.append(_not(name, guard, losses))
    if "false" in tests:
        return None
    when = f" when {{ {' && '.join(tests)} }}" if (tests := [t for t in tests if t != "true"]) else ""
    return f'permit(principal, action == Action::"call_tool", resource == Tool::{literal(name)}){when};'


def _all(name: str, guard: Guard, losses: list[Loss]) -> str:
    try:
        return " && ".join(_holds(c) for c in guard.conditions) or "true"
    except Unsayable as why:
        losses.append(Loss(name, f"denied, because {why}"))
        return "false"


def _not(name: str, guard: Guard, losses: list[Loss]) -> str:
    """The guard does not hold, and can be judged not to."""
    if not guard.conditions:
        return "false"
    try:
        return "(" + " || ".join(_fails(c, name, losses) for c in guard.conditions) + ")"
    except Unsayable as why:
        losses.append(Loss(name, f"denied, because {why}"))
        return "false"


def _holds(condition: Condition) -> str:
    """True only where the engine finds the condition true; an error or false everywhere else."""
    present, value, wanted = _place(condition.path), _value(condition.path), condition.value
    op = condition.op
    if op == "exists":
        return present if wanted else f"!({present})"
    if op == "eq":
        return f"{present} && {value} == {literal(wanted)}"
    if op == "in":
        return f"{present} && {_set(wanted)}.contains({value})"
    if op in _ORDERS:
        return f"{present} && {value} {_ORDERS[op]} {_long(wanted)}"
    if op == "contains" and isinstance(wanted, str):
        return f"{present} && {value} like {_pattern(wanted)}"
    raise Unsayable(f"{op} has no counterpart that is as strict")


def _fails(condition: Condition, name: str, losses: list[Loss]) -> str:
    """True only where the engine finds the condition false."""
    present, value, wanted = _place(condition.path), _value(condition.path), condition.value
    op = condition.op
    if op == "exists":
        return f"!({present})" if wanted else present
    if op == "neq":
        return f"({present} && {value} == {literal(wanted)})"
    if op == "not_in":
        return f"({present} && {_set(wanted)}.contains({value}))"
    if op in _ORDERS:
        return f"!({present} && {value} {_ORDERS[op]} {_long(wanted)})"
    if op in ("eq", "in"):
        losses.append(
            Loss(name, f"does not catch a text, list or number in place of another: {condition.path} {op} {wanted!r}")
        )
        test = f"{_set(wanted)}.contains({value})" if op == "in" else f"{value} == {literal(wanted)}"
        return f"!({present} && {test})"
    raise Unsayable(f"{op} has no counterpart that is as strict")


def _place(path: str) -> str:
    """`context has arg_a && context.arg_a has b` for `args.a.b`."""
    parts = path.split(".")[1:]
    tests, at = [], "context"
    for i, part in enumerate(parts):
        key = f"arg_{part}" if i == 0 else part
        tests.append(f"{at} has {key if _IDENTIFIER.match(key) and key not in _RESERVED else literal(key)}")
        at += f".{key}" if _IDENTIFIER.match(key) and key not in _RESERVED else f"[{literal(key)}]"
    return " && ".join(tests)


def _value(path: str) -> str:
    at = "context"
    for i, part in enumerate(path.split(".")[1:]):
        key = f"arg_{part}" if i == 0 else part
        at += f".{key}" if _IDENTIFIER.match(key) and key not in _RESERVED else f"[{literal(key)}]"
    return at


def _set(values: list[Any]) -> str:
    return "[" + ", ".join(literal(v) for v in values) + "]"


def _long(value: int | float) -> str:
    if int(value) != value or not -_LONG <= value < _LONG:
        raise Unsayable(f"Cedar compares whole numbers only, not {value}")
    return str(int(value))


def literal(value: object) -> str:
    """A Cedar literal: text, true, false or a whole number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _long(value)
    if not isinstance(value, str):
        raise Unsayable("Cedar has no null")
    return '"' + "".join(_escaped(c) for c in value) + '"'


def _pattern(text: str) -> str:
    return '"*' + "".join("\\*" if c == "*" else _escaped(c) for c in text) + '*"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if " " <= character <= "~" else f"\\u{{{ord(character):x}}}"
