"""JUnit's XML: a suite per server, a case per tool; what ends the build is a failure, what is unknown never passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from catalog.reporting.records import Assessment, Judged, Subject
from catalog.site.visible import revealed

_WHOLE = "(server)"


@dataclass(slots=True)
class _Counts:
    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0

    def write(self, element: ET.Element) -> None:
        for name in ("tests", "failures", "errors", "skipped"):
            element.set(name, str(getattr(self, name)))


def render(assessment: Assessment) -> str:
    """The XML document. A server that could not be read is an error where unknown servers fail the gate, else a case
    that was skipped."""
    root = ET.Element("testsuites", name=f"catalog {assessment.command}")
    by_server: dict[str, list[Judged]] = {s.server: [] for s in assessment.subjects}
    for judged in assessment.judged:
        by_server.setdefault(judged.report.server or "", []).append(judged)
    subjects = {s.server: s for s in assessment.subjects}
    totals = _Counts()
    for server, about in by_server.items():
        suite = ET.SubElement(root, "testsuite", name=_clean(server or "(files)"))
        _fill(suite, subjects.get(server), about, assessment.fails_on_unknown, totals)
    totals.write(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _fill(suite: ET.Element, subject: Subject | None, judged: Sequence[Judged], strict: bool, totals: _Counts) -> None:
    cases: dict[str, list[Judged]] = {name: [] for name in (subject.tools if subject else ())}
    problem = subject.problem if subject else None
    if problem is not None:
        cases[_WHOLE] = []
    for one in judged:
        cases.setdefault(one.report.tool or _WHOLE, []).append(one)
    counts = _Counts(tests=len(cases))
    for tool, about in cases.items():
        case = ET.SubElement(suite, "testcase", name=_clean(tool), classname=suite.get("name") or "")
        failing = [one for one in about if one.fails]
        if tool == _WHOLE and problem is not None:
            ET.SubElement(case, "error" if strict else "skipped", message=_clean(f"unknown, not safe: {problem}"))
            counts.errors += strict
            counts.skipped += not strict
        elif failing:
            report = failing[0].report
            failure = ET.SubElement(case, "failure", message=_clean(report.message), type=report.check)
            failure.text = _clean("\n".join(map(_line, failing)))
            counts.failures += 1
        rest = [one for one in about if not one.fails]
        if rest:
            ET.SubElement(case, "system-out").text = _clean("\n".join(map(_line, rest)))
    counts.write(suite)
    for name in ("tests", "failures", "errors", "skipped"):
        setattr(totals, name, getattr(totals, name) + getattr(counts, name))


def _line(judged: Judged) -> str:
    report = judged.report
    place = f" ({report.location.path}:{report.location.line})" if report.location else ""
    state = "" if judged.fails else f" [{judged.state}{f': {judged.because}' if judged.because else ''}]"
    return f"{report.severity} {report.check}: {report.message}{place}{state}"


def _clean(text: str) -> str:
    """What XML 1.0 cannot hold, and what hides, as code points."""
    return "".join(
        c if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff") else f"<U+{ord(c):04X}>" for c in revealed(text)
    )
