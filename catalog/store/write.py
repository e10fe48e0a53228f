"""Saving snapshots. One transaction per server: a reader sees the whole of it or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from catalog.changes import Change, State, compare, compare_servers
from catalog.errors import UsageError
from catalog.records import Server, Snapshot
from catalog.store.connection import SUPPORTED_VERSION, check_version, migrate, store_errors
from catalog.store.prepared import LabelRow, Prepared, label_rows, prepare, storable
from catalog.store.rows import answer_of, server_of, tool_of
from catalog.store.tools import save_labels, save_tools
from classifier.records import Classification


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving a snapshot changed: names of tools, in name order. `relabelled` had the same definition before."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    relabelled: tuple[str, ...] = ()
    snapshot_id: int | None = None
    changes: tuple[Change, ...] = ()

    @property
    def unchanged(self) -> bool:
        """Whether not one row of the file was touched."""
        return self.snapshot_id is None and not self.relabelled


class StoreWriter:
    """The store, open for writing. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with store_errors(path):
            self.connection = sqlite3.connect(path, timeout=30.0, isolation_level=None)
            version = check_version(self.connection, path)
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.execute("PRAGMA journal_mode = WAL")
            if version < SUPPORTED_VERSION:
                migrate(self.connection)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Holds the write lock from its start, so that two writers wait instead of failing.

        Inside another one it is a part of that. Parts are no savepoints: the search index would be flushed at each,
        which costs more than the rows; what may fail is checked before a part writes.
        """
        with store_errors(self.path):
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.rollback()
                raise
            self.connection.commit()

    def save(self, snapshot: Snapshot, classifications: Sequence[Classification], now: datetime) -> Saved:
        """Stores a snapshot with one classification per tool, in the order of its tools.

        Saving what is stored already writes nothing. Raises UsageError when another reference holds the slug, and
        StoreError when the file cannot be written; in both cases nothing has changed.
        """
        return self.save_prepared(prepare(snapshot, classifications), now)

    def save_prepared(self, prepared: Prepared, now: datetime) -> Saved:
        """The same for a snapshot whose rows were made before, in this process or another."""
        at = now.isoformat(timespec="seconds")
        with self.transaction():
            server_id, current = self._server(prepared.server, at)
            if current is not None and self._digest_of(current) == prepared.digest:
                return self._relabel(server_id, {t.name: t.label for t in prepared.tools}, at)
            before = self._states(server_id) if current is not None else None
            past = self._stored_server(server_id) if current is not None else prepared.server
            saved = self._save_snapshot(server_id, prepared, at, is_known=before is not None)
            if before is None:
                return saved
            changes = (*compare_servers(past, prepared.server), *compare(before, self._states(server_id)))
            self._record(server_id, saved.snapshot_id, changes, at)
            return replace(saved, changes=changes)

    def relabel(self, slug: str, classifications: Iterable[Classification], now: datetime) -> Saved:
        """Stores new answers about the present tools of a server; what they change has the cause `classifier`."""
        at = now.isoformat(timespec="seconds")
        with self.transaction():
            row = self._one("SELECT id FROM servers WHERE slug = ?", slug)
            return self._relabel(row[0], label_rows(classifications), at) if row else Saved()

    def _relabel(self, server_id: int, labels: Mapping[str, LabelRow], at: str) -> Saved:
        before = self._states(server_id)
        written = save_labels(self.connection, server_id, labels, at)
        if not written:
            return Saved()
        changes = compare(before, self._states(server_id))
        self._record(server_id, None, changes, at)
        return Saved(relabelled=written, changes=changes)

    def _states(self, server_id: int) -> dict[str, State]:
        """The present tools of a server with their answers."""
        sql = """
            SELECT t.*, d.title, d.description, d.input_schema, d.annotations, c.answer FROM tools t
            JOIN definitions d ON d.id = t.definition_id LEFT JOIN classifications c ON c.id = t.classification_id
            WHERE t.server_id = ? AND t.removed_at IS NULL
        """
        return {row["name"]: State(tool_of(row), answer_of(row["answer"])) for row in self._named(sql, server_id)}

    def _stored_server(self, server_id: int) -> Server:
        sql = """
            SELECT s.*, n.version, n.ref, n.commit_sha, n.url FROM servers s
            LEFT JOIN snapshots n ON n.id = s.snapshot_id
            WHERE s.id = ?
        """
        return server_of(self._named(sql, server_id)[0])

    def _named(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        cursor = self.connection.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(sql, values).fetchall()

    def _record(self, server_id: int, snapshot_id: int | None, changes: Iterable[Change], at: str) -> None:
        for change in changes:
            row = {"server_id": server_id, "snapshot_id": snapshot_id, **change.to_json(), "at": at}
            self._insert("changes", {k: storable(v) if isinstance(v, str) else v for k, v in row.items()})

    def _one(self, sql: str, *values: Any) -> Any:
        return self.connection.execute(sql, values).fetchone()

    def _insert(self, table: str, row: dict[str, Any]) -> int:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        cursor = self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
        return int(cursor.lastrowid or 0)

    def _server(self, server: Server, at: str) -> tuple[int, int | None]:
        row = self._one("SELECT id, snapshot_id, source_kind, reference FROM servers WHERE slug = ?", server.slug)
        if row is None:
            return self._insert("servers", {**_server_row(server), "first_seen_at": at, "changed_at": at}), None
        if (row[2], row[3]) != (server.source.kind, server.source.reference):
            raise UsageError(
                f"The slug {server.slug} belongs to {row[3]}; {server.source.reference} would overwrite it.",
                f"Give this one another name: catalog ingest --slug {server.slug}-2 {server.source.reference}",
            )
        return row[0], row[1]

    def _digest_of(self, snapshot_id: int) -> str:
        return str(self._one("SELECT digest FROM snapshots WHERE id = ?", snapshot_id)[0])

    def _save_snapshot(self, server_id: int, prepared: Prepared, at: str, is_known: bool) -> Saved:
        server, source = prepared.server, prepared.server.source
        snapshot_id = self._insert(
            "snapshots",
            {
                "server_id": server_id, "version": server.version, "ref": source.ref, "commit_sha": source.commit,
                "url": source.url, "completeness": prepared.completeness, "digest": prepared.digest, "taken_at": at,
            },
        )  # fmt: skip
        self.connection.executemany(
            "INSERT INTO gaps (snapshot_id, path, line, reason) VALUES (?, ?, ?, ?)",
            [(snapshot_id, *gap) for gap in prepared.gaps],
        )
        tools = save_tools(self.connection, server_id, snapshot_id, prepared.tools, at)
        row = {**_server_row(server), "snapshot_id": snapshot_id}
        if tools.new or tools.changed or tools.removed:
            row["changed_at"] = at
        self._update("servers", server_id, row)
        labels = {t.name: t.label for t in prepared.tools} if is_known else {}
        relabelled = save_labels(self.connection, server_id, labels, at) if labels else ()
        known = sorted(set(relabelled) - set(tools.new) - set(tools.changed))
        return Saved(tuple(tools.new), tuple(tools.changed), tuple(tools.removed), tuple(known), snapshot_id)

    def _update(self, table: str, row_id: int, row: dict[str, Any]) -> None:
        assignments = ", ".join(f"{name} = ?" for name in row)
        self.connection.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*row.values(), row_id))


def _server_row(server: Server) -> dict[str, Any]:
    return {
        "slug": server.slug, "name": server.name, "source_kind": server.source.kind,
        "reference": server.source.reference, "description": server.description,
        "license": server.license, "homepage": server.homepage,
    }  # fmt: skip
