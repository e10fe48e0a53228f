"""Answering questions from the store with the standard library's sqlite3 alone, so that a query starts fast."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from catalog.errors import NothingFound, StoreError
from catalog.records import Gap, Server, Tool
from catalog.severity import SEVERITIES, Severity
from catalog.store.connection import SUPPORTED_VERSION, check_version, store_errors
from catalog.store.rows import answer_of, server_of, tool_of
from classifier.records import RISKS, Classification, Risk

if TYPE_CHECKING:
    from catalog.changes import State
    from catalog.store.past import PastDefinition, StoredChange, StoredSnapshot

_SERVER_COLUMNS = """
    s.id, s.slug, s.name, s.source_kind, s.reference, s.description, s.license, s.homepage,
    s.first_seen_at, s.changed_at,
    n.version, n.ref, n.commit_sha, n.url, n.completeness, n.taken_at,
    (SELECT count(*) FROM gaps g WHERE g.snapshot_id = s.snapshot_id) AS gap_count
"""
_SERVER_TABLES = "servers s LEFT JOIN snapshots n ON n.id = s.snapshot_id"
_TOOL_COLUMNS = """
    s.slug AS server_slug, s.name AS server_name, t.*, d.digest, d.title, d.description,
    d.input_schema, d.annotations, c.answer
"""
_TOOL_TABLES = """
    tools t JOIN servers s ON s.id = t.server_id JOIN definitions d ON d.id = t.definition_id
    LEFT JOIN classifications c ON c.id = t.classification_id
