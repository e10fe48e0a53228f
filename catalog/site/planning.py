"""Making the plan: what the whole catalogue looks like to pages that show more than one server.

The plan lies on disk, so that memory does not grow with the catalogue and every process of the build reads it. It stays
with the site: a later build compares one digest per server with the store and reads only the servers that differ. What
comes out is the same as a plan made anew.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from catalog.site.actions import action_of
from catalog.site.grade import grade_of
from catalog.site.listings import PLAN_INDEXES
from catalog.site.tally import Tally
from catalog.store.overview import ServerOverview, ToolOverview, digests, overviews
from catalog.store.read import StoreReader
from classifier.records import CAPABILITIES

RELATED = 7  # tools of one action that pages name
_ALL_AT_ONCE = 0.2  # share of servers from which on the whole store is read in one pass
_SCHEMA = """
    CREATE TABLE server (
        slug TEXT PRIMARY KEY, name TEXT, kind TEXT, reference TEXT, description TEXT, version TEXT,
        tools INT, critical INT, high INT, medium INT, low INT, unlabelled INT, review INT, gaps INT,
        read INT, write INT, destructive INT, execute INT, financial INT, communicate INT, access_control INT,
        private_data INT, untrusted_content INT, tokens INT, grade TEXT, points INT,
        first_seen_at TEXT, changed_at TEXT, hash INT, tally TEXT, face INT, digest TEXT, shared TEXT
    ) WITHOUT ROWID;
    CREATE TABLE action (key TEXT, rank INT, slug TEXT, server TEXT, name TEXT, risk TEXT);
    CREATE TABLE near (key TEXT PRIMARY KEY, digest INT) WITHOUT ROWID;
    CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT);
"""
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS action_key ON action(key, rank, slug, name, server, risk)",
    "CREATE INDEX IF NOT EXISTS action_slug ON action(slug, key)",
    "CREATE INDEX IF NOT EXISTS server_part ON server(hash, slug, digest)",
    *PLAN_INDEXES,
)
_COLUMNS = 32  # of a server's row; `shared` comes after


def make_plan(store: StoreReader, path: Path, version: str = "") -> None:
    """Makes the plan at `path`, or brings the one there up to date if the same `version` of the code made it."""
    connection = _opened(path, version)
    with connection:
        _compare(connection, store)
        tally = Tally.from_json(json.loads(_note(connection, "tally") or '{"hints": {}, "verbs": {}, "annotated": 0}'))
        _forget(connection, tally)
        for server in _changed(connection, store):
            present = [tool for tool in server.tools if tool.removed_at is None]
            own = Tally()
            own.add(present)
            tally.change(own, 1)
            digest = connection.execute("SELECT digest FROM now WHERE slug = ?", (server.slug,)).fetchone()[0]
            row = _server_row(server, present, own, digest)
            connection.execute(f"INSERT INTO server VALUES ({', '.join('?' * _COLUMNS)}, '')", row)
            connection.executemany("INSERT INTO action VALUES (?, ?, ?, ?, ?, ?)", _action_rows(server, present))
        for sql in _INDEXES:
            connection.execute(sql)
        _relate(connection)
        for name, value in (("tally", json.dumps(tally.to_json())), ("version", version)):
            connection.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))
    connection.close()


def _opened(path: Path, version: str) -> sqlite3.Connection:
    """The plan of the last build if it is of this version, else an empty one."""
    if path.exists():
        connection = sqlite3.connect(path)
        try:
            if _note(connection, "version") == version:
                connection.execute("PRAGMA synchronous = NORMAL")
                return connection
        except sqlite3.DatabaseError:
            pass  # half written, or no plan at all: made anew below
        connection.close()
        path.unlink()
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA synchronous = OFF;" + _SCHEMA)
    return connection


def _note(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def _compare(connection: sqlite3.Connection, store: StoreReader) -> None:
    """`now` has the store's digests, `changed` the slugs that are new or differ, `gone` those that are no more."""
    connection.execute("CREATE TEMP TABLE now (slug TEXT PRIMARY KEY, digest TEXT) WITHOUT ROWID")
    connection.executemany("INSERT INTO now VALUES (?, ?)", digests(store))
    for sql in (
        "CREATE TEMP TABLE changed (slug TEXT PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO changed SELECT slug FROM now LEFT JOIN server USING (slug) WHERE server.digest IS NOT now.digest",
        "CREATE TEMP TABLE old (slug TEXT PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO old SELECT slug FROM server WHERE slug NOT IN (SELECT slug FROM now)"
        " UNION SELECT slug FROM server JOIN changed USING (slug)",
        "CREATE TEMP TABLE touched (key TEXT PRIMARY KEY) WITHOUT ROWID",
    ):
        connection.execute(sql)


