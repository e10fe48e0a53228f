"""An assessment: every server that was looked at, every report about them, and what each report means for the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog.findings.records import Check, Report
from catalog.records import Location
from catalog.severity import Severity

State = Literal["new", "known", "suppressed"]


@dataclass(frozen=True, slots=True)
class Root:
    """What the paths of one server's reports are relative to.

    `prefix` is put before them where the source lies below the working folder; `url` is where the source can be seen
    otherwise, ending in a slash. Neither is known for an archive or a running server.
    """

    prefix: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that was asked for. `problem` says why nothing is known about it, None where it was read.

    `gaps` counts registrations that were seen and not resolved: with any, more tools may exist than `tools` names.
    """

    server: str
    reference: str
    tools: tuple[str, ...] = ()
    gaps: int = 0
    problem: str | None = None
    root: Root = Root()
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A report with its meaning for the gate. `because` is the reason of a suppression; `fails` ends a build."""

    report: Report
    fingerprint: str
    state: State
    fails: bool
    because: str | None = None
    in_source: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole answer of one command. `threshold` is None where no gate was asked for.

    `notes` are sentences about the assessment itself, such as a suppression that expired.
    """

    command: str
    version: str
    subjects: tuple[Subject, ...]
    judged: tuple[Judged, ...]
    checks: Mapping[str, Check]
    threshold: Severity | None = None
    fails_on_unknown: bool = False
    notes: tuple[str, ...] = ()

    @property
    def failing(self) -> tuple[Judged, ...]:
        return tuple(j for j in self.judged if j.fails)

    @property
    def unknown(self) -> tuple[Subject, ...]:
        return tuple(s for s in self.subjects if s.problem is not None)

    def check(self, id: str) -> Check:
        """The check of that id; one that its author forgot to declare is described by its id alone."""
        return self.checks.get(id) or Check(id, id.replace("-", " "), "medium", "", "")

    def groups(self) -> list[tuple[str, tuple[Judged, ...]]]:
        """The reports as people read them: what fails, what else is new, what was known, what is accepted."""
        sorts = (
            ("Failing", self.failing),
            ("Other findings", tuple(j for j in self.judged if j.state == "new" and not j.fails)),
            ("Known from the baseline", tuple(j for j in self.judged if j.state == "known")),
            ("Suppressed", tuple(j for j in self.judged if j.state == "suppressed")),
        )
        return [(title, judged) for title, judged in sorts if judged]

    def to_json(self) -> dict[str, Any]:
        return {
            "version": "1",
            "command": self.command,
            "catalog_version": self.version,
            "fail_on": self.threshold,
            "failed": bool(self.failing) or (self.fails_on_unknown and bool(self.unknown)),
            "servers": [
                {
                    "server": s.server,
                    "reference": s.reference,
                    "known": s.problem is None,
                    "problem": s.problem,
                    "tools": len(s.tools),
                    "gaps": s.gaps,
                }
                for s in self.subjects
            ],
            "checks": {id: _check_json(self.check(id)) for id in sorted({j.report.check for j in self.judged})},
            "findings": [
                {
                    **j.report.to_json(),
                    "fingerprint": j.fingerprint,
                    "state": j.state,
                    "fails": j.fails,
                    "because": j.because,
                }
                for j in self.judged
            ],
            "notes": list(self.notes),
        }


def _check_json(check: Check) -> dict[str, Any]:
    return {
        "title": check.title,
        "severity": check.severity,
        "why": check.why,
        "remedy": check.remedy,
        "gate": check.gate,
    }
