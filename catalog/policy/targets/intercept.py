"""Intercept YAML: https://github.com/PolicyLayer/Intercept POLICY.md (revision 77f0429, 2026-03-04).

All rules of a tool must hold; there is no "or", no approval, and an absent argument fails every comparison.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml

from catalog.policy.export import Document, Export, Loss, describe, has_a_twin
from catalog.policy.records import Condition, Guard, Limit, Op, Policy, ToolRules

_OPPOSITE: dict[Op, Op] = {
    "eq": "neq",
    "neq": "eq",
    "in": "not_in",
    "not_in": "in",
    "lt": "gte",
    "gte": "lt",
    "gt": "lte",
    "lte": "gt",
}
_PASSES_ABSENT = frozenset({"eq", "in", "lt", "lte", "gt", "gte"})


def write(policy: Policy, server: str) -> Export:
    losses: list[Loss] = []
    document: dict[str, Any] = {
        "version": "1",
        "description": f"{server} MCP server policies",
        "default": policy.default,
    }
    if policy.hide:
        document["hide"] = list(policy.hide)
    names = Counter(limit.counter for rules in policy.tools.values() for limit in rules.limits)
    names.update(limit.counter for limit in policy.all_tools_limits)
    tools: dict[str, Any] = {}
    for name, rules in policy.tools.items():
        if name == "*":
            losses.append(Loss(name, "a tool named * cannot be told from all tools; it is denied"))
            continue
        tools[name] = {"rules": _rules(name, rules, names, losses)}
    if policy.all_tools_limits:
        tools["*"] = {
            "rules": [_limit("_global", x, i, names, None, losses) for i, x in enumerate(policy.all_tools_limits)]
        }
    document["tools"] = tools
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=False, width=120)
    return Export((Document(f"policies/{server}.yaml", text),), tuple(losses))


def _rules(name: str, rules: ToolRules, names: Counter[str], losses: list[Loss]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for i, guard in enumerate(rules.deny_if):
        out.append(_denying(name, f"deny {i + 1}", guard, losses))
    for i, guard in enumerate(rules.require):
        out += _requiring(name, f"require {i + 1}", guard, losses)
    for i, guard in enumerate(rules.approve):
        losses.append(Loss(name, f"denies instead of asking a person: {describe(guard)}"))
        asked = Guard(guard.conditions, "Requires human approval.")
        out.append(_denying(name, f"approval {i + 1}", asked, losses))
    out += [_limit(name, limit, i, names, name, losses) for i, limit in enumerate(rules.limits)]
    return out


def _requiring(name: str, title: str, guard: Guard, losses: list[Loss]) -> list[dict[str, Any]]:
    if not guard.conditions:
        return []
    if any(c.op == "sql_reads_only" for c in guard.conditions):
        losses.append(Loss(name, "cannot look into SQL: every call is denied"))
        return [_rule(title, None, guard.message)]
    told = "takes a text for the like number or flag"
    losses += [Loss(name, f"{told}: {describe(Guard((c,)))}") for c in guard.conditions if _lenient(c)]
    return [_rule(title, [c.to_json() for c in guard.conditions], guard.message)]


def _denying(name: str, title: str, guard: Guard, losses: list[Loss]) -> dict[str, Any]:
    """The rule that must hold so that the guard does not."""
    if not guard.conditions:
        return _rule(title, None, guard.message)
    only = guard.conditions[0]
    if len(guard.conditions) > 1 or (only.op not in _OPPOSITE and only.op != "exists"):
        losses.append(Loss(name, f"denies every call, not only where {describe(guard)}"))
        return _rule(title, None, guard.message)
    if only.op == "exists":
        return _rule(title, [Condition(only.path, "exists", not only.value).to_json()], guard.message)
    if only.op in _PASSES_ABSENT:
        losses.append(Loss(name, f"also denies calls without {only.path}"))
    opposite = {"path": only.path, "op": _OPPOSITE[only.op], "value": only.value}
    if _lenient(Condition(only.path, _OPPOSITE[only.op], only.value)):
        losses.append(Loss(name, f"takes a text for the like number or flag: {describe(guard)}"))
    return _rule(title, [opposite], guard.message)


def _lenient(condition: Condition) -> bool:
    """Comparisons that Intercept makes by printed text, so that `"5"` equals 5."""
    if condition.op not in ("eq", "neq", "in", "not_in", "contains"):
        return False
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    if condition.op in ("neq", "not_in"):  # a list or object differs from every text
        return True
    return any(has_a_twin(v) or v in ("", "<nil>") or v[:1] in "[m" for v in values)


def _limit(
    scope: str, limit: Limit, i: int, names: Counter[str], tool: str | None, losses: list[Loss]
) -> dict[str, Any]:
    if names[limit.counter] > 1:
        losses.append(Loss(tool, f"counts {limit.counter} apart for each tool"))
    if limit.scope != "grant":
        losses.append(Loss(tool, f"counts {limit.counter} for everybody, not per session"))
    counter = f"{limit.counter}_{i}" if names[limit.counter] > 1 else limit.counter
    state: dict[str, Any] = {"counter": counter, "window": limit.window}
    conditions: list[dict[str, Any]] = []
    if limit.increment_from:
        state["increment_from"] = limit.increment_from
        conditions.append({"path": limit.increment_from, "op": "gte", "value": 0})
    conditions.append({"path": f"state.{scope}.{counter}", "op": "lte", "value": limit.max})
    told = limit.message or f"Limit of {limit.max:g} per {limit.window} reached"
    return {**_rule(f"limit {i + 1}", conditions, told), "state": state}


def _rule(title: str, conditions: list[dict[str, Any]] | None, message: str | None) -> dict[str, Any]:
    rule: dict[str, Any] = (
        {"name": title, "action": "deny"} if conditions is None else {"name": title, "conditions": conditions}
    )
    if message:
        rule["on_deny"] = message
    return rule
