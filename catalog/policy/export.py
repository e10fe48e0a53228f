"""What every target has in common: documents, losses, and a policy seen by what knows only allow, ask and deny.

A target never gets a looser rule than the policy's, with one exception that is always reported: a limit on a tool
that only reads is dropped where the target cannot count, because asking before every read is what people switch off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from catalog.policy.records import Condition, Guard, Policy, Reason, ToolRules

Action = Literal["allow", "ask", "deny", "hide"]
Merge = Callable[[str, Policy, str], str]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something of the policy that a target cannot say. `tool` is None where it concerns the whole policy."""

    tool: str | None
    what: str

    def to_json(self) -> dict[str, str | None]:
        return {"tool": self.tool, "what": self.what}


@dataclass(frozen=True, slots=True)
class Document:
    """One file for a target: the place where it usually lies, and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Export:
    """A policy as a target takes it."""

    documents: tuple[Document, ...]
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Coarse:
    """A tool's rule for a target that knows nothing of arguments and counts."""

    action: Action
    losses: tuple[Loss, ...] = ()


def coarse(policy: Policy) -> dict[str, Coarse]:
    """The rule of every tool that the policy names, in its order; hidden ones last."""
    everything_hidden = "*" in policy.hide
    out: dict[str, Coarse] = {}
    for name, rules in policy.tools.items():
        out[name] = Coarse("hide") if everything_hidden or name in policy.hide else _coarse(name, rules, policy)
    return out | {name: Coarse("hide") for name in policy.hide if name != "*"}


def shared_losses(policy: Policy) -> list[Loss]:
    """Limits over all tools, for a target that cannot count."""
    return [Loss(None, f"does not count {x.max:g} per {x.window} over all tools") for x in policy.all_tools_limits]


def label_of(policy: Policy, tool: str) -> Reason | None:
    """The label that the tool's rules follow from, where the policy carries its reasons."""
    return next(policy.reasons_for(tool), None)


def _coarse(name: str, rules: ToolRules, policy: Policy) -> Coarse:
    if any(not g.conditions for g in rules.deny_if) or any(x.max <= 0 for x in rules.limits):
        return Coarse("deny")
    losses = [Loss(name, what) for what in _unsaid(rules)]
    if rules.approve:
        return Coarse("ask", tuple(losses))
    if any(g.conditions for g in (*rules.require, *rules.deny_if)):
        return Coarse("ask", tuple(losses))
    label = label_of(policy, name)
    reads = label is not None and label.category == "Read" and not label.needs_review
    if rules.limits and not reads:
        return Coarse("ask", (*losses, Loss(name, "asks before each call instead of limiting them")))
    return Coarse("allow", tuple(losses))


def _unsaid(rules: ToolRules) -> Iterator[str]:
    always_asks = any(not g.conditions for g in rules.approve)
    for guard in rules.require:
        if guard.conditions:
            yield f"does not require that {describe(guard)}"
    for guard in rules.deny_if:
        yield f"does not deny calls where {describe(guard)}"
    if not always_asks:
        for guard in rules.approve:
            yield f"asks before every call, not only where {describe(guard)}"
    for limit in rules.limits:
        what = f"the sum of {limit.increment_from}" if limit.increment_from else "calls"
        yield f"does not limit {what} to {limit.max:g} per {limit.window}"


_FLAG_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "t", "f"})


def has_a_twin(value: object) -> bool:
    """True where another kind of value may be taken for this one: 5 and `"5"`, true and `"true"`, null and nothing."""
    if not isinstance(value, str):
        return True
    word = value.strip().lower()
    try:
        float(word)
    except ValueError:
        return word in _FLAG_WORDS
    return True


def describe(guard: Guard) -> str:
    """The guard's conditions in words."""
    return " and ".join(_condition(c) for c in guard.conditions) or "always"


def _condition(condition: Condition) -> str:
    return f"{condition.path} {condition.op} {condition.value!r}"
