"""The nouns that travel between sources, extraction, the store and everything that shows them. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from classifier.records import Definition

JsonObject = Mapping[str, Any]
Root = Path | Mapping[str, bytes]  # of a source tree: its folder, or its files in memory by path with forward slashes
SourceKind = Literal["github", "npm", "pypi", "local", "snapshot", "http", "stdio", "registry"]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a source tree: path relative to its root with forward slashes, line counted from 1."""

    path: str
    line: int

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "line": self.line}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a tool's handler visibly does in its code: a fact beside the definition, not a judgement.

    `kind` is one of: http, file_write, file_delete, file_read, process, sql, email, payment, eval.
    `detail` is the telling part: `DELETE api.example.com`, `fs.unlink`, the SQL text.
    """

    kind: str
    detail: str
    location: Location

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "detail": self.detail, "location": self.location.to_json()}


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool definition and where it was registered.

    `input_schema` is None when no schema was seen, `{}` when an empty one was. `conditional` is the text of the
    condition under which the source registers the tool, None when it always does. `handler` is where its code is.
    """

    name: str
    title: str | None = None
    description: str | None = None
    input_schema: JsonObject | None = None
    annotations: JsonObject = field(default_factory=dict)
    location: Location | None = None
    extractor: str = ""
    conditional: str | None = None
    handler: Location | None = None
    facts: tuple[Fact, ...] = ()

    def definition(self, server: str) -> Definition:
        """The same tool as the classifier takes it. `server` is the server's name as people see it."""
        return Definition(self.name, server, self.title, self.description, self.input_schema, self.annotations)

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "annotations": dict(self.annotations),
            "location": self.location.to_json() if self.location else None,
            "extractor": self.extractor,
        }
        if self.conditional is not None:
            out["conditional"] = self.conditional
        if self.handler:
            out["handler"] = self.handler.to_json()
        if self.facts:
            out["facts"] = [f.to_json() for f in self.facts]
        return out


@dataclass(frozen=True, slots=True)
class Gap:
    """A registration that was seen but not resolved, or a place that could hold definitions and was not read."""

    path: str
    line: int | None
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "line": self.line, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Found:
    """What one reader, or all of them together, found in one tree.

    `completeness` is the share of the registrations seen that were resolved, 0.0 when no tool was found; readers leave
    it None, the driver sets it.
    """

    tools: tuple[Tool, ...] = ()
    gaps: tuple[Gap, ...] = ()
    completeness: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a snapshot came from. `ref` is what was asked for (branch, tag, version), `commit` what it resolved to."""

    kind: SourceKind
    reference: str
    ref: str | None = None
    commit: str | None = None
    url: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "reference": self.reference, "ref": self.ref, "commit": self.commit, "url": self.url}


@dataclass(frozen=True, slots=True)
class Server:
    """A server as the catalogue knows it. `slug` is its address, `name` what people call it."""

    slug: str
    name: str
    source: Source
    version: str | None = None
    description: str | None = None
    license: str | None = None
    homepage: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "license": self.license,
            "homepage": self.homepage,
            "source": self.source.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All tools of one server at one moment, with what could not be read.

    `completeness` is the share of the registrations seen that were resolved: 1.0 when there is no gap, and never 1.0
    when nothing was found. None where the question has no meaning (a server's own list).
    """

    server: Server
    tools: tuple[Tool, ...]
    gaps: tuple[Gap, ...] = ()
    completeness: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "server": self.server.to_json(),
            "tools": [t.to_json() for t in self.tools],
            "gaps": [g.to_json() for g in self.gaps],
            "completeness": self.completeness,
        }
