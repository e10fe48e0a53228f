"""Labels and locks as reports: what `ingest` and `verify` hold against their thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from catalog.changes import Change
from catalog.findings.records import Report
from catalog.records import Location, Snapshot, Tool
from classifier.records import Classification


def risk_reports(snapshot: Snapshot, labels: Sequence[Classification]) -> Iterator[Report]:
    """A report per tool with its risk as severity, one more where a person should check, one where gaps are."""
    slug = snapshot.server.slug
    for tool, label in zip(snapshot.tools, labels, strict=True):
        yield _risk(slug, tool, label)
        if label.needs_review:
            message = f"{tool.name} is labelled {label.category} at {label.confidence:.0%}: a person should check."
            yield Report("tool-needs-review", "info", message, slug, tool.name, label.evidence, tool.location)
    if snapshot.gaps:
        yield incomplete(snapshot)


def incomplete(snapshot: Snapshot) -> Report:
    """The report on a snapshot's gaps, at the first of them that has a line."""
    place = next((Location(g.path, g.line) for g in snapshot.gaps if g.line), None)
    count = len(snapshot.gaps)
    what = "1 registration was" if count == 1 else f"{count} registrations were"
    message = f"{what} seen and not resolved; {snapshot.server.slug} may have tools that are not listed."
    return Report("server-incomplete", "info", message, snapshot.server.slug, location=place)


def drift_reports(slug: str, changes: Iterable[Change], lines: dict[str, int], path: str) -> Iterator[Report]:
    """A report per change since the lock, at the tool's line of the lock file, or the server's where it has none."""
    for change in changes:
        line = lines.get(f"{slug}/{change.tool}") or lines.get(slug)
        place = Location(path, line) if line else None
        yield Report("lock-drift", change.severity, change.message, slug, change.tool, location=place)


def _risk(slug: str, tool: Tool, label: Classification) -> Report:
    able = f" ({', '.join(label.capabilities)})" if label.capabilities else ""
    message = f"{tool.name} is {label.category}{able}, risk {label.risk}. {label.reason}"
    return Report("tool-risk", label.risk, message, slug, tool.name, label.evidence, tool.location)
