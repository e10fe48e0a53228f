"""Saving snapshots. One transaction per server: a reader sees the whole of it or nothing."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlite_utils import Database

from catalog.changes import Change, State, compare, compare_servers
from catalog.errors import UsageError
from catalog.records import Server, Snapshot, Tool
from catalog.store.connection import check_version, store_errors
from catalog.store.digest import canonical_json, definition_digest, snapshot_digest
from catalog.store.rows import answer_of, server_of, tool_of
from catalog.store.schema import migrations
from classifier.records import Classification

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


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
            self._connection = sqlite3.connect(path, timeout=30.0)
            check_version(self._connection, path)
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self.db = Database(self._connection)
            self.db.enable_wal()
            migrations.apply(self.db)

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Holds the write lock from its start, so that two writers wait instead of failing."""
        with store_errors(self.path):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def save(self, snapshot: Snapshot, classifications: Sequence[Classification], now: datetime) -> Saved:
        """Stores a snapshot with one classification per tool, in the order of its tools.

        Saving what is stored already writes nothing. Raises UsageError when another reference holds the slug, and
        StoreError when the file cannot be written; in both cases nothing has changed.
        """
        snapshot = replace(snapshot, tools=tuple(replace(t, name=_text(t.name)) for t in snapshot.tools))
        labels = dict(zip((t.name for t in snapshot.tools), classifications, strict=True))
        at = now.isoformat(timespec="seconds")
        with self.transaction():
            server_id, current = self._server(snapshot.server, at)
            digest = snapshot_digest(snapshot)
            if current is not None and self._digest_of(current) == digest:
                return self._relabel(server_id, labels, at)
            before = self._states(server_id) if current is not None else None
            past = self._stored_server(server_id) if current is not None else snapshot.server
            saved = self._save_snapshot(server_id, snapshot, digest, labels, at)
            if before is None:
                return saved
            changes = (*compare_servers(past, snapshot.server), *compare(before, self._states(server_id)))
            self._record(server_id, saved.snapshot_id, changes, at)
            return replace(saved, changes=changes)

    def relabel(self, slug: str, classifications: Iterable[Classification], now: datetime) -> Saved:
        """Stores new answers about the present tools of a server; what they change has the cause `classifier`."""
        at = now.isoformat(timespec="seconds")
        with self.transaction():
            row = self._one("SELECT id FROM servers WHERE slug = ?", slug)
            return self._relabel(row[0], {c.name: c for c in classifications}, at) if row else Saved()

    def _relabel(self, server_id: int, labels: dict[str, Classification], at: str) -> Saved:
        before = self._states(server_id)
        written = self._label(server_id, labels, at)
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
        cursor = self._connection.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(sql, values).fetchall()

    def _record(self, server_id: int, snapshot_id: int | None, changes: Iterable[Change], at: str) -> None:
        for change in changes:
            row = {"server_id": server_id, "snapshot_id": snapshot_id, **change.to_json(), "at": at}
            self._insert("changes", {k: _text(v) if isinstance(v, str) else v for k, v in row.items()})

    def _one(self, sql: str, *values: Any) -> Any:
        return self._connection.execute(sql, values).fetchone()

    def _insert(self, table: str, row: dict[str, Any]) -> int:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        cursor = self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
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

    def _save_snapshot(
        self, server_id: int, snapshot: Snapshot, digest: str, labels: dict[str, Classification], at: str
    ) -> Saved:
        source = snapshot.server.source
        snapshot_id = self._insert(
            "snapshots",
            {
                "server_id": server_id, "version": snapshot.server.version, "ref": source.ref,
                "commit_sha": source.commit, "url": source.url, "completeness": snapshot.completeness,
                "digest": digest, "taken_at": at,
            },
        )  # fmt: skip
        self._connection.executemany(
            "INSERT INTO gaps (snapshot_id, path, line, reason) VALUES (?, ?, ?, ?)",
            [(snapshot_id, _text(g.path), g.line, _text(g.reason)) for g in snapshot.gaps],
        )
        stored = {
            name: (tool_id, definition, removed)
            for tool_id, name, definition, removed in self._connection.execute(
                "SELECT id, name, definition_id, removed_at FROM tools WHERE server_id = ?", (server_id,)
            )
        }
        new, changed = [], []
        for tool in sorted(snapshot.tools, key=lambda t: t.name):
            before = stored.pop(tool.name, None)
            tool_id = before[0] if before else self._insert_tool(server_id, tool.name, at)
            definition_id = self._definition(tool_id, tool)
            if before is None or before[2] is not None:
                new.append(tool.name)
            elif before[1] != definition_id:
                changed.append(tool.name)
                self._end_history(tool_id, snapshot_id)
            if before is None or before[2] is not None or before[1] != definition_id:
                self._begin(tool_id, definition_id, snapshot_id, tool, at)
            self._place(tool_id, tool)
        removed = self._remove(stored, snapshot_id, at)
        row = {**_server_row(snapshot.server), "snapshot_id": snapshot_id}
        if new or changed or removed:
            row["changed_at"] = at
        self._update("servers", server_id, row)
        relabelled = self._label(server_id, labels, at)
        known = sorted(set(relabelled) - set(new) - set(changed))
        return Saved(tuple(new), tuple(changed), tuple(removed), tuple(known), snapshot_id)

    def _update(self, table: str, row_id: int, row: dict[str, Any]) -> None:
        assignments = ", ".join(f"{name} = ?" for name in row)
        self._connection.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*row.values(), row_id))

    def _insert_tool(self, server_id: int, name: str, at: str) -> int:
        return self._insert("tools", {"server_id": server_id, "name": name, "first_seen_at": at, "changed_at": at})

    def _definition(self, tool_id: int, tool: Tool) -> int:
        digest = definition_digest(tool)
        row = self._one("SELECT id FROM definitions WHERE tool_id = ? AND digest = ?", tool_id, digest)
        if row:
            return int(row[0])
        return self._insert(
            "definitions",
            {
                "tool_id": tool_id, "digest": digest, "title": _storable(tool.title),
                "description": _storable(tool.description),
                "input_schema": None if tool.input_schema is None else json.dumps(tool.input_schema),
                "annotations": json.dumps(dict(tool.annotations)),
            },
        )  # fmt: skip

    def _begin(self, tool_id: int, definition_id: int, snapshot_id: int, tool: Tool, at: str) -> None:
        self._insert("history", {"tool_id": tool_id, "definition_id": definition_id, "from_snapshot_id": snapshot_id})
        self._update(
            "tools",
            tool_id,
            {"definition_id": definition_id, "classification_id": None, "removed_at": None, "changed_at": at},
        )
        self._connection.execute("DELETE FROM tools_fts WHERE rowid = ?", (tool_id,))
        self._insert(
            "tools_fts",
            {
                "rowid": tool_id, "name": tool.name, "words": " ".join(_WORD.findall(tool.name)),
                "title": _storable(tool.title) or "", "description": _storable(tool.description) or "",
            },
        )  # fmt: skip

    def _end_history(self, tool_id: int, snapshot_id: int) -> None:
        self._connection.execute(
            "UPDATE history SET until_snapshot_id = ? WHERE tool_id = ? AND until_snapshot_id IS NULL",
            (snapshot_id, tool_id),
        )

    def _place(self, tool_id: int, tool: Tool) -> None:
        self._update(
            "tools",
            tool_id,
            {
                "path": _text(tool.location.path) if tool.location else None,
                "line": tool.location.line if tool.location else None,
                "extractor": tool.extractor,
                "conditional": _storable(tool.conditional),
                "handler_path": _text(tool.handler.path) if tool.handler else None,
                "handler_line": tool.handler.line if tool.handler else None,
                "facts": json.dumps([f.to_json() for f in tool.facts]),
            },
        )

    def _remove(self, gone: dict[str, tuple[int, int, str | None]], snapshot_id: int, at: str) -> list[str]:
        names = sorted(name for name, (_, _, removed) in gone.items() if removed is None)
        for name in names:
            tool_id = gone[name][0]
            self._end_history(tool_id, snapshot_id)
            self._update("tools", tool_id, {"removed_at": at, "changed_at": at})
            self._connection.execute("DELETE FROM tools_fts WHERE rowid = ?", (tool_id,))
        return names

    def _label(self, server_id: int, labels: dict[str, Classification], at: str) -> tuple[str, ...]:
        """Writes the answers that are new; an answer equal to the stored one is left alone."""
        written = []
        rows = self._connection.execute(
            "SELECT t.id, t.name, t.definition_id, t.classification_id, c.answer FROM tools t"
            " LEFT JOIN classifications c ON c.id = t.classification_id"
            " WHERE t.server_id = ? AND t.removed_at IS NULL ORDER BY t.name",
            (server_id,),
        ).fetchall()
        for tool_id, name, definition_id, _, answer in rows:
            label = labels.get(name)
            if label is None or canonical_json(label.to_json()) == answer:
                continue
            classification_id = self._classification(definition_id, label, at)
            self._update("tools", tool_id, {"classification_id": classification_id})
            written.append(name)
        return tuple(written)

    def _classification(self, definition_id: int, label: Classification, at: str) -> int:
        row = {
            "definition_id": definition_id, "classifier_version": label.classifier_version,
            "category": label.category, "risk": label.risk, "capabilities": json.dumps(list(label.capabilities)),
            "confidence": label.confidence, "needs_review": int(label.needs_review), "reason": _text(label.reason),
            "answer": canonical_json(label.to_json()), "made_at": at,
        }  # fmt: skip
        stored = self._one(
            "SELECT id FROM classifications WHERE definition_id = ? AND classifier_version = ?",
            definition_id,
            label.classifier_version,
        )
        if stored is None:
            return self._insert("classifications", row)
        self._update("classifications", stored[0], row)
        return int(stored[0])


def _server_row(server: Server) -> dict[str, Any]:
    return {
        "slug": server.slug, "name": _text(server.name), "source_kind": server.source.kind,
        "reference": server.source.reference, "description": _storable(server.description),
        "license": _storable(server.license), "homepage": _storable(server.homepage),
    }  # fmt: skip


def _storable(text: str | None) -> str | None:
    """The text, if any, without lone surrogates, which SQLite cannot hold; they become the replacement character."""
    return None if text is None else _text(text)


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
