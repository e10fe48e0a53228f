"""The documented gateway language: https://policylayer.com/docs/writing-policies (read 2026-11).

It has no approval and no look into SQL; both become denials. What it does with an argument that is absent is not
documented, so single negative and ordering conditions become requirements, which an absent argument fails.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from catalog.policy.export import Document, Export, Loss, describe
from catalog.policy.records import Condition, Guard, Limit, Op, Policy, ToolRules

_OPPOSITE: dict[Op, Op] = {"neq": "eq", "not_in": "in", "lt": "gte", "lte": "gt", "gt": "lte", "gte": "lt"}
_ASK = "Requires human approval."


def write(policy: Policy, server: str) -> Export:
    losses: list[Loss] = []
    plain = policy.without_notes().to_json()
    plain.pop("description", None)
    if "tools" in plain:
        plain["tools"] = {name: _rules(name, rules, losses) for name, rules in policy.tools.items()}
    if policy.all_tools_limits:
        plain["all_tools"] = {"limits": _limits(None, policy.all_tools_limits, losses)}
    text = json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    return Export((Document("policy.json", text),), tuple(losses))


def _limits(name: str | None, limits: Sequence[Limit], losses: list[Loss]) -> list[dict[str, Any]]:
    losses += [Loss(name, f"counts {x.counter} per grant, not per session") for x in limits if x.scope != "grant"]
    return [{**limit.to_json(), "scope": "grant"} for limit in limits]


def _rules(name: str, rules: ToolRules, losses: list[Loss]) -> dict[str, Any]:
    require = [g.to_json("on_deny") for g in rules.require if not _reads_sql(g)]
    deny: list[dict[str, Any]] = []
    for guard in rules.require:
        if any(c.op in ("neq", "not_in") and _by_kind(c) for c in guard.conditions):
            losses.append(Loss(name, f"does not catch a text in place of a number or flag: {describe(guard)}"))
        if _reads_sql(guard):
            losses.append(Loss(name, "cannot look into SQL: every call is denied"))
            deny.append(Guard((), guard.message).to_json("on_deny"))
    for guard in rules.approve:
        losses.append(Loss(name, f"denies instead of asking a person: {describe(guard)}"))
        _deny(name, Guard(guard.conditions, _ASK), require, deny, losses)
    for guard in rules.deny_if:
        _deny(name, guard, require, deny, losses)
    limits = _limits(name, rules.limits, losses)
    return {k: v for k, v in (("require", require), ("deny_if", deny), ("limits", limits)) if v}


def _deny(
    name: str, guard: Guard, require: list[dict[str, Any]], deny: list[dict[str, Any]], losses: list[Loss]
) -> None:
    if _reads_sql(guard):
        losses.append(Loss(name, "cannot look into SQL: every call is denied"))
        deny.append(Guard((), guard.message).to_json("on_deny"))
        return
    if len(guard.conditions) == 1 and guard.conditions[0].op in _OPPOSITE:
        only = guard.conditions[0]
        must = Condition(only.path, _OPPOSITE[only.op], only.value)
        require.append(Guard((must,), guard.message).to_json("on_deny"))
        if only.op not in ("neq", "not_in"):
            losses.append(Loss(name, f"also denies calls without {only.path}"))
        return
    if any(c.op in ("neq", "not_in") for c in guard.conditions):
        losses.append(Loss(name, f"it is not documented what an absent argument means in: {describe(guard)}"))
    if any(_by_kind(c) for c in guard.conditions):
        losses.append(
            Loss(name, f"does not catch a text in place of a number, flag, list or object: {describe(guard)}")
        )
    deny.append(guard.to_json("on_deny"))


def _by_kind(condition: Condition) -> bool:
    """True where a value of another kind escapes the comparison."""
    return condition.op != "exists" or condition.path.count(".") > 1


def _reads_sql(guard: Guard) -> bool:
    return any(c.op == "sql_reads_only" for c in guard.conditions)
