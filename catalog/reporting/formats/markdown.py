"""Markdown: a short verdict, the unknown servers, and tables of findings, for a pull request or a job's summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalog.reporting.records import Assessment, Judged
from catalog.reporting.verdict import places, sentence
from catalog.site.markdown import inline
from catalog.site.visible import short

MARKER = "<!-- catalog {command} -->"
_ROWS = 200  # a comment on a pull request has a limit; what is left out is counted


def render(assessment: Assessment) -> str:
    """The document. Its first line is a comment by which a later run finds and replaces it."""
    lines = [MARKER.format(command=assessment.command), f"## MCP tools: {inline(sentence(assessment))}", ""]
    if assessment.unknown:
        lines += ["**Unknown is not safe.** These could not be read:", ""]
        lines += [
            f"- {inline(s.server)} ({inline(s.reference)}): {inline(s.problem or '')}" for s in assessment.unknown
        ]
        lines.append("")
    incomplete = [s for s in assessment.subjects if s.gaps]
    if incomplete:
        lines += ["More tools may exist where registrations were seen and not resolved:", ""]
        lines += [f"- {inline(s.server)}: {s.gaps}" for s in incomplete]
        lines.append("")
    where = places(assessment)
    for title, judged in assessment.groups():
        if judged[0].state == "new":
            lines += [f"### {title} ({len(judged)})", "", *_table(judged, where)]
        else:
            lines += ["<details>", f"<summary>{title} ({len(judged)})</summary>", "", *_table(judged, where)]
            lines += ["</details>", ""]
    lines += [f"- {inline(note)}" for note in assessment.notes]
    return "\n".join(lines).rstrip() + "\n"


def _table(judged: Sequence[Judged], where: Mapping[str, str]) -> list[str]:
    lines = ["| severity | server | tool | finding | where |", "|---|---|---|---|---|"]
    for one in judged[:_ROWS]:
        report = one.report
        because = f" Accepted: {one.because}" if one.because else ""
        finding = f"{inline(short(report.message + because, 300))} ({report.check})"
        cells = (report.severity, inline(report.server or ""), inline(report.tool or ""), finding)
        lines.append("| " + " | ".join((*cells, inline(where[one.fingerprint]))) + " |")
    if len(judged) > _ROWS:
        lines += ["", f"{len(judged) - _ROWS} more are left out here."]
    return [*lines, ""]
