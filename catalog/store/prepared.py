"""A snapshot as the rows that it will be: made where it was read, in any process, so that only writing is left."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.records import Server, Snapshot, Tool
from catalog.store.digest import canonical_json, definition_digest, snapshot_digest
from classifier.records import Classification

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


class DefinitionRow(NamedTuple):
    """A definition in the order of the columns; JSON where it has structure."""

    digest: str
    title: str | None
    description: str | None
    input_schema: str | None
    annotations: str


class PlaceRow(NamedTuple):
    """Where a tool stands in its source, and what was seen there."""

    path: str | None
    line: int | None
    extractor: str
    conditional: str | None
    handler_path: str | None
    handler_line: int | None
    facts: str


class LabelRow(NamedTuple):
    """An answer in the order of the columns; `answer` is the whole of it as canonical JSON."""

    classifier_version: str
    category: str
    risk: str
    capabilities: str
    confidence: float
    needs_review: int
    reason: str
    answer: str


class ToolRow(NamedTuple):
    """One tool. `words` are those of its name, for the search."""

    name: str
    words: str
    definition: DefinitionRow
    place: PlaceRow
    label: LabelRow


@dataclass(frozen=True, slots=True)
class Prepared:
    """One server's state, fit to be written: `tools` in name order, one per name; gaps as (path, line, reason)."""

    server: Server
    digest: str
    completeness: float | None
    tools: tuple[ToolRow, ...]
    gaps: tuple[tuple[str, int | None, str], ...]


def prepare(snapshot: Snapshot, classifications: Sequence[Classification]) -> Prepared:
    """The rows of a snapshot with one classification per tool, in the order of its tools.

    Lone surrogates, which SQLite cannot hold, become the replacement character.
    """
    if not all(t.name.isascii() for t in snapshot.tools):
        snapshot = replace(snapshot, tools=tuple(replace(t, name=storable(t.name)) for t in snapshot.tools))
    rows: dict[str, ToolRow] = {}
    for tool, label in zip(snapshot.tools, classifications, strict=True):
        rows.setdefault(tool.name, _tool_row(tool, label))
    return Prepared(
        _storable_server(snapshot.server),
        snapshot_digest(snapshot),
        snapshot.completeness,
        tuple(rows[name] for name in sorted(rows)),
        tuple((storable(g.path), g.line, storable(g.reason)) for g in snapshot.gaps),
    )


def label_rows(classifications: Iterable[Classification]) -> dict[str, LabelRow]:
    """The rows of answers by the name of their tool."""
    return {storable(c.name): _label_row(c) for c in classifications}


def storable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _optional(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _tool_row(tool: Tool, label: Classification) -> ToolRow:
    schema = None if tool.input_schema is None else json.dumps(tool.input_schema)
    definition = DefinitionRow(
        definition_digest(tool), _optional(tool.title), _optional(tool.description), schema,
        json.dumps(dict(tool.annotations)) if tool.annotations else "{}",
    )  # fmt: skip
    return ToolRow(tool.name, " ".join(_WORD.findall(tool.name)), definition, _place_row(tool), _label_row(label))


def _place_row(tool: Tool) -> PlaceRow:
    place, handler = tool.location, tool.handler
    return PlaceRow(
        storable(place.path) if place else None,
        place.line if place else None,
        storable(tool.extractor),
        _optional(tool.conditional),
        storable(handler.path) if handler else None,
        handler.line if handler else None,
        json.dumps([f.to_json() for f in tool.facts]) if tool.facts else "[]",
    )


def _label_row(label: Classification) -> LabelRow:
    return LabelRow(
        label.classifier_version, label.category, label.risk, json.dumps(list(label.capabilities)), label.confidence,
        int(label.needs_review), storable(label.reason), canonical_json(label.to_json()),
    )  # fmt: skip


def _storable_server(server: Server) -> Server:
    source = server.source
    return replace(
        server,
        name=storable(server.name),
        version=_optional(server.version),
        description=_optional(server.description),
        license=_optional(server.license),
        homepage=_optional(server.homepage),
        source=replace(
            source,
            reference=storable(source.reference),
            ref=_optional(source.ref),
            commit=_optional(source.commit),
            url=_optional(source.url),
        ),
    )