"""
_RISK_ORDER = "CASE c.risk WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END"


@dataclass(frozen=True, slots=True)
class StoredServer:
    """A server with its present counts. `risks` counts present tools by risk; `unlabelled` those without an answer."""

    server: Server
    tool_count: int
    removed_count: int
    risks: dict[Risk, int]
    categories: dict[str, int]
    unlabelled: int
    needs_review: int
    gap_count: int
    completeness: float | None
    first_seen_at: str
    changed_at: str
    taken_at: str | None


@dataclass(frozen=True, slots=True)
class StoredTool:
    """A tool's present definition (the last one, when it was removed) with its answer. Times are ISO 8601, UTC."""

    server_slug: str
    server_name: str
    tool: Tool
    classification: Classification | None
    digest: str
    removed_at: str | None
    first_seen_at: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tools to list. None means any; `removed` adds the tools that have vanished."""

    server: str | None = None
    category: str | None = None
    risk: str | None = None
    capability: str | None = None
    needs_review: bool | None = None
    removed: bool = False


class StoreReader:
    """The store, open for reading. Raises StoreError when the file is missing, foreign, newer or damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise StoreError(
                f"There is no catalogue at {path}.", "Fill one with `catalog ingest REF`, or name another with --db."
            )
        with store_errors(path):
            self._connection = sqlite3.connect(path, timeout=30.0)
            self._connection.row_factory = sqlite3.Row
            version = check_version(self._connection, path)
            if version == 0:
                raise StoreError(f"{path} is an empty database.", "Fill it with `catalog ingest REF`.")
            if version < SUPPORTED_VERSION:
                _upgrade(path)
            self._connection.execute("PRAGMA query_only = ON")

    def __enter__(self) -> StoreReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def _rows(self, sql: str, *values: Any) -> Iterator[sqlite3.Row]:
        with store_errors(self.path):
            # No `yield from`: it closes the cursor of a reader that stops early, after its connection.
            for row in self._connection.execute(sql, values):  # noqa: UP028
                yield row

    def servers(self) -> Iterator[StoredServer]:
        """All servers by slug."""
        for row in self._rows(f"SELECT {_SERVER_COLUMNS} FROM {_SERVER_TABLES} ORDER BY s.slug"):
            yield self._stored_server(row)

    def server(self, slug: str) -> StoredServer:
        """One server; NothingFound when the slug is unknown."""
        for row in self._rows(f"SELECT {_SERVER_COLUMNS} FROM {_SERVER_TABLES} WHERE s.slug = ?", slug):
            return self._stored_server(row)
        raise NothingFound(f"No server {slug} in {self.path}.", "See `catalog list servers`, or ingest it first.")

    def has_server(self, slug: str) -> bool:
        return any(self._rows("SELECT 1 FROM servers WHERE slug = ?", slug))

    def gaps(self, slug: str) -> tuple[Gap, ...]:
        """What the server's present snapshot could not resolve."""
        sql = "SELECT g.path, g.line, g.reason FROM gaps g JOIN servers s ON s.snapshot_id = g.snapshot_id"
        return tuple(Gap(row[0], row[1], row[2]) for row in self._rows(f"{sql} WHERE s.slug = ? ORDER BY g.id", slug))

    def tool(self, slug: str, name: str) -> StoredTool:
        """One tool, removed or not; NothingFound when there is none."""
        sql = f"SELECT {_TOOL_COLUMNS} FROM {_TOOL_TABLES} WHERE s.slug = ? AND t.name = ?"
        for row in self._rows(sql, slug, name):
            return _stored_tool(row)
        raise NothingFound(f"No tool {name} on {slug}.", f"See `catalog list tools --server {slug}`.")

    def tools_named(self, name: str) -> list[StoredTool]:
        """The present tools of that exact name on every server, by server."""
        sql = f"SELECT {_TOOL_COLUMNS} FROM {_TOOL_TABLES} WHERE t.name = ? AND t.removed_at IS NULL ORDER BY s.slug"
        return [_stored_tool(row) for row in self._rows(sql, name)]

    def tools(self, filters: Filters | None = None, limit: int = -1) -> Iterator[StoredTool]:
        """Tools that pass the filters, riskiest first, then by server and name. `limit` -1 means all."""
        where, values = _conditions(filters or Filters())
        order = f"{_RISK_ORDER}, s.slug, t.name"
        sql = f"SELECT {_TOOL_COLUMNS} FROM {_TOOL_TABLES} WHERE {where} ORDER BY {order} LIMIT ?"
        yield from map(_stored_tool, self._rows(sql, *values, limit))

    def search(self, words: str, filters: Filters | None = None, limit: int = 50) -> list[StoredTool]:
        """Tools whose name, title or description hold all the words (the last one may be a beginning), best first."""
        query = _fts_query(words)
        if not query:
            return []
        where, values = _conditions(filters or Filters())
        sql = f"SELECT {_TOOL_COLUMNS} FROM {_TOOL_TABLES} JOIN tools_fts f ON f.rowid = t.id"
        sql += (
            f" WHERE tools_fts MATCH ? AND {where} ORDER BY bm25(tools_fts, 8.0, 6.0, 3.0, 1.0), s.slug, t.name LIMIT ?"
        )
        return [_stored_tool(row) for row in self._rows(sql, query, *values, limit)]

    def history(self, slug: str, name: str) -> list[PastDefinition]:
        """Every definition the tool has had, oldest first."""
        from catalog.store.past import PastDefinition

        sql = """
            SELECT t.*, d.digest, d.title, d.description, d.input_schema, d.annotations,
                   (SELECT answer FROM classifications c WHERE c.definition_id = d.id
                    ORDER BY c.id DESC LIMIT 1) AS answer,
                   a.taken_at AS from_at, b.taken_at AS until_at, a.version AS from_version
            FROM history h JOIN tools t ON t.id = h.tool_id JOIN servers s ON s.id = t.server_id
            JOIN definitions d ON d.id = h.definition_id JOIN snapshots a ON a.id = h.from_snapshot_id
            LEFT JOIN snapshots b ON b.id = h.until_snapshot_id
            WHERE s.slug = ? AND t.name = ? ORDER BY h.id
        """
        return [
            PastDefinition(
                tool_of(row),
                answer_of(row["answer"]),
                row["digest"],
                row["from_at"],
                row["until_at"],
                row["from_version"],
            )
            for row in self._rows(sql, slug, name)
        ]

    def snapshots(self, slug: str) -> list[StoredSnapshot]:
        """Every stored moment of a server, oldest first."""
        from catalog.store.past import StoredSnapshot

        sql = """
            SELECT n.id, n.version, n.ref, n.commit_sha, n.completeness, n.taken_at,
                   (SELECT count(*) FROM history h JOIN tools t ON t.id = h.tool_id WHERE t.server_id = n.server_id
                    AND h.from_snapshot_id <= n.id AND (h.until_snapshot_id IS NULL OR h.until_snapshot_id > n.id)),
                   (SELECT count(*) FROM changes x WHERE x.snapshot_id = n.id)
            FROM snapshots n JOIN servers s ON s.id = n.server_id WHERE s.slug = ? ORDER BY n.id
        """
        return [StoredSnapshot(*row) for row in self._rows(sql, slug)]

    def states_at(self, slug: str, snapshot_id: int) -> dict[str, State]:
        """The server's tools as they stood at one snapshot, with the newest answer about those definitions."""
        from catalog.changes import State

        sql = """
            SELECT t.*, d.title, d.description, d.input_schema, d.annotations,
                   (SELECT answer FROM classifications c WHERE c.definition_id = d.id
                    ORDER BY c.id DESC LIMIT 1) AS answer
            FROM history h JOIN tools t ON t.id = h.tool_id JOIN servers s ON s.id = t.server_id
            JOIN definitions d ON d.id = h.definition_id
            WHERE s.slug = ? AND h.from_snapshot_id <= ? AND (h.until_snapshot_id IS NULL OR h.until_snapshot_id > ?)
        """
        rows = self._rows(sql, slug, snapshot_id, snapshot_id)
        return {row["name"]: State(tool_of(row), answer_of(row["answer"])) for row in rows}

    def changes(
        self,
        since: str | None = None,
        server: str | None = None,
        severity: Severity = "info",
        cause: str | None = None,
        limit: int = -1,
    ) -> Iterator[StoredChange]:
        """Recorded changes, newest first; `since` is an ISO 8601 time or date, `severity` the mildest one wanted."""
        from catalog.changes import Change
        from catalog.store.past import StoredChange

        wanted = SEVERITIES[SEVERITIES.index(severity) :]
        terms, values = [f"x.severity IN ({', '.join('?' * len(wanted))})"], list(wanted)
        for term, value in (("x.at >= ?", since), ("s.slug = ?", server), ("x.cause = ?", cause)):
            if value is not None:
                terms.append(term)
                values.append(value)  # type: ignore[arg-type]
        sql = f"""
            SELECT x.*, s.slug, s.name AS server_name, n.version FROM changes x JOIN servers s ON s.id = x.server_id
            LEFT JOIN snapshots n ON n.id = x.snapshot_id WHERE {" AND ".join(terms)} ORDER BY x.id DESC LIMIT ?
        """
        for row in self._rows(sql, *values, limit):
            change = Change(
                row["kind"], row["severity"], row["tool"], row["message"], row["before"], row["after"], row["cause"]
            )
            yield StoredChange(row["id"], row["slug"], row["server_name"], row["at"], row["version"], change)

    def stats(self) -> dict[str, Any]:
        """Counts over everything present: servers, tools, risks, categories, capabilities, review, gaps, sources."""

        def counts(sql: str) -> dict[str, int]:
            return {str(row[0]): int(row[1]) for row in self._rows(sql)}

        present = "FROM tools t LEFT JOIN classifications c ON c.id = t.classification_id WHERE t.removed_at IS NULL"
        one = next(
            self._rows(
                f"SELECT (SELECT count(*) FROM servers), count(*), sum(c.id IS NULL), sum(c.needs_review) {present}"
            )
        )
        return {
            "servers": one[0],
            "tools": one[1],
            "unlabelled": one[2] or 0,
            "needs_review": one[3] or 0,
            "removed": next(self._rows("SELECT count(*) FROM tools WHERE removed_at IS NOT NULL"))[0],
            "risks": {r: counts(f"SELECT c.risk, count(*) {present} GROUP BY 1").get(r, 0) for r in reversed(RISKS)},
            "categories": counts(f"SELECT c.category, count(*) {present} AND c.id IS NOT NULL GROUP BY 1"),
            "capabilities": counts(
                "SELECT j.value, count(*) FROM tools t JOIN classifications c ON c.id = t.classification_id,"
                " json_each(c.capabilities) j WHERE t.removed_at IS NULL GROUP BY 1 ORDER BY 2 DESC"
            ),
            "sources": counts("SELECT source_kind, count(*) FROM servers GROUP BY 1"),
            "servers_with_gaps": next(
                self._rows(
                    "SELECT count(*) FROM servers s"
                    " WHERE EXISTS (SELECT 1 FROM gaps g WHERE g.snapshot_id = s.snapshot_id)"
                )
            )[0],
        }

    def _stored_server(self, row: sqlite3.Row) -> StoredServer:
        sql = """
            SELECT t.removed_at IS NOT NULL, c.risk, c.category, c.needs_review, count(*)
            FROM tools t LEFT JOIN classifications c ON c.id = t.classification_id
            WHERE t.server_id = ? GROUP BY 1, 2, 3, 4
        """
        counts = list(self._rows(sql, row["id"]))
        present = [r for r in counts if not r[0]]
        return StoredServer(
            server=server_of(row),
            tool_count=sum(r[4] for r in present),
            removed_count=sum(r[4] for r in counts if r[0]),
            risks={risk: sum(r[4] for r in present if r[1] == risk) for risk in reversed(RISKS)},
            categories={k: sum(r[4] for r in present if r[2] == k) for k in ("Read", "Write", "Destructive")},
            unlabelled=sum(r[4] for r in present if r[1] is None),
            needs_review=sum(r[4] for r in present if r[3]),
            gap_count=row["gap_count"],
            completeness=row["completeness"],
            first_seen_at=row["first_seen_at"],
            changed_at=row["changed_at"],
            taken_at=row["taken_at"],
        )


