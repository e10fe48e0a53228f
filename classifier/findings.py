"""Declared hints against what the definition says. A hint is a claim: it may raise an answer, never lower it."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.records import Category, Definition, Evidence, Finding


def read_hint(definition: Definition, name: str) -> bool | None:
    """A declared annotation, None where it is absent or no boolean."""
    hints = definition.annotations
    value = hints.get(name) if hints and isinstance(hints, Mapping) else None
    return value if isinstance(value, bool) else None


def _hint_evidence(name: str, value: bool) -> Evidence:
    return Evidence("annotations", "true" if value else "false", "hint:" + name, path="/" + name)


def find_contradictions(
    definition: Definition, category: Category, evidence: tuple[Evidence, ...]
) -> tuple[Finding, ...]:
    """Findings on hints that promise less than the answer says."""
    if not definition.annotations:
        return ()
    found: list[Finding] = []
    quotes = evidence[:2]
    if read_hint(definition, "readOnlyHint") and category != "Read":
        does = "deletes or overwrites" if category == "Destructive" else "changes something"
        found.append(
            Finding(
                "hint-read-only-contradicted",
                f"The server declares readOnlyHint: true, yet the definition says that the tool {does}.",
                (_hint_evidence("readOnlyHint", True), *quotes),
            )
        )
    elif read_hint(definition, "destructiveHint") is False and category == "Destructive":
        found.append(
            Finding(
                "hint-not-destructive-contradicted",
                "The server declares destructiveHint: false, yet the definition says that it can delete or overwrite.",
                (_hint_evidence("destructiveHint", False), *quotes),
            )
        )
    if read_hint(definition, "readOnlyHint") and read_hint(definition, "destructiveHint"):
        found.append(
            Finding(
                "hints-contradict-each-other",
                "The server declares readOnlyHint: true and destructiveHint: true at once.",
                (_hint_evidence("readOnlyHint", True), _hint_evidence("destructiveHint", True)),
            )
        )
    return tuple(found)