def _forget(connection: sqlite3.Connection, tally: Tally) -> None:
    """Takes out what the plan knew of servers that are no more or differ."""
    for (said,) in connection.execute("SELECT tally FROM server JOIN old USING (slug)"):
        tally.change(Tally.from_json(json.loads(said)), -1)
    for sql in (
        "INSERT OR IGNORE INTO touched SELECT key FROM old JOIN action USING (slug)",
        "DELETE FROM action WHERE slug IN (SELECT slug FROM old)",
        "DELETE FROM server WHERE slug IN (SELECT slug FROM old)",
    ):
        connection.execute(sql)


def _changed(connection: sqlite3.Connection, store: StoreReader) -> Iterator[ServerOverview]:
    slugs = [row[0] for row in connection.execute("SELECT slug FROM changed ORDER BY slug")]
    total = connection.execute("SELECT count(*) FROM now").fetchone()[0]
    if len(slugs) > _ALL_AT_ONCE * total:
        wanted = set(slugs)
        yield from (server for server in overviews(store) if server.slug in wanted)
        return
    for slug in slugs:
        yield from overviews(store, slug)


def _relate(connection: sqlite3.Connection) -> None:
    """Brings `near` up to date, the digests of what pages name of each action that several servers have, and with it
    `shared` of every server: its own digest with those of its actions.
    """
    nearest = """
        WITH shared AS (SELECT key FROM action JOIN touched USING (key) GROUP BY key HAVING count(DISTINCT slug) > 1)
        SELECT key,
               group_concat(slug || char(9) || name || char(9) || server || char(9) || coalesce(risk, ''), char(10))
        FROM (SELECT key, slug, name, server, risk,
                     row_number() OVER (PARTITION BY key ORDER BY rank, slug, name) AS n
              FROM action JOIN shared USING (key)) WHERE n <= ? GROUP BY key
    """
    connection.execute("INSERT OR IGNORE INTO touched SELECT DISTINCT key FROM changed JOIN action USING (slug)")
    connection.execute("CREATE TEMP TABLE newer (key TEXT PRIMARY KEY, digest INT) WITHOUT ROWID")
    found = connection.execute(nearest, (RELATED,))
    connection.executemany("INSERT INTO newer VALUES (?, ?)", ((key, number_of(text)) for key, text in found))
    for sql in (
        """INSERT OR IGNORE INTO changed SELECT DISTINCT slug FROM touched LEFT JOIN near USING (key)
           LEFT JOIN newer USING (key) JOIN action USING (key) WHERE near.digest IS NOT newer.digest""",
        "DELETE FROM near WHERE key IN (SELECT key FROM touched)",
        "INSERT INTO near SELECT key, digest FROM newer",
    ):
        connection.execute(sql)
    members = connection.execute(
        """SELECT server.slug, server.digest, near.digest FROM changed JOIN server USING (slug)
           LEFT JOIN action ON action.slug = server.slug LEFT JOIN near USING (key) ORDER BY 1, 3"""
    )
    shared = [(_joined(rows), slug) for slug, rows in groupby(members, key=lambda row: str(row[0]))]
    connection.executemany("UPDATE server SET shared = ? WHERE slug = ?", shared)


def _joined(rows: Iterator[tuple[str, str, int | None]]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for place, (_, own, near) in enumerate(rows):
        if not place:
            digest.update(own.encode())
        if near is not None:
            digest.update(b"%d," % near)
    return digest.hexdigest()


def _action_rows(
    server: ServerOverview, present: list[ToolOverview]
) -> Iterator[tuple[str, int, str, str, str, str | None]]:
    for tool in present:
        key = action_of(tool.name)
        if key:
            yield key, number_of(f"{server.slug}/{tool.name}"), server.slug, server.name, tool.name, tool.risk


def _server_row(server: ServerOverview, present: list[ToolOverview], tally: Tally, digest: str) -> tuple[object, ...]:
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
    listed = (
        count, risks["critical"], risks["high"], risks["medium"], risks["low"], risks[None], review, server.gap_count,
        categories["Read"], categories["Write"], categories["Destructive"], *(held[c] for c in CAPABILITIES),
    )  # fmt: skip
    return (
        server.slug, server.name, server.source_kind, server.reference, server.description, server.version, *listed,
        sum(tool.characters for tool in present) // 4, grade.letter, grade.points,
        server.first_seen_at, server.changed_at, number_of(server.slug), json.dumps(tally.to_json()),
        number_of(repr((server.slug, server.name, listed, grade.letter))), digest,
    )  # fmt: skip


def number_of(text: str) -> int:
    """Four bytes of a digest: a place in an order that nobody chose, or a quick answer to whether two texts differ."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")
