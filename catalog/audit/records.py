"""The nouns of an audit: one hint, one tool, one server. Frozen; they feed table, JSON, reports and edits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog.records import Gap, Server, Tool
from classifier.records import Classification

HintName = Literal["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"]
Status = Literal["wrong", "missing", "over-broad", "undecided", "ok"]

HINTS: tuple[HintName, ...] = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
STATUSES: tuple[Status, ...] = ("wrong", "missing", "over-broad", "undecided", "ok")  # worst first

# What a client must take for granted where a hint is absent (MCP revision 2025-11-25, ToolAnnotations). Each default is
# also the careful value: a hint that says otherwise asks the client to be less careful.
DEFAULTS: Mapping[HintName, bool] = {
    "readOnlyHint": False,
    "destructiveHint": True,
    "idempotentHint": False,
    "openWorldHint": True,
}


def spelled(value: object) -> str:
    """A hint's value as JSON spells it, `absent` for None."""
    return "absent" if value is None else json.dumps(value, default=repr)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a hint should say, and why. `value` is None where nothing could be shown: then nothing is proposed.

    `is_firm` tells whether the answer may call a declared hint wrong. `confidence` is the calibrated probability that
    the category behind it is right, None where the answer rests on the code alone.
    """

    value: bool | None
    why: str
    is_firm: bool = True
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint of one tool: what is declared (any JSON value, None when absent), what follows, how they compare."""

    name: HintName
    declared: Any
    answer: Answer
    status: Status

    @property
    def proposed(self) -> bool | None:
        """The value to declare; None where nothing is to be changed."""
        return self.answer.value if self.status in ("wrong", "missing", "over-broad") else None

    @property
    def loosens(self) -> bool:
        """Whether the proposal asks clients to be less careful than the declared or assumed value does."""
        return self.proposed is not None and self.proposed != DEFAULTS[self.name]

    def to_json(self) -> dict[str, Any]:
        return {
            "hint": self.name,
            "declared": self.declared,
            "default": DEFAULTS[self.name],
            "follows": self.answer.value,
            "status": self.status,
            "confidence": self.answer.confidence,
            "why": self.answer.why,
        }


@dataclass(frozen=True, slots=True)
class ToolAudit:
    """One tool with its hints in the order of HINTS. `doubt` says why a person must decide, None where nobody must.

    `classification` is made without the declared hints: what a server says of itself is here the question.
    """

    tool: Tool
    classification: Classification
    hints: tuple[Hint, ...]
    doubt: str | None = None

    @property
    def status(self) -> Status:
        """The worst status of its hints; undecided where a person must look before anything can be said."""
        found = {h.status for h in self.hints} | ({"undecided"} if self.doubt else set())
        return next(s for s in STATUSES if s in found or s == "ok")

    def to_json(self) -> dict[str, Any]:
        tool, said = self.tool, self.classification
        return {
            "name": tool.name,
            "status": self.status,
            "location": tool.location.to_json() if tool.location else None,
            "category": said.category,
            "confidence": said.confidence,
            "needs_review": said.needs_review,
            "doubt": self.doubt,
            "declared": dict(tool.annotations),
            "hints": [h.to_json() for h in self.hints],
            "reason": said.reason,
            "evidence": [e.to_json() for e in said.evidence],
            "facts": [f.to_json() for f in tool.facts],
        }


@dataclass(frozen=True, slots=True)
class ServerAudit:
    """All tools of one server, audited, with what could not be read of it."""

    server: Server
    tools: tuple[ToolAudit, ...]
    gaps: tuple[Gap, ...] = ()
    completeness: float | None = None

    def counts(self) -> dict[Status, int]:
        """Tools by status, worst first, zeros included."""
        found = Counter(t.status for t in self.tools)
        return {s: found[s] for s in STATUSES}

    def to_json(self) -> dict[str, Any]:
        return {
            "server": self.server.to_json(),
            "counts": {"tools": len(self.tools), **self.counts()},
            "tools": [t.to_json() for t in self.tools],
            "gaps": [g.to_json() for g in self.gaps],
            "completeness": self.completeness,
        }
