"""The rows of one server's tools: planned as a whole against what is stored, then written table by table."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.store.prepared import LabelRow, ToolRow

_PLACE = "path, line, extractor, conditional, handler_path, handler_line, facts"
_LABEL = "classifier_version, category, risk, capabilities, confidence, needs_review, reason, answer"
_INSERTS = {
    "tools": f"(id, server_id, name, {_PLACE}, first_seen_at, changed_at)",
    "definitions": "(id, tool_id, digest, title, description, input_schema, annotations)",
    "history": "(tool_id, definition_id, from_snapshot_id)",
    "classifications": f"(id, definition_id, {_LABEL}, made_at)",
    "tools_fts": "(rowid, name, words, title, description)",
}


@dataclass(slots=True)
class ToolChanges:
    """Names of tools, in name order, whose definition is new, changed or gone."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def save_tools(
    connection: sqlite3.Connection, server_id: int, snapshot_id: int, tools: Sequence[ToolRow], at: str
) -> ToolChanges:
    """Writes the tools of a snapshot and ends those that are not in it. Call inside a transaction.

    Answers about definitions that were stored before are left as they are: `save_labels` is for them.
    """
    plan = _Plan(connection, server_id, snapshot_id, at)
    for tool in tools:
        plan.take(tool)
    plan.end_the_rest()
    plan.write()
    return plan.changes


def save_labels(
    connection: sqlite3.Connection, server_id: int, labels: Mapping[str, LabelRow], at: str
) -> tuple[str, ...]:
    """Writes the answers that are new, and gives the names of their tools; one equal to the stored is left alone."""
    written = []
    rows = connection.execute(
        "SELECT t.id, t.name, t.definition_id, c.answer FROM tools t"
        " LEFT JOIN classifications c ON c.id = t.classification_id"
        " WHERE t.server_id = ? AND t.removed_at IS NULL ORDER BY t.name",
        (server_id,),
    ).fetchall()
    for tool_id, name, definition_id, answer in rows:
        label = labels.get(name)
        if label is None or label.answer == answer:
            continue
        classification_id = _save_label(connection, definition_id, label, at)
        connection.execute("UPDATE tools SET classification_id = ? WHERE id = ?", (classification_id, tool_id))
        written.append(name)
    return tuple(written)


def _save_label(connection: sqlite3.Connection, definition_id: int, label: LabelRow, at: str) -> int:
    marks = ", ".join("?" * (len(label) + 2))
    row = connection.execute(
        f"INSERT INTO classifications (definition_id, {_LABEL}, made_at) VALUES ({marks})"
        " ON CONFLICT (definition_id, classifier_version) DO UPDATE SET category = excluded.category,"
        " risk = excluded.risk, capabilities = excluded.capabilities, confidence = excluded.confidence,"
        " needs_review = excluded.needs_review, reason = excluded.reason, answer = excluded.answer,"
        " made_at = excluded.made_at RETURNING id",
        (definition_id, *label, at),
    ).fetchone()
    return int(row[0])


class _Plan:
    """What has to be written, collected first: whole tables of rows cost a fraction of as many single statements."""

    def __init__(self, connection: sqlite3.Connection, server_id: int, snapshot_id: int, at: str) -> None:
        self._connection, self._server_id, self._snapshot_id, self._at = connection, server_id, snapshot_id, at
        self.changes = ToolChanges()
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERTS}
        self._places: list[tuple[Any, ...]] = []
        self._begun: list[tuple[Any, ...]] = []  # the definitions that tools have from now on
        self._ended: list[tuple[int, int]] = []  # (snapshot, tool) whose definition ends
        self._gone: list[tuple[Any, ...]] = []
        self._unsearched: list[tuple[int]] = []
        # The write lock is held: nobody else takes these numbers.
        self._next = {
            table: int(connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])
            for table in ("tools", "definitions", "classifications")
        }
        known = "SELECT id, name, definition_id, removed_at FROM tools WHERE server_id = ?"
        self._stored = {row[1]: row for row in connection.execute(known, (server_id,))}
        held = "SELECT d.tool_id, d.digest, d.id FROM tools t JOIN definitions d ON d.tool_id = t.id"
        sql = f"{held} WHERE t.server_id = ?"
        self._definitions = (
            {(row[0], row[1]): int(row[2]) for row in connection.execute(sql, (server_id,))} if self._stored else {}
        )

    def take(self, tool: ToolRow) -> None:
        before = self._stored.pop(tool.name, None)
        tool_id = int(before[0]) if before else self._number("tools")
        definition_id = self._definitions.get((tool_id, tool.definition.digest))
        label_id = None
        if definition_id is None:
            definition_id = self._number("definitions")
            label_id = self._number("classifications")
            self._rows["definitions"].append((definition_id, tool_id, *tool.definition))
            self._rows["classifications"].append((label_id, definition_id, *tool.label, self._at))
        if before is None:
            row = (tool_id, self._server_id, tool.name, *tool.place, self._at, self._at)
            self._rows["tools"].append(row)
        else:
            self._places.append((*tool.place, tool_id))
            if before[3] is None and before[2] == definition_id:
                return
        if before is None or before[3] is not None:
            self.changes.new.append(tool.name)
        else:
            self.changes.changed.append(tool.name)
            self._ended.append((self._snapshot_id, tool_id))
            self._unsearched.append((tool_id,))
        self._begin(tool_id, definition_id, label_id, tool)

    def end_the_rest(self) -> None:
        """The stored tools that were not taken are gone."""
        for name, (tool_id, _, _, removed_at) in sorted(self._stored.items()):
            if removed_at is None:
                self.changes.removed.append(name)
                self._ended.append((self._snapshot_id, tool_id))
                self._gone.append((self._at, self._at, tool_id))
                self._unsearched.append((tool_id,))

    def write(self) -> None:
        # History ends before it begins anew; a search entry goes before its successor comes.
        self._many(
            "UPDATE history SET until_snapshot_id = ? WHERE tool_id = ? AND until_snapshot_id IS NULL", self._ended
        )
        self._many("DELETE FROM tools_fts WHERE rowid = ?", self._unsearched)
        for table, columns in _INSERTS.items():
            rows = self._rows[table]
            marks = ", ".join("?" * len(rows[0])) if rows else ""
            self._many(f"INSERT INTO {table} {columns} VALUES ({marks})", rows)
        assigned = ", ".join(f"{column} = ?" for column in _PLACE.split(", "))
        self._many(f"UPDATE tools SET {assigned} WHERE id = ?", self._places)
        begun = (
            "UPDATE tools SET definition_id = ?, classification_id = ?, removed_at = NULL, changed_at = ? WHERE id = ?"
        )
        self._many(begun, self._begun)
        self._many("UPDATE tools SET removed_at = ?, changed_at = ? WHERE id = ?", self._gone)

    def _begin(self, tool_id: int, definition_id: int, label_id: int | None, tool: ToolRow) -> None:
        # Tools name their definition last: named before it is there, SQLite would look for them in the whole table.
        self._begun.append((definition_id, label_id, self._at, tool_id))
        self._rows["history"].append((tool_id, definition_id, self._snapshot_id))
        title, description = tool.definition.title or "", tool.definition.description or ""
        self._rows["tools_fts"].append((tool_id, tool.name, tool.words, title, description))

    def _number(self, table: str) -> int:
        self._next[table] += 1
        return self._next[table] - 1

    def _many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            self._connection.executemany(sql, rows)
