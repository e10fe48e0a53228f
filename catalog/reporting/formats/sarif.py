"""SARIF 2.1.0 (OASIS standard of 27 March 2020), in the shape that code scanning services take.

A report without a known line has no location: a line is never invented.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from catalog.findings.records import Check, Report
from catalog.records import Location
from catalog.reporting.records import Assessment, Judged, Root, Subject
from catalog.severity import Severity
from catalog.site.visible import revealed

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVEL: dict[Severity, str] = {
    "critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note",
}  # fmt: skip
_SCORE: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0", "info": "0.0"}


def render(assessment: Assessment) -> str:
    """The SARIF document, with a final newline."""
    rules = {id: n for n, id in enumerate(dict.fromkeys(j.report.check for j in assessment.judged))}
    roots = {s.server: s.root for s in assessment.subjects}
    bases = {_base_id(server): {"uri": root.url} for server, root in sorted(roots.items()) if root.url}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "catalog",
                "semanticVersion": assessment.version,
                "rules": [_rule(assessment.check(id)) for id in rules],
            }
        },
        "automationDetails": {"id": f"catalog/{assessment.command}/"},
        "columnKind": "unicodeCodePoints",
        **({"originalUriBaseIds": bases} if bases else {}),
        "invocations": [_invocation(assessment)],
        "results": [
            _result(judged, rules[judged.report.check], roots.get(judged.report.server or "", Root()))
            for judged in assessment.judged
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(check: Check) -> dict[str, Any]:
    text = "\n\n".join(part for part in (check.why, check.remedy) if part) or check.title
    return {
        "id": check.id,
        "name": "".join(word.capitalize() for word in check.id.split("-")),
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why or check.title},
        "help": {"text": text, "markdown": f"**{check.title}**\n\n{text}"},
        "defaultConfiguration": {"level": _LEVEL[check.severity]},
        "properties": {"security-severity": _SCORE[check.severity], "tags": ["security", "mcp"]},
    }


def _result(judged: Judged, index: int, root: Root) -> dict[str, Any]:
    report = judged.report
    result: dict[str, Any] = {
        "ruleId": report.check,
        "ruleIndex": index,
        "level": _LEVEL[report.severity],
        "message": {"text": revealed(_message(report))},
        "partialFingerprints": {"catalogFinding/v1": judged.fingerprint},
        "baselineState": "unchanged" if judged.state == "known" else "new",
        "properties": {"severity": report.severity, "server": report.server, "tool": report.tool},
    }
    if report.location:
        result["locations"] = [_location(report, report.location, root)]
    if judged.state == "suppressed":
        kind = "inSource" if judged.in_source else "external"
        result["suppressions"] = [{"kind": kind, "justification": judged.because or ""}]
    return result


def _message(report: Report) -> str:
    quotes = [f"{e.field}{e.path or ''}: “{e.text}”" for e in report.evidence[:5]]
    return f"{report.message}\nEvidence: {'; '.join(quotes)}" if quotes else report.message


def _location(report: Report, place: Location, root: Root) -> dict[str, Any]:
    artifact: dict[str, Any] = {"uri": quote(root.prefix + place.path)}
    if root.url:
        artifact["uriBaseId"] = _base_id(report.server or "")
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact, "region": {"startLine": max(place.line, 1)}}
    }
    if report.tool:
        full = f"{report.server or ''}/{report.tool}"
        location["logicalLocations"] = [{"name": report.tool, "fullyQualifiedName": full, "kind": "function"}]
    return location


def _invocation(assessment: Assessment) -> dict[str, Any]:
    notes = [_notification("warning", _unknown(s)) for s in assessment.unknown]
    notes += [
        _notification("note", f"{s.server}: {s.gaps} registrations were seen and not resolved; more tools may exist.")
        for s in assessment.subjects
        if s.gaps
    ]
    notes += [_notification("note", text) for text in assessment.notes]
    return {"executionSuccessful": not assessment.unknown, "toolExecutionNotifications": notes}


def _unknown(subject: Subject) -> str:
    return f"{subject.server} ({subject.reference}) is unknown, not safe: {subject.problem}"


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": revealed(text)}}


def _base_id(server: str) -> str:
    return f"SOURCE_{server}"
