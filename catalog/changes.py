"""What changed between two states of a server, and how much it matters for risk. Pure: states in, changes out.

Severity speaks of risk, not of size: a rewritten description that leaves the label alone is `info`, one word that turns
a Read into a Destructive is `critical`. What only a newer classifier says is marked with the cause `classifier`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog.records import Server, Tool
from catalog.severity import SEVERITIES, Severity
from classifier.records import CAPABILITIES, CATEGORIES, RISKS, Capability, Category, Classification, Risk

Cause = Literal["server", "classifier"]
Kind = Literal[
    "tool_added", "tool_removed", "tool_renamed", "title_changed", "description_changed", "schema_changed",
    "definition_changed",
    "annotations_changed", "category_raised", "category_lowered", "risk_raised", "risk_lowered",
    "capability_gained", "capability_lost", "review_needed", "review_settled", "source_moved", "owner_changed",
]  # fmt: skip

_ADDED: dict[Risk, Severity] = {"critical": "high", "high": "medium", "medium": "low", "low": "info"}
_RAISED: dict[Risk, Severity] = {"critical": "critical", "high": "high", "medium": "medium", "low": "low"}
_DANGEROUS = frozenset({"execute", "financial", "communicate", "access_control"})
_MAX_SHOWN = 300

Label = tuple[Category, Risk, tuple[Capability, ...]]


@dataclass(frozen=True, slots=True)
class State:
    """A tool at one moment: its definition and the answer about it."""

    tool: Tool
    label: Classification | None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one tool, or of the server itself (`tool` None). `before` and `after` are short texts."""

    kind: Kind
    severity: Severity
    tool: str | None
    message: str
    before: str | None = None
    after: str | None = None
    cause: Cause = "server"

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "severity": self.severity,
            "tool": self.tool,
            "message": self.message,
            "before": self.before,
            "after": self.after,
            "cause": self.cause,
        }


def compare(before: Mapping[str, State], after: Mapping[str, State]) -> tuple[Change, ...]:
    """Every change from one state of a server's tools to the next, worst first, then by tool."""
    changes: list[Change] = []
    gone = {name: s for name, s in before.items() if name not in after}
    new = {name: s for name, s in after.items() if name not in before}
    for old_name, new_name in _renamed(gone, new):
        changes.append(_rename(old_name, new_name))
        changes.extend(_label_changes(new_name, gone.pop(old_name).label, new.pop(new_name).label, "server"))
    changes.extend(_addition(s) for s in new.values())
    changes.extend(Change("tool_removed", "info", name, f"{name} is no longer there.") for name in gone)
    for name in before.keys() & after.keys():
        changes.extend(compare_tool(before[name], after[name]))
    return _sorted(changes)


def compare_tool(before: State, after: State) -> tuple[Change, ...]:
    """What changed about one tool that is there in both states."""
    name = after.tool.name
    parts = (*_definition_changes(before.tool, after.tool),)
    cause: Cause = "server" if parts else "classifier"
    return _sorted((*parts, *_label_changes(name, before.label, after.label, cause)))


def compare_servers(before: Server, after: Server) -> tuple[Change, ...]:
    """What changed about where the server comes from: its owner, its home, its licence stays a matter of its page."""
    changes: list[Change] = []
    old_owner, new_owner = _owner(before), _owner(after)
    if old_owner and new_owner and old_owner != new_owner:
        changes.append(
            Change(
                "owner_changed",
                "high",
                None,
                f"The owner changed from {old_owner} to {new_owner}.",
                old_owner,
                new_owner,
            )
        )
    elif before.homepage and after.homepage and before.homepage != after.homepage:
        changes.append(
            Change("source_moved", "medium", None, "The home of the source changed.", before.homepage, after.homepage)
        )
    return tuple(changes)


def _owner(server: Server) -> str | None:
    """OWNER of a home at a code host (`https://HOST/OWNER/REPO`), None where the home says nothing of it."""
    parts = (server.homepage or "").split("/")
    return parts[3].lower() if len(parts) >= 5 and parts[0] in ("https:", "http:") and parts[3] else None


def _sorted(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda c: (-SEVERITIES.index(c.severity), c.tool or "", c.kind)))


def _renamed(gone: Mapping[str, State], new: Mapping[str, State]) -> list[tuple[str, str]]:
    """Pairs whose definitions are alike but for the name. A bare definition proves nothing and is never paired."""
    by_body: dict[str, list[str]] = {}
    for name, state in gone.items():
        if state.tool.description:
            by_body.setdefault(_body(state.tool), []).append(name)
    pairs = []
    for name, state in new.items():
        candidates = by_body.get(_body(state.tool), [])
        if candidates:
            pairs.append((candidates.pop(0), name))
    return pairs


