"""What a check reports, and what is published about the check itself. Frozen; the same records feed every format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.records import Location
from catalog.severity import Severity
from classifier.records import Evidence


@dataclass(frozen=True, slots=True)
class Check:
    """A kind of finding, as a table of `data/checks/` states it.

    `gate` tells whether it may fail a build by default: only checks whose false alarms were measured below 2 % do.
    """

    id: str
    title: str
    severity: Severity
    why: str
    remedy: str
    gate: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One finding at one place. `tool` is None where it is about the whole server, `server` where about a file.

    `path` and `line` of `location` are relative to the source tree or to the configuration file's folder.
    """

    check: str
    severity: Severity
    message: str
    server: str | None = None
    tool: str | None = None
    evidence: tuple[Evidence, ...] = ()
    location: Location | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "severity": self.severity,
            "server": self.server,
            "tool": self.tool,
            "message": self.message,
            "evidence": [e.to_json() for e in self.evidence],
            "location": self.location.to_json() if self.location else None,
        }
