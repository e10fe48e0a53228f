"""The policy language as frozen records. `to_json` gives the document that gateways and people read.

A policy belongs to one server. Field by field meaning: docs/policy.md. The documented gateway language is a subset of
this one; `approve`, the `sql_reads_only` operator and keys that start with `x-` are additions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from classifier.records import Capability, Category, Risk

Op = Literal["eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists", "sql_reads_only"]
Window = Literal["minute", "hour", "day"]
Scope = Literal["grant", "session"]
Default = Literal["allow", "deny"]
Strength = Literal["strict", "recommended", "permissive"]

OPS: tuple[Op, ...] = (
    "eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists", "sql_reads_only",
)  # fmt: skip
WINDOWS: tuple[Window, ...] = ("minute", "hour", "day")
SCOPES: tuple[Scope, ...] = ("grant", "session")
STRENGTHS: tuple[Strength, ...] = ("strict", "recommended", "permissive")
REASONS_KEY = "x-reasons"
PINS_KEY = "x-made-for"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of an argument. `path` is `args.a.b`; `value` is plain JSON of the kind `op` takes."""

    path: str
    op: Op
    value: Any

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "op": self.op, "value": self.value}


@dataclass(frozen=True, slots=True)
class Guard:
    """Conditions that are joined by "and", with what to tell the caller. No conditions: holds for every call.

    The list it stands in gives it its meaning: must hold (`require`), denies (`deny_if`), asks a person (`approve`).
    """

    conditions: tuple[Condition, ...] = ()
    message: str | None = None

    def to_json(self, message_key: str) -> dict[str, Any]:
        out: dict[str, Any] = {"conditions": [c.to_json() for c in self.conditions]}
        if self.message is not None:
            out[message_key] = self.message
        return out


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `max` per calendar-aligned UTC window: calls, or the sum of the number at `increment_from`."""

    counter: str
    window: Window
    max: int | float
    scope: Scope = "grant"
    increment_from: str | None = None
    message: str | None = None

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"counter": self.counter, "window": self.window, "max": self.max, "scope": self.scope}
        if self.increment_from is not None:
            out["increment_from"] = self.increment_from
        if self.message is not None:
            out["on_deny"] = self.message
        return out


@dataclass(frozen=True, slots=True)
class ToolRules:
    """What holds for one tool. All empty means: allowed."""

    require: tuple[Guard, ...] = ()
    deny_if: tuple[Guard, ...] = ()
    approve: tuple[Guard, ...] = ()
    limits: tuple[Limit, ...] = ()

    @property
    def unconditional(self) -> bool:
        return not (self.require or self.deny_if or self.approve or self.limits)

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if self.require:
            out["require"] = [g.to_json("on_deny") for g in self.require]
        if self.deny_if:
            out["deny_if"] = [g.to_json("on_deny") for g in self.deny_if]
        if self.approve:
            out["approve"] = [g.to_json("reason") for g in self.approve]
        if self.limits:
            out["limits"] = [limit.to_json() for limit in self.limits]
        return out


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule is there: the rule's JSON Pointer (`/tools/T/approve/0`, `/hide/0`) and the label it follows from."""

    rule: str
    tool: str
    text: str
    category: Category
    risk: Risk
    capabilities: tuple[Capability, ...] = ()
    needs_review: bool = False

    def to_json(self) -> dict[str, Any]:
        label: dict[str, Any] = {"category": self.category, "risk": self.risk, "capabilities": list(self.capabilities)}
        if self.needs_review:
            label["needs_review"] = True
        return {"rule": self.rule, "tool": self.tool, "text": self.text, "label": label}


@dataclass(frozen=True, slots=True)
class Policy:
    """One server's policy. `reasons` and `made_for` (tool name to definition digest) explain it and never decide."""

    default: Default = "deny"
    hide: tuple[str, ...] = ()
    all_tools_limits: tuple[Limit, ...] = ()
    tools: Mapping[str, ToolRules] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    made_for: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    version: str = "1"

    def to_json(self, *, reasons: bool = False, pins: bool = False) -> dict[str, Any]:
        """The document. Empty parts are left out; `x-reasons` and `x-made-for` come only when asked for."""
        out: dict[str, Any] = {"version": self.version}
        if self.description is not None:
            out["description"] = self.description
        out["default"] = self.default
        if self.hide:
            out["hide"] = list(self.hide)
        if self.all_tools_limits:
            out["all_tools"] = {"limits": [limit.to_json() for limit in self.all_tools_limits]}
        if self.tools or not self.hide:
            out["tools"] = {name: rules.to_json() for name, rules in self.tools.items()}
        if reasons and self.reasons:
            out[REASONS_KEY] = [r.to_json() for r in self.reasons]
        if pins and self.made_for:
            out[PINS_KEY] = dict(sorted(self.made_for.items()))
        return out

    @classmethod
    def from_json(cls, raw: object) -> Policy:
        """Reads a document. Raises InvalidPolicy, which names the path of every problem."""
        from catalog.policy.parse import parse_policy

        return parse_policy(raw)

    def reasons_for(self, tool: str) -> Iterator[Reason]:
        return (r for r in self.reasons if r.tool == tool)

    def without_notes(self) -> Policy:
        return replace(self, reasons=(), made_for={})
