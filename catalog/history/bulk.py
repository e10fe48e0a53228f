"""The catalogue as a table: one row per tool, the columns documented beside their names (and in docs/data.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.store.read import Filters, StoredTool, StoreReader

COLUMNS: dict[str, str] = {
    "server": "Slug of the server.",
    "server_name": "What the server is called.",
    "source_kind": "github, npm, pypi, local, snapshot, http or stdio.",
    "reference": "What the server was read from; `catalog ingest` takes it.",
    "server_version": "Version of the server's newest snapshot.",
    "name": "Name of the tool.",
    "title": "Title as declared, empty when there is none.",
    "description": "Description as declared: untrusted text.",
    "input_schema": "JSON Schema of the arguments; empty when it was not seen.",
    "annotations": "Hints as declared: claims.",
    "category": "Read, Write or Destructive; empty when not labelled.",
    "risk": "low, medium, high or critical; empty when not labelled.",
    "capabilities": "List of execute, financial, communicate, access_control, private_data, untrusted_content.",
    "confidence": "Calibrated probability that the category is right, 0 to 1.",
    "needs_review": "Whether a person should check the label.",
    "reason": "Why, in a sentence or two.",
    "classifier_version": "Version of rules and model that gave the label.",
    "digest": "SHA-256 of the definition.",
    "path": "File in which the tool is registered.",
    "line": "Its line.",
    "conditional": "Condition under which the source registers the tool, empty when always.",
    "first_seen_at": "ISO 8601, UTC.",
    "changed_at": "ISO 8601, UTC: when the definition last changed, came or went.",
    "removed_at": "ISO 8601, UTC: when it vanished, empty while it is there.",
}


def rows(store: StoreReader, removed: bool = False) -> Iterator[dict[str, Any]]:
    """Every tool, server by server, with exactly the keys of COLUMNS. Lists and objects stay JSON values."""
    for server in store.servers():
        slug = server.server.slug
        for stored in store.tools(Filters(server=slug, removed=removed)):
            source = server.server.source
            yield _row(stored, source.kind, source.reference, server.server.version)


def _row(stored: StoredTool, kind: str, reference: str, version: str | None) -> dict[str, Any]:
    tool, label = stored.tool, stored.classification
    values = (
        stored.server_slug, stored.server_name, kind, reference, version, tool.name, tool.title, tool.description,
        tool.input_schema, dict(tool.annotations), label.category if label else None, label.risk if label else None,
        list(label.capabilities) if label else [], label.confidence if label else None,
        label.needs_review if label else True, label.reason if label else None,
        label.classifier_version if label else None, stored.digest, tool.location.path if tool.location else None,
        tool.location.line if tool.location else None, tool.conditional, stored.first_seen_at, stored.changed_at,
        stored.removed_at,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))
