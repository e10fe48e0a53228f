"""Reports in, an assessment out: which are new, known or suppressed, and which of them end a build."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.findings.records import Check, Report
from catalog.reporting.records import Assessment, Judged, State, Subject
from catalog.reporting.suppressions import Suppression, Suppressions
from catalog.severity import SEVERITIES, Severity, at_least

# A label's evidence is wording that a better classifier may quote otherwise; the label itself is what is accepted.
_LABEL_CHECKS = frozenset({"tool-risk", "tool-needs-review"})


@dataclass(frozen=True, slots=True)
class Gate:
    """What ends a build: new, unsuppressed reports from `threshold` up whose check gates; unknown servers if asked.

    `in_source` finds the suppressions at a report's place in the source; only for a source whose author asks.
    """

    threshold: Severity | None = None
    fails_on_unknown: bool = False
    baseline: Collection[str] = ()
    suppressions: Suppressions = field(default_factory=Suppressions)
    in_source: Callable[[Report], Iterable[Suppression]] = lambda report: ()


def judge(
    command: str,
    version: str,
    subjects: Sequence[Subject],
    reports: Iterable[Report],
    checks: Mapping[str, Check],
    gate: Gate,
) -> Assessment:
    """The assessment, worst report first. The same reports give the same order and fingerprints."""
    ordered = sorted(reports, key=_order)
    judged = tuple(
        _judge(report, print_, gate, checks) for report, print_ in zip(ordered, fingerprints(ordered), strict=True)
    )
    return Assessment(
        command,
        version,
        tuple(subjects),
        judged,
        checks,
        gate.threshold,
        gate.fails_on_unknown,
        gate.suppressions.notes(ordered, command),
    )


def fingerprints(reports: Sequence[Report]) -> list[str]:
    """A name for each report that survives moved lines: 24 hex digits, alike reports told apart by their order."""
    seen: Counter[str] = Counter()
    prints = []
    for report in reports:
        quotes = (
            () if report.check in _LABEL_CHECKS else tuple((e.field, e.path or "", e.text) for e in report.evidence)
        )
        base = repr((report.check, report.severity, report.server, report.tool, quotes))
        seen[base] += 1
        prints.append(hashlib.sha256(f"{base}#{seen[base]}".encode("utf-8", "surrogatepass")).hexdigest()[:24])
    return prints


def _judge(report: Report, fingerprint: str, gate: Gate, checks: Mapping[str, Check]) -> Judged:
    suppression = gate.suppressions.covering(report, gate.in_source(report))
    state: State = "suppressed" if suppression else "known" if fingerprint in gate.baseline else "new"
    check = checks.get(report.check)
    fails = (
        state == "new"
        and gate.threshold is not None
        and check is not None
        and check.gate
        and at_least(report.severity, gate.threshold)
    )
    because = suppression.reason if suppression else None
    return Judged(report, fingerprint, state, fails, because, bool(suppression and suppression.in_source))


def _order(report: Report) -> tuple[object, ...]:
    place = report.location
    return (
        -SEVERITIES.index(report.severity),
        report.server or "",
        report.tool or "",
        report.check,
        place.path if place else "",
        place.line if place else 0,
        report.message,
    )
