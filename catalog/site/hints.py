"""Declared annotations beside what was found. A hint is a claim: it may warn, it never reassures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from classifier.records import Classification


@dataclass(frozen=True, slots=True)
class Hint:
    """One declared hint: its value as text, what was found, and whether the two contradict each other."""

    name: str
    declared: str
    found: str
    contradicts: bool


def hints_of(annotations: Mapping[str, Any], label: Classification | None) -> list[Hint]:
    """The four hints of MCP that the definition declares, in their usual order."""
    return [
        Hint(name, str(annotations[name]).lower(), *_found(name, annotations[name], label))
        for name in ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
        if isinstance(annotations.get(name), bool)
    ]


def _found(name: str, declared: bool, label: Classification | None) -> tuple[str, bool]:
    if label is None:
        return "Not labelled, so not checked.", False
    if name == "readOnlyHint":
        return f"Found: {label.category}.", declared and label.category != "Read"
    if name == "destructiveHint":
        return f"Found: {label.category}.", not declared and label.category == "Destructive"
    if name == "openWorldHint":
        reach = [c for c in label.capabilities if c in ("communicate", "untrusted_content")]
        said = (
            f"Found: {' and '.join(c.replace('_', ' ') for c in reach)}."
            if reach
            else "Nothing found that reaches out."
        )
        return said, not declared and bool(reach)
    return "Cannot be told from a definition.", False
