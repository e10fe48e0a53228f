"""What every format says alike: the verdict in one sentence, and where each report is."""

from __future__ import annotations

from catalog.reporting.records import Assessment, Root


def sentence(assessment: Assessment) -> str:
    """What failed and what was looked at. Without findings it says how much was read, never that all is safe."""
    known = [s for s in assessment.subjects if s.problem is None]
    tools = sum(len(s.tools) for s in known)
    scope = f"{_counted(tools, 'tool')} of {_counted(len(known), 'server')} read"
    if assessment.unknown:
        scope += f", {_counted(len(assessment.unknown), 'server')} unknown"
    if assessment.failing:
        return f"{_counted(len(assessment.failing), 'finding')} at {assessment.threshold} or above; {scope}"
    if assessment.threshold:
        return f"nothing new at {assessment.threshold} or above; {scope}"
    return f"{_counted(len(assessment.judged), 'finding')}; {scope}"


def places(assessment: Assessment) -> dict[str, str]:
    """`path:line` of each report by its fingerprint, seen from the working folder where it lies below; else empty."""
    roots = {s.server: s.root for s in assessment.subjects}
    found = {}
    for judged in assessment.judged:
        location = judged.report.location
        prefix = roots.get(judged.report.server or "", Root()).prefix
        found[judged.fingerprint] = f"{prefix}{location.path}:{location.line}" if location else ""
    return found


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
