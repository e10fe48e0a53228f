"""One pass over everything: what a listing, a report or a site build needs of each tool, without its definition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from catalog.store.read import StoreReader
from classifier.records import Category, Risk

_SERVERS = """
    SELECT s.slug, s.name, s.source_kind, s.reference, s.description, s.license, s.homepage,
           s.first_seen_at, s.changed_at, n.version, n.ref, n.commit_sha, n.url, n.completeness, n.taken_at, n.digest,
           (SELECT count(*) FROM gaps g WHERE g.snapshot_id = s.snapshot_id) AS gap_count,
           (SELECT count(*) FROM snapshots m WHERE m.server_id = s.id) AS snapshot_count,
           (SELECT max(x.id) FROM changes x WHERE x.server_id = s.id) AS last_change
    FROM servers s LEFT JOIN snapshots n ON n.id = s.snapshot_id ORDER BY s.slug
"""
_TOOLS = """
    SELECT s.slug, t.name, t.removed_at, t.changed_at, c.category, c.risk, c.capabilities, c.needs_review,
           d.annotations,
           length(t.name) + coalesce(length(d.title), 0) + coalesce(length(d.description), 0)
           + coalesce(length(d.input_schema), 0),
           d.digest, c.answer, t.first_seen_at, t.path, t.line, t.conditional, t.handler_path, t.handler_line, t.facts
    FROM servers s JOIN tools t ON t.server_id = s.id JOIN definitions d ON d.id = t.definition_id
    LEFT JOIN classifications c ON c.id = t.classification_id ORDER BY s.slug, t.name
"""
_SHOWN = 10  # columns of _TOOLS that ToolOverview holds; the rest only counts for the digest


class ToolOverview(NamedTuple):
    """A tool's label in short. `capabilities` and `annotations` are JSON text, `characters` the definition's size."""

    server_slug: str
    name: str
    removed_at: str | None
    changed_at: str
    category: Category | None
    risk: Risk | None
    capabilities: str | None
    needs_review: int | None
    annotations: str
    characters: int


@dataclass(frozen=True, slots=True)
class ServerOverview:
    """A server with all its tools in short, removed ones included, in name order.

    `digest` (32 hex digits) changes whenever anything that the store says about the server changes.
    """

    slug: str
    name: str
    source_kind: str
    reference: str
    description: str | None
    version: str | None
    gap_count: int
    first_seen_at: str
    changed_at: str
    taken_at: str | None
    tools: tuple[ToolOverview, ...]
    digest: str


def overviews(store: StoreReader) -> Iterator[ServerOverview]:
    """Every server by slug; memory holds one at a time."""
    tools = groupby(store._rows(_TOOLS), key=lambda row: row[0])
    slug, rows = next(tools, (None, None))
    for row in store._rows(_SERVERS):
        digest = hashlib.blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=16)
        held: list[ToolOverview] = []
        if slug == row["slug"] and rows is not None:
            for tool in rows:
                values = tuple(tool)
                digest.update(repr(values).encode("utf-8", "surrogatepass"))
                held.append(ToolOverview(*values[:_SHOWN]))
            slug, rows = next(tools, (None, None))
        yield ServerOverview(
            row["slug"], row["name"], row["source_kind"], row["reference"], row["description"], row["version"],
            row["gap_count"], row["first_seen_at"], row["changed_at"], row["taken_at"], tuple(held), digest.hexdigest(),
        )  # fmt: skip
