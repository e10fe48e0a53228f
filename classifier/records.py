"""What goes into the classifier and what comes out. Frozen; JSON as in the published contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Category = Literal["Read", "Write", "Destructive"]
Risk = Literal["low", "medium", "high", "critical"]
Capability = Literal["execute", "financial", "communicate", "access_control", "private_data", "untrusted_content"]
ModeKind = Literal["choice", "flag", "sql", "method", "call"]

CATEGORIES: tuple[Category, ...] = ("Read", "Write", "Destructive")  # mildest first
RISKS: tuple[Risk, ...] = ("low", "medium", "high", "critical")  # mildest first
CAPABILITIES: tuple[Capability, ...] = (
    "execute",
    "financial",
    "communicate",
    "access_control",
    "private_data",
    "untrusted_content",
)

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Definition:
    """One tool as its server announces it (MCP `Tool`, revision 2025-11-25), with the server's name.

    `input_schema` is None when the schema was not seen, `{}` when it was seen and is empty.
    """

    name: str
    server: str | None = None
    title: str | None = None
    description: str | None = None
    input_schema: JsonObject | None = None
    annotations: JsonObject | None = None

    @classmethod
    def from_json(cls, raw: JsonObject) -> Definition:
        """Reads the MCP wire names (`inputSchema`); values of the wrong type count as absent."""

        def text(key: str) -> str | None:
            value = raw.get(key)
            return value if isinstance(value, str) else None

        def mapping(key: str) -> JsonObject | None:
            value = raw.get(key)
            return value if isinstance(value, Mapping) else None

        return cls(
            name=text("name") or "",
            server=text("server"),
            title=text("title"),
            description=text("description"),
            input_schema=mapping("inputSchema"),
            annotations=mapping("annotations"),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote that speaks for the answer.

    In a text field (`name`, `title`, `description`, `server`): `start` and `end` count characters of that field, and
    `text` is exactly that slice. In `inputSchema` and `annotations`: `path` is a JSON Pointer, `text` the
    quoted key or value.
    """

    field: str
    text: str
    rule: str
    start: int | None = None
    end: int | None = None
    path: str | None = None

    def to_json(self) -> dict[str, Any]:
        place = {"path": self.path} if self.path is not None else {"start": self.start, "end": self.end}
        return {"field": self.field, "text": self.text, **place, "rule": self.rule}

    @classmethod
    def from_json(cls, raw: JsonObject) -> Evidence:
        return cls(raw["field"], raw["text"], raw["rule"], raw.get("start"), raw.get("end"), raw.get("path"))


@dataclass(frozen=True, slots=True)
class Mode:
    """One effect that a parameter can choose.

    `parameter` is a JSON Pointer into the call's arguments (`/action`). `kind` tells how `value` is compared:
    `choice` and `method` by equality (an enum's string), `flag` by equality with a boolean, `sql` by the statement's
    class (`"read"` or `"write"`), `call` is a generic call-anything parameter whose `value` is None (any value).
    """

    parameter: str
    kind: ModeKind
    value: str | bool | None
    category: Category
    capabilities: tuple[Capability, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "parameter": self.parameter,
            "kind": self.kind,
            "value": self.value,
            "category": self.category,
            "capabilities": list(self.capabilities),
        }

    @classmethod
    def from_json(cls, raw: JsonObject) -> Mode:
        return cls(raw["parameter"], raw["kind"], raw["value"], raw["category"], tuple(raw["capabilities"]))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the definition that a person should know, such as a hint that contradicts the text."""

    id: str
    message: str
    evidence: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "message": self.message, "evidence": [e.to_json() for e in self.evidence]}

    @classmethod
    def from_json(cls, raw: JsonObject) -> Finding:
        return cls(raw["id"], raw["message"], tuple(Evidence.from_json(e) for e in raw["evidence"]))


@dataclass(frozen=True, slots=True)
class Override:
    """A label that the owner of the catalogue set by hand, and what the classifier had said."""

    reason: str
    category: Category
    capabilities: tuple[Capability, ...]
    source: str

    def to_json(self) -> dict[str, Any]:
        return {
            "reason": self.reason,
            "source": self.source,
            "classifier": {"category": self.category, "capabilities": list(self.capabilities)},
        }

    @classmethod
    def from_json(cls, raw: JsonObject) -> Override:
        said = raw["classifier"]
        return cls(raw["reason"], said["category"], tuple(said["capabilities"]), raw["source"])


@dataclass(frozen=True, slots=True)
class Classification:
    """The one answer about a tool. `confidence` is the calibrated probability that `category` is right."""

    server: str | None
    name: str
    category: Category
    risk: Risk
    capabilities: tuple[Capability, ...]
    confidence: float
    needs_review: bool
    reason: str
    evidence: tuple[Evidence, ...]
    modes: tuple[Mode, ...] = ()
    findings: tuple[Finding, ...] = ()
    override: Override | None = None
    classifier_version: str = ""

    def to_json(self) -> dict[str, Any]:
        """The contract's object; `modes`, `findings` and `override` appear only where there are any."""
        out: dict[str, Any] = {
            "server": self.server,
            "name": self.name,
            "category": self.category,
            "risk": self.risk,
            "capabilities": list(self.capabilities),
            "confidence": self.confidence,
            "needs_review": self.needs_review,
            "reason": self.reason,
            "evidence": [e.to_json() for e in self.evidence],
        }
        if self.modes:
            out["modes"] = [m.to_json() for m in self.modes]
        if self.findings:
            out["findings"] = [f.to_json() for f in self.findings]
        if self.override:
            out["override"] = self.override.to_json()
        out["classifier_version"] = self.classifier_version
        return out

    @classmethod
    def from_json(cls, raw: JsonObject) -> Classification:
        override = raw.get("override")
        return cls(
            server=raw.get("server"),
            name=raw["name"],
            category=raw["category"],
            risk=raw["risk"],
            capabilities=tuple(raw["capabilities"]),
            confidence=raw["confidence"],
            needs_review=raw["needs_review"],
            reason=raw["reason"],
            evidence=tuple(Evidence.from_json(e) for e in raw["evidence"]),
            modes=tuple(Mode.from_json(m) for m in raw.get("modes", ())),
            findings=tuple(Finding.from_json(f) for f in raw.get("findings", ())),
            override=Override.from_json(override) if override else None,
            classifier_version=raw.get("classifier_version", ""),
        )
