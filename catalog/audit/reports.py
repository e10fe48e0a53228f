"""An audit as findings: one report for each hint that is wrong, missing or over-broad, and each doubtful tool."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.audit.records import DEFAULTS, Hint, ServerAudit, ToolAudit, spelled
from catalog.findings.checks import find_check
from catalog.findings.records import Report
from catalog.severity import Severity
from classifier.records import Evidence

CHECKS = {
    "wrong": "audit-hint-wrong",
    "missing": "audit-hint-missing",
    "over-broad": "audit-hint-over-broad",
    "undecided": "audit-undecided",
}


def reports(audit: ServerAudit) -> tuple[Report, ...]:
    """All reports in the order of the tools, each at the tool's registration."""
    return tuple(report for tool in audit.tools for report in _of_tool(audit.server.slug, tool))


def _of_tool(server: str, tool: ToolAudit) -> Iterator[Report]:
    if tool.doubt:
        yield _report(server, tool, "undecided", f"{tool.tool.name}: {tool.doubt}", ())
    for hint in tool.hints:
        if hint.proposed is not None:
            severity: Severity | None = "high" if (hint.name, hint.status) == ("readOnlyHint", "wrong") else None
            yield _report(server, tool, hint.status, _message(tool, hint), _declared(hint), severity)


def _report(
    server: str,
    tool: ToolAudit,
    status: str,
    message: str,
    declared: tuple[Evidence, ...],
    severity: Severity | None = None,
) -> Report:
    check = find_check(CHECKS[status])
    evidence = (*declared, *tool.classification.evidence[:2])
    return Report(check.id, severity or check.severity, message, server, tool.tool.name, evidence, tool.tool.location)


def _message(tool: ToolAudit, hint: Hint) -> str:
    wanted = f"{hint.name}: {spelled(hint.answer.value)}"
    if hint.status == "missing":
        default = spelled(DEFAULTS[hint.name])
        return f"{tool.tool.name} does not declare {wanted}; clients take {default} for granted ({hint.answer.why})"
    declared = spelled(hint.declared)
    return f"{tool.tool.name} declares {hint.name}: {declared}, what was found says {wanted} ({hint.answer.why})"


def _declared(hint: Hint) -> tuple[Evidence, ...]:
    if hint.declared is None:
        return ()
    return (Evidence("annotations", spelled(hint.declared), f"hint:{hint.name}", path=f"/{hint.name}"),)
