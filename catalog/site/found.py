"""What the checks found, put where the pages show findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from catalog.findings.find import find_in_tool, in_order, reports_on_code
from catalog.findings.records import Report
from catalog.severity import Severity, at_least
from catalog.store.read import StoredTool
from classifier.records import Finding

_SHOWN_FROM: Severity = "low"  # what only informs, such as a missing hint, is on nearly every tool


def with_findings(slug: str, tools: Sequence[StoredTool]) -> list[StoredTool]:
    """The tools of one server, each answer with the findings of the present checks, gravest first, for stored ones."""
    pairs = [(t.tool, t.classification) for t in tools]
    found: dict[str, list[Report]] = defaultdict(list)
    for report in reports_on_code(slug, pairs):
        found[report.tool or ""].append(report)
    for tool, label in pairs:
        found[tool.name] += find_in_tool(slug, tool, label, ("hint-missing",))
    return [_shown(stored, found[stored.tool.name]) for stored in tools]


def _shown(stored: StoredTool, reports: Sequence[Report]) -> StoredTool:
    if stored.classification is None:
        return stored
    findings = tuple(
        Finding(r.check, f"{r.severity.capitalize()}: {r.message}", r.evidence)
        for r in in_order(reports)
        if at_least(r.severity, _SHOWN_FROM)
    )
    if not findings and not stored.classification.findings:
        return stored
    return replace(stored, classification=replace(stored.classification, findings=findings))
