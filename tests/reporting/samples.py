"""Assessments written for the tests, some of them hostile."""

from __future__ import annotations

from catalog.findings.records import Check, Report
from catalog.records import Location
from catalog.reporting.judge import Gate, judge
from catalog.reporting.records import Assessment, Root, Subject
from classifier.records import Evidence

CHECKS = {
    "wipes": Check("wipes", "It wipes", "critical", "What is wiped is gone.", "Deny it.", gate=True),
    "whispers": Check("whispers", "It whispers", "low", "Nobody hears it.", "Ask."),
}
HOSTILE = "<script>alert(1)</script> | `x` \x1b[2J \u202etxt ]]> \ud800 --> [l](javascript:1)"


def report(tool: str = "wipe", check: str = "wipes", text: str = "wipes everything", line: int = 3) -> Report:
    severity = CHECKS[check].severity if check in CHECKS else "high"
    quote = Evidence("description", text, "verb:wipe", 0, len(text))
    return Report(check, severity, f"{tool} {text}.", "disks", tool, (quote,), Location("src/disk tools.ts", line))


def assess(*reports: Report, gate: Gate | None = None, root: Root | None = None) -> Assessment:
    subjects = [
        Subject("disks", "./disks", ("wipe", "look"), 2, root=root or Root("servers/disks/")),
        Subject("ghost", "npm:ghost", problem="npm has no package ghost"),
    ]
    return judge("ingest", "1.2.3", subjects, reports, CHECKS, gate or Gate("high"))
