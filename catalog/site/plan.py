"""What the whole catalogue looks like to pages that show more than one server: a scratch database, made anew per build.

It lies on disk so that memory does not grow with the catalogue, and every process of the build reads it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.site.actions import action_of
from catalog.site.grade import grade_of
from catalog.site.tally import Tally
from catalog.store.overview import ServerOverview, ToolOverview, overviews
from catalog.store.read import StoreReader
from classifier.records import CAPABILITIES

PART_TOOLS = 8000  # tools that one part of the search index holds, about
_PARTS_MAX = 256
_RELATED = 7
_SCHEMA = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE server (
        slug TEXT PRIMARY KEY, name TEXT, kind TEXT, reference TEXT, description TEXT, version TEXT,
        tools INT, critical INT, high INT, medium INT, low INT, unlabelled INT, review INT, gaps INT,
        read INT, write INT, destructive INT, execute INT, financial INT, communicate INT, access_control INT,
        private_data INT, untrusted_content INT, tokens INT, grade TEXT, points INT,
        first_seen_at TEXT, changed_at TEXT, hash INT, digest TEXT
    ) WITHOUT ROWID;
    CREATE TABLE action (key TEXT, rank INT, slug TEXT, server TEXT, name TEXT, risk TEXT);
    CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT);
"""


@dataclass(frozen=True, slots=True)
class Relative:
    """A tool elsewhere that does the same."""

    server_slug: str
    server_name: str
    name: str
    risk: str | None


def make_plan(store: StoreReader, path: Path) -> None:
    """Reads the whole store once and writes the scratch database to `path`, which must not exist."""
    connection = sqlite3.connect(path)
    connection.executescript(_SCHEMA)
    tally = Tally()
    for server in overviews(store):
        present = [tool for tool in server.tools if tool.removed_at is None]
        tally.add(present)
        connection.execute(f"INSERT INTO server VALUES ({', '.join('?' * 30)})", _server_row(server, present))
        connection.executemany("INSERT INTO action VALUES (?, ?, ?, ?, ?, ?)", _action_rows(server, present))
    connection.execute("CREATE INDEX action_key ON action(key, rank, slug, name, server, risk)")
    connection.execute("INSERT INTO note VALUES ('tally', ?)", (json.dumps(tally.to_json()),))
    connection.commit()
    connection.close()


def _action_rows(
    server: ServerOverview, present: list[ToolOverview]
) -> Iterator[tuple[str, int, str, str, str, str | None]]:
    for tool in present:
        key = action_of(tool.name)
        if key:
            yield key, _hash(f"{server.slug}/{tool.name}"), server.slug, server.name, tool.name, tool.risk


def _server_row(server: ServerOverview, present: list[ToolOverview]) -> tuple[object, ...]:
    risks = Counter(tool.risk for tool in present)
    categories = Counter(tool.category for tool in present)
    held: Counter[str] = Counter()
    for tool in present:
        if tool.capabilities and tool.capabilities != "[]":
            held.update(json.loads(tool.capabilities))
    review = sum(1 for tool in present if tool.needs_review)
    count = len(present)
    unread = None if not server.gap_count else count / (count + server.gap_count)
    grade = grade_of(count, risks["critical"], risks["high"], risks["medium"], review + risks[None], unread)
    return (
        server.slug, server.name, server.source_kind, server.reference, server.description, server.version,
        count, risks["critical"], risks["high"], risks["medium"], risks["low"], risks[None], review, server.gap_count,
        categories["Read"], categories["Write"], categories["Destructive"], *(held[c] for c in CAPABILITIES),
        sum(tool.characters for tool in present) // 4, grade.letter, grade.points,
        server.first_seen_at, server.changed_at, _hash(server.slug), server.digest,
    )  # fmt: skip


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")


class Plan:
    """The scratch database, open for reading."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str, *values: object) -> Iterator[sqlite3.Row]:
        yield from self._connection.execute(sql, values)

    def count(self, sql: str, *values: object) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {sql}", values).fetchone()[0])

    def tally(self) -> Tally:
        return Tally.from_json(json.loads(next(self.rows("SELECT value FROM note WHERE name = 'tally'"))[0]))

    def server(self, slug: str) -> sqlite3.Row:
        return next(self.rows("SELECT * FROM server WHERE slug = ?", slug))

    def parts(self) -> int:
        """Into how many parts the search index is cut: a power of two, by the number of tools."""
        tools = next(self.rows("SELECT total(tools) FROM server"))[0]
        parts = 1
        while parts < _PARTS_MAX and tools > parts * PART_TOOLS * 1.5:
            parts *= 2
        return parts

    def servers_of_part(self, part: int, parts: int) -> Iterator[sqlite3.Row]:
        yield from self.rows("SELECT slug, digest FROM server WHERE hash % ? = ? ORDER BY slug", parts, part)

    def fingerprints(self) -> Iterator[tuple[str, str]]:
        """`(slug, digest)` of every server by slug, the digest covering what its pages say of other servers."""
        shared = """
            WITH shared AS (SELECT key FROM action GROUP BY key HAVING count(DISTINCT slug) > 1)
            SELECT key,
                   group_concat(slug || char(9) || name || char(9) || server || char(9) || coalesce(risk, ''), char(10))
            FROM (SELECT key, slug, name, server, risk,
                         row_number() OVER (PARTITION BY key ORDER BY rank, slug, name) AS n
                  FROM action JOIN shared USING (key)) WHERE n <= ? GROUP BY key
        """
        self._connection.execute("CREATE TEMP TABLE near (key TEXT PRIMARY KEY, digest INT) WITHOUT ROWID")
        self._connection.executemany(
            "INSERT INTO near VALUES (?, ?)", ((key, _hash(text)) for key, text in self.rows(shared, _RELATED))
        )
        self._connection.execute(
            "CREATE TEMP TABLE member AS SELECT action.slug, near.digest FROM action JOIN near USING (key)"
        )
        sql = "SELECT slug, digest FROM member ORDER BY slug, digest"
        others = self.rows(sql)
        held = next(others, None)
        for slug, digest in self.rows("SELECT slug, digest FROM server ORDER BY slug"):
            joined = hashlib.blake2b(digest.encode(), digest_size=16)
            while held is not None and held[0] == slug:
                joined.update(b"%d," % held[1])
                held = next(others, None)
            yield slug, joined.hexdigest()

    def relatives(self, slug: str, name: str) -> list[Relative]:
        """Up to six tools of other servers with the same verb and object."""
        key = action_of(name)
        if not key:
            return []
        sql = "SELECT slug, server, name, risk FROM action WHERE key = ? ORDER BY rank, slug, name LIMIT ?"
        found = [Relative(*row) for row in self.rows(sql, key, _RELATED)]
        return sorted((r for r in found if r.server_slug != slug), key=lambda r: (r.server_slug, r.name))[
            : _RELATED - 1
        ]