def _body(tool: Tool) -> str:
    return json.dumps([tool.description, tool.input_schema], sort_keys=True)


def _rename(old: str, new: str) -> Change:
    message = f"{old} is now called {new}: rules for the old name no longer match."
    return Change("tool_renamed", "medium", new, message, old, new)


def added_tool(name: str, category: Category | None, risk: Risk | None, needs_review: bool = False) -> Change:
    """The change that a new tool is: it weighs what the tool can do, and never little when that is not known."""
    if category is None or risk is None:
        return Change("tool_added", "medium", name, f"{name} is new and not labelled.")
    severity = _ADDED[risk]
    if needs_review:
        severity = max(severity, "medium", key=SEVERITIES.index)
    return Change("tool_added", severity, name, f"{name} is new: {category}, {risk} risk.", None, risk)


def _addition(state: State) -> Change:
    label = state.label
    if label is None:
        return added_tool(state.tool.name, None, None)
    return added_tool(state.tool.name, label.category, label.risk, label.needs_review)


def _definition_changes(before: Tool, after: Tool) -> list[Change]:
    name = after.name
    changes: list[Change] = []
    if before.title != after.title:
        changes.append(
            Change("title_changed", "info", name, "The title changed.", _cut(before.title), _cut(after.title))
        )
    if before.description != after.description:
        texts = (_cut(before.description), _cut(after.description))
        changes.append(Change("description_changed", "info", name, "The description changed.", *texts))
    if before.input_schema != after.input_schema:
        changes.append(_schema_change(name, before.input_schema, after.input_schema))
    if dict(before.annotations) != dict(after.annotations):
        changes.append(_annotation_change(name, before.annotations, after.annotations))
    return changes


def _schema_change(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Change:
    old, new = _properties(before), _properties(after)
    added, removed = sorted(new - old), sorted(old - new)
    said = [f"{word} {', '.join(names[:8])}" for word, names in (("added", added), ("removed", removed)) if names]
    message = f"Parameters {'; '.join(said)}." if said else "The input schema changed."
    return Change(
        "schema_changed", "low" if added else "info", name, message, _cut(", ".join(removed)), _cut(", ".join(added))
    )


def _annotation_change(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    keys = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
    loosened = (after.get("readOnlyHint") is True and before.get("readOnlyHint") is not True) or (
        after.get("destructiveHint") is False and before.get("destructiveHint") is not False
    )
    old, new = ({k: side[k] for k in keys if k in side} for side in (before, after))
    message = "The server now claims less effect than before." if loosened else "The declared hints changed."
    return Change("annotations_changed", "low", name, message, _cut(json.dumps(old)), _cut(json.dumps(new)))


def _label_changes(
    name: str, before: Classification | None, after: Classification | None, cause: Cause
) -> Iterable[Change]:
    if before is None or after is None:
        return
    yield from label_changes(name, _label(before), _label(after), cause)
    if after.needs_review and not before.needs_review:
        yield Change("review_needed", "medium", name, f"The label of {name} is no longer certain.", cause=cause)
    elif before.needs_review and not after.needs_review:
        yield Change("review_settled", "info", name, f"The label of {name} is certain now.", cause=cause)


def _label(classification: Classification) -> Label:
    return classification.category, classification.risk, classification.capabilities


def label_changes(name: str, before: Label, after: Label, cause: Cause) -> Iterable[Change]:
    """What a tool's label gained and lost; `cause` says whether the server or only the classifier moved."""
    if before[0] != after[0]:
        raised = CATEGORIES.index(after[0]) > CATEGORIES.index(before[0])
        kind: Kind = "category_raised" if raised else "category_lowered"
        message = f"{name} turned from {before[0]} to {after[0]}."
        yield Change(kind, _RAISED[after[1]] if raised else "info", name, message, before[0], after[0], cause)
    if before[1] != after[1]:
        raised = RISKS.index(after[1]) > RISKS.index(before[1])
        kind = "risk_raised" if raised else "risk_lowered"
        message = f"The risk of {name} went from {before[1]} to {after[1]}."
        yield Change(kind, _RAISED[after[1]] if raised else "info", name, message, before[1], after[1], cause)
    for capability in CAPABILITIES:
        had, has = capability in before[2], capability in after[2]
        if has and not had:
            severity: Severity = "high" if capability in _DANGEROUS else "medium"
            yield Change("capability_gained", severity, name, f"{name} gained {capability}.", None, capability, cause)
        elif had and not has:
            yield Change("capability_lost", "info", name, f"{name} lost {capability}.", capability, None, cause)


def _properties(schema: Mapping[str, Any] | None) -> set[str]:
    properties = (schema or {}).get("properties")
    return set(properties) if isinstance(properties, Mapping) else set()


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
