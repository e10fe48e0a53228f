"""The stack as counts and as JSON: what it can destroy, spend, run and publish, what is unknown, and how it leaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from catalog.findings.records import Report
from catalog.stack.legs import Cut, Legs
from catalog.stack.records import LEGS, Entry, Member, Resolution, Stack, StackTool
from classifier.records import RISKS, Risk

Power = Literal["destroy", "spend", "run", "publish"]
POWERS: tuple[Power, ...] = ("destroy", "spend", "run", "publish")
_HAS: dict[Power, Callable[[StackTool], bool]] = {
    "destroy": lambda tool: tool.label is not None and tool.label.category == "Destructive",
    "spend": lambda tool: tool.can("financial") and tool.label is not None and tool.label.category != "Read",
    "run": lambda tool: tool.can("execute"),
    "publish": lambda tool: tool.can("communicate"),
}


def powers(member: Member) -> dict[Power, tuple[str, ...]]:
    """The names of the tools that can do each of the four, in the order of the store: riskiest first."""
    return {power: tuple(t.name for t in member.tools if _HAS[power](t)) for power in POWERS}


def risk_of(member: Member) -> Risk | None:
    """The highest risk among its tools; None without any label."""
    return max((t.label.risk for t in member.tools if t.label is not None), key=RISKS.index, default=None)


def to_json(stack: Stack, legs: Legs, found: Sequence[Report]) -> dict[str, Any]:
    """The document that `catalog stack --json` prints."""
    return {
        "files": [file.to_json() for file in stack.files],
        "counts": {
            "servers": len(stack.members),
            "known": len(stack.known),
            "unknown": len(stack.unknown),
            "off": sum(m.state == "off" for m in stack.members),
            "tools": sum(len(m.tools) for m in stack.known),
            **{power: sum(len(powers(m)[power]) for m in stack.known) for power in POWERS},
            "secrets": sum(len(entry.secrets) for m in stack.members for entry, _ in m.entries),
            "unpinned": sum(r.pinned is False for m in stack.members for e, r in m.active),
        },
        "servers": [_member(m) for m in stack.members],
        "legs": legs_json(legs),
        "reports": [report.to_json() for report in found],
    }


def _member(member: Member) -> dict[str, Any]:
    out: dict[str, Any] = {
        "server": member.key,
        "state": member.state,
        "why": member.why,
        "reference": str(member.reference) if member.reference is not None else None,
        "version": member.version,
        "configured": [_entry(entry, resolution) for entry, resolution in member.entries],
    }
    if member.state == "known":
        out |= {
            "risk": risk_of(member),
            "tools": len(member.tools),
            "unlabelled": sum(t.label is None for t in member.tools),
            "needs_review": sum(t.label is not None and t.label.needs_review for t in member.tools),
            "can": {power: list(names) for power, names in powers(member).items()},
            "gaps": len(member.gaps),
            "completeness": member.completeness,
            "taken_at": member.taken_at,
        }
    return out


def _entry(entry: Entry, resolution: Resolution) -> dict[str, Any]:
    return {
        "client": entry.client,
        "name": entry.name,
        "location": entry.location.to_json(),
        "scope": entry.scope,
        "project": entry.project,
        "enabled": entry.enabled,
        "pinned": resolution.pinned,
        "wanted": resolution.wanted,
        "reason": resolution.reason,
        "note": resolution.note,
        "secrets": [secret.to_json() for secret in entry.secrets],
    }


def legs_json(legs: Legs) -> dict[str, Any]:
    return {
        "carriers": {leg: [c.to_json() for c in legs.carriers[leg]] for leg in LEGS},
        "commands": [c.to_json() for c in legs.commands],
        "agents": [
            {"client": a.client, "project": a.project, "servers": list(a.servers), "dangerous": a in legs.dangerous}
            for a in legs.agents
        ],
        "combinations": [{"agent": c.agent.name, "servers": list(c.servers)} for c in legs.combinations],
        "total": legs.total,
        "cut": _cut(legs.cut) if legs.cut else None,
    }


def _cut(cut: Cut) -> dict[str, Any]:
    return {
        "rules": [rule.to_json() for rule in cut.rules],
        "cost": cut.cost,
        "at_least": cut.at_least,
        "exact": cut.is_exact,
        "choices": [{"agent": agent, "leg": leg, "costs": dict(costs)} for agent, leg, costs in cut.choices],
    }
