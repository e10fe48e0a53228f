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
    SELECT s.slug, s.name, s.source_kind, s.reference, s.description, s.first_seen_at, s.changed_at, n.version,
           n.taken_at, (SELECT count(*) FROM gaps g WHERE g.snapshot_id = s.snapshot_id) AS gap_count
    FROM servers s LEFT JOIN snapshots n ON n.id = s.snapshot_id {where} ORDER BY s.slug
"""
_TOOLS = """
    SELECT s.slug, t.name, t.removed_at, t.changed_at, c.category, c.risk, c.capabilities, c.needs_review,
           d.annotations,
           length(t.name) + coalesce(length(d.title), 0) + coalesce(length(d.description), 0)
           + coalesce(length(d.input_schema), 0)
    FROM servers s JOIN tools t ON t.server_id = s.id JOIN definitions d ON d.id = t.definition_id
    LEFT JOIN classifications c ON c.id = t.classification_id {where} ORDER BY s.slug, t.name
"""
_TEXTS = """
    SELECT s.name, t.name, d.title, d.description, c.category, c.risk, c.capabilities, c.needs_review, t.changed_at
    FROM servers s JOIN tools t ON t.server_id = s.id JOIN definitions d ON d.id = t.definition_id
    LEFT JOIN classifications c ON c.id = t.classification_id WHERE s.slug = ? AND t.removed_at IS NULL ORDER BY t.name
"""
_SERVER_TEXTS = """
    SELECT s.id, s.slug, json_array(
               s.name, s.source_kind, s.reference, s.description, s.license, s.homepage, s.first_seen_at, s.changed_at,
               n.version, n.ref, n.commit_sha, n.url, n.completeness, n.taken_at, n.digest,
               (SELECT count(*) FROM gaps g WHERE g.snapshot_id = s.snapshot_id),
               (SELECT count(*) FROM snapshots m WHERE m.server_id = s.id),
               (SELECT max(x.id) FROM changes x WHERE x.server_id = s.id))
    FROM servers s LEFT JOIN snapshots n ON n.id = s.snapshot_id ORDER BY s.id
"""
_TOOL_TEXTS = """
    SELECT server_id, group_concat(text, char(10)) FROM (
        SELECT t.server_id, json_array(
                   t.name, t.removed_at, t.changed_at, t.first_seen_at, t.path, t.line, t.conditional, t.handler_path,
                   t.handler_line, t.facts, t.extractor, d.digest, c.answer) AS text
        FROM tools t JOIN definitions d ON d.id = t.definition_id
        LEFT JOIN classifications c ON c.id = t.classification_id ORDER BY t.server_id, t.name)
    GROUP BY server_id ORDER BY server_id
"""


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


class ToolText(NamedTuple):
    """What a search finds a tool by and shows of it. `capabilities` is JSON text."""

    server_name: str
    name: str
    title: str | None
    description: str | None
    category: Category | None
    risk: Risk | None
    capabilities: str | None
    needs_review: int | None
    changed_at: str


@dataclass(frozen=True, slots=True)
class ServerOverview:
    """A server with all its tools in short, removed ones included, in name order."""

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


def overviews(store: StoreReader, slug: str | None = None) -> Iterator[ServerOverview]:
    """Every server by slug, or only one; memory holds one at a time."""
    where, values = ("", ()) if slug is None else ("WHERE s.slug = ?", (slug,))
    tools = groupby(store._rows(_TOOLS.format(where=where), *values), key=lambda row: row[0])
    place, rows = next(tools, (None, None))
    for row in store._rows(_SERVERS.format(where=where), *values):
        held: list[ToolOverview] = []
        if place == row["slug"] and rows is not None:
            held = [ToolOverview(*tool) for tool in rows]
            place, rows = next(tools, (None, None))
        yield ServerOverview(
            row["slug"], row["name"], row["source_kind"], row["reference"], row["description"], row["version"],
            row["gap_count"], row["first_seen_at"], row["changed_at"], row["taken_at"], tuple(held),
        )  # fmt: skip


def tool_texts(store: StoreReader, slug: str) -> Iterator[ToolText]:
    """The present tools of a server by name."""
    return (ToolText(*row) for row in store._rows(_TEXTS, slug))


def digests(store: StoreReader) -> Iterator[tuple[str, str]]:
    """`(slug, digest)` of every server. A digest (32 hex digits) changes whenever anything that the store says about
    the server changes. The database joins the texts, so this costs a fraction of reading the records.
    """
    tools = store._rows(_TOOL_TEXTS)
    of, text = next(tools, (None, ""))
    for server, slug, said in store._rows(_SERVER_TEXTS):
        digest = hashlib.blake2b(said.encode(), digest_size=16)
        if of == server:
            digest.update(text.encode())
            of, text = next(tools, (None, ""))
        yield slug, digest.hexdigest()
