"""Rows made in one process and written in another: the same store, whatever the text and however many at a time."""

from __future__ import annotations

import hashlib
import json
import pickle
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.records import Gap, Server, Snapshot, Source, Tool
from catalog.store.digest import snapshot_digest
from catalog.store.prepared import prepare
from catalog.store.write import StoreWriter
from tests.plain_classifier import PlainClassifier

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
TUESDAY = datetime(2026, 1, 6, tzinfo=UTC)


def snapshot(name: str, *tools: str, version: str = "1") -> Snapshot:
    made = tuple(Tool(t, description=f"{t} of {name}", input_schema={"type": "object"}) for t in tools)
    return Snapshot(Server(name, name, Source("npm", f"npm:{name}"), version), made, (Gap("a.js", 3, "unclear"),), 0.5)


def prepared(state: Snapshot) -> Any:
    labels = PlainClassifier().classify([t.definition("x") for t in state.tools])
    return pickle.loads(pickle.dumps(prepare(state, labels)))


STATES = (
    [snapshot(f"s{n}", "list_a", "delete_b", "get_c") for n in range(4)],
    [snapshot("s0", "list_a", "delete_b", "get_c"), snapshot("s1", "get_c"), snapshot("s2", "list_a", "send_d")],
    [snapshot("s1", "list_a", "get_c", version="2"), snapshot("s2", "list_a", "delete_b", "get_c")],
)


def test_many_servers_in_one_transaction_are_as_one_after_another(tmp_path: Path) -> None:
    with StoreWriter(tmp_path / "single.db") as store:
        for day, states in enumerate(STATES):
            for state in states:
                store.save_prepared(prepared(state), datetime(2026, 1, 5 + day, tzinfo=UTC))
    with StoreWriter(tmp_path / "together.db") as store:
        for day, states in enumerate(STATES):
            with store.transaction():
                for state in states:
                    store.save_prepared(prepared(state), datetime(2026, 1, 5 + day, tzinfo=UTC))
    tables = ("servers", "tools", "definitions", "history", "classifications", "changes", "gaps", "snapshots")
    with sqlite3.connect(tmp_path / "single.db") as one, sqlite3.connect(tmp_path / "together.db") as other:
        for table in tables:
            rows = one.execute(f"SELECT * FROM {table}").fetchall()
            assert rows
            assert rows == other.execute(f"SELECT * FROM {table}").fetchall()


def test_a_tool_that_comes_back_has_its_label_and_is_found_again(tmp_path: Path) -> None:
    with StoreWriter(tmp_path / "c.db") as store:
        store.save_prepared(prepared(snapshot("s", "list_a", "delete_b")), MONDAY)
        store.save_prepared(prepared(snapshot("s", "list_a")), TUESDAY)
        saved = store.save_prepared(prepared(snapshot("s", "list_a", "delete_b")), TUESDAY)
        assert saved.new == ("delete_b",)
        row = store.connection.execute(
            "SELECT c.category FROM tools t JOIN classifications c ON c.id = t.classification_id"
            " JOIN tools_fts f ON f.rowid = t.id WHERE t.name = 'delete_b' AND t.removed_at IS NULL"
        ).fetchall()
    assert row == [("Destructive",)]


def test_text_that_sqlite_cannot_hold_is_replaced_and_a_name_stands_once(tmp_path: Path) -> None:
    broken = "list_\ud800"
    tools = (Tool(broken, description=broken), Tool("list_\ud801"))
    server = Server("s", "s\ud800", Source("npm", "npm:s"), "1\udfff", license="\ud800")
    with StoreWriter(tmp_path / "c.db") as store:
        saved = store.save_prepared(prepared(Snapshot(server, tools)), MONDAY)
    assert saved.new == ("list_\ufffd",)


def test_the_digest_of_a_snapshot_is_that_of_its_json_with_sorted_lists() -> None:
    state = snapshot("s", "list_b", "list_a", "delete_ü")
    said = state.to_json()
    for key in ("tools", "gaps"):
        said[key].sort(key=lambda v: json.dumps(v, sort_keys=True, separators=(",", ":")))
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert snapshot_digest(state) == hashlib.sha256(text.encode()).hexdigest()