def _upgrade(path: Path) -> None:
    """Brings a file that an older version made to the present tables. Only then is sqlite-utils imported."""
    from catalog.store.write import StoreWriter

    StoreWriter(path).close()


def _conditions(filters: Filters) -> tuple[str, tuple[Any, ...]]:
    terms: list[str] = [] if filters.removed else ["t.removed_at IS NULL"]
    values: list[Any] = []
    for column, value in (("s.slug", filters.server), ("c.category", filters.category), ("c.risk", filters.risk)):
        if value is not None:
            terms.append(f"{column} = ?")
            values.append(value)
    if filters.capability is not None:
        terms.append("EXISTS (SELECT 1 FROM json_each(c.capabilities) j WHERE j.value = ?)")
        values.append(filters.capability)
    if filters.needs_review is not None:
        terms.append("c.needs_review = ?")
        values.append(int(filters.needs_review))
    return " AND ".join(terms) or "1", tuple(values)


def _fts_query(words: str) -> str:
    found = re.findall(r"\w+", words.replace("_", " "))
    return " ".join([*(f'"{w}"' for w in found[:-1]), *(f'"{w}"*' for w in found[-1:])])


def _stored_tool(row: sqlite3.Row) -> StoredTool:
    return StoredTool(
        server_slug=row["server_slug"],
        server_name=row["server_name"],
        tool=tool_of(row),
        classification=answer_of(row["answer"]),
        digest=row["digest"],
        removed_at=row["removed_at"],
        first_seen_at=row["first_seen_at"],
        changed_at=row["changed_at"],
    )
