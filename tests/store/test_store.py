"""The store: what is saved, what is left alone, and what a reader is told."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.errors import NothingFound, StoreError, UsageError
from catalog.records import Fact, Gap, Location, Server, Snapshot, Source, Tool
from catalog.store.connection import SUPPORTED_VERSION
from catalog.store.read import Filters, StoreReader
from catalog.store.schema import SCHEMA_VERSION
from catalog.store.write import StoreWriter
from classifier.records import Classification, Evidence

MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 1, 6, 12, tzinfo=UTC)

LIST_NOTES = Tool(
    "list_notes",
    description="List all notes",
    input_schema={"type": "object", "properties": {"limit": {"type": "integer"}}},
    location=Location("src/a.ts", 3),
    facts=(Fact("http", "GET notes.example", Location("src/a.ts", 9)),),
)
DELETE_NOTE = Tool("deleteNote", title="Delete a note", description="Delete a note for good", input_schema=None)


def label(tool: Tool, category: str = "Read", risk: str = "low", version: str = "v1") -> Classification:
    quote = (tool.description or "")[:4]
    evidence = (Evidence("description", quote, "rule", 0, len(quote)),)
    return Classification(
        "Notes", tool.name, category, risk, (), 0.9, False, "Because.", evidence, classifier_version=version
    )  # type: ignore[arg-type]


def snapshot(*tools: Tool, version: str = "1.0") -> Snapshot:
    server = Server("notes", "Notes", Source("npm", "npm:notes", version), version)
    return Snapshot(server, tools, (Gap("src/b.ts", 7, "computed name"),), 0.5)


def save(path: Path, snap: Snapshot, now: datetime = MONDAY, **labels: tuple[str, str]):
    answers = [label(t, *labels.get(t.name, ("Read", "low"))) for t in snap.tools]
    with StoreWriter(path) as store:
        return store.save(snap, answers, now)


def dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        return list(connection.iterdump())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.db"


def test_a_saved_tool_comes_back_whole(path: Path) -> None:
    saved = save(path, snapshot(LIST_NOTES, DELETE_NOTE), deleteNote=("Destructive", "critical"))
    assert saved.new == ("deleteNote", "list_notes")
    with StoreReader(path) as store:
        assert store.tool("notes", "list_notes").tool == LIST_NOTES
        stored = store.tool("notes", "deleteNote")
        assert stored.tool == DELETE_NOTE
        assert stored.classification == label(DELETE_NOTE, "Destructive", "critical")
        server = store.server("notes")
        assert server.server == snapshot().server
        assert server.risks == {"critical": 1, "high": 0, "medium": 0, "low": 1}
        assert (server.gap_count, server.completeness) == (1, 0.5)
        assert store.gaps("notes") == (Gap("src/b.ts", 7, "computed name"),)


def test_saving_the_same_twice_leaves_every_row_alone(path: Path) -> None:
    save(path, snapshot(LIST_NOTES, DELETE_NOTE))
    before = dump(path)
    assert save(path, snapshot(DELETE_NOTE, LIST_NOTES), TUESDAY).unchanged
    assert dump(path) == before


def test_a_changed_definition_keeps_the_old_one_as_history(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    louder = replace(LIST_NOTES, description="List and purge all notes")
    saved = save(path, snapshot(louder, version="1.1"), TUESDAY, list_notes=("Destructive", "critical"))
    assert saved.changed == ("list_notes",)
    with StoreReader(path) as store:
        first, second = store.history("notes", "list_notes")
        assert (first.tool.description, first.until_at) == ("List all notes", TUESDAY.isoformat())
        assert first.classification is not None
        assert first.classification.category == "Read"
        assert (second.tool.description, second.until_at, second.from_version) == (louder.description, None, "1.1")


def test_a_definition_that_returns_is_not_stored_twice(path: Path) -> None:
    louder = replace(LIST_NOTES, description="Other")
    for version, tool in (("1", LIST_NOTES), ("2", louder), ("3", LIST_NOTES)):
        save(path, snapshot(tool, version=version))
    with StoreReader(path) as store:
        assert [h.tool.description for h in store.history("notes", "list_notes")] == [
            "List all notes",
            "Other",
            "List all notes",
        ]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM definitions").fetchone() == (2,)


def test_a_vanished_tool_is_marked_and_may_come_back(path: Path) -> None:
    save(path, snapshot(LIST_NOTES, DELETE_NOTE))
    assert save(path, snapshot(LIST_NOTES, version="2"), TUESDAY).removed == ("deleteNote",)
    with StoreReader(path) as store:
        assert store.tool("notes", "deleteNote").removed_at == TUESDAY.isoformat()
        assert [t.tool.name for t in store.tools()] == ["list_notes"]
        assert store.server("notes").removed_count == 1
        assert store.search("delete") == []
    assert save(path, snapshot(LIST_NOTES, DELETE_NOTE, version="3"), TUESDAY).new == ("deleteNote",)
    with StoreReader(path) as store:
        assert store.tool("notes", "deleteNote").removed_at is None


def test_moved_lines_are_no_change_of_the_definition(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    moved = replace(LIST_NOTES, location=Location("src/a.ts", 40))
    saved = save(path, snapshot(moved), TUESDAY)
    assert (saved.changed, saved.unchanged) == ((), False)
    with StoreReader(path) as store:
        assert store.tool("notes", "list_notes").tool.location == Location("src/a.ts", 40)
        assert len(store.history("notes", "list_notes")) == 1


def test_a_new_answer_about_an_old_definition_is_a_relabelling(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    with StoreWriter(path) as store:
        saved = store.save(snapshot(LIST_NOTES), [label(LIST_NOTES, "Write", "medium", "v2")], TUESDAY)
        assert saved.relabelled == ("list_notes",)
        assert store.relabel("notes", [label(LIST_NOTES, "Write", "medium", "v2")], TUESDAY).unchanged
    with StoreReader(path) as reader:
        answer = reader.tool("notes", "list_notes").classification
        assert answer is not None
        assert answer.category == "Write"


def test_two_references_never_share_a_slug(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    other = Snapshot(Server("notes", "Notes", Source("pypi", "pypi:notes")), (DELETE_NOTE,))
    before = dump(path)
    with pytest.raises(UsageError, match=r"(?s)belongs to npm:notes.*--slug"):
        save(path, other)
    assert dump(path) == before


@pytest.mark.parametrize("words", ["delete", "note delete", "Delete a", "del", 'delete "', "deleteNote"])
def test_search_finds_words_inside_names_and_texts(path: Path, words: str) -> None:
    save(path, snapshot(LIST_NOTES, DELETE_NOTE))
    with StoreReader(path) as store:
        assert [t.tool.name for t in store.search(words)] == ["deleteNote"]


def test_search_without_a_word_finds_nothing(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    with StoreReader(path) as store:
        assert store.search(' "*( ') == []


def test_filters_narrow_by_label(path: Path) -> None:
    save(path, snapshot(LIST_NOTES, DELETE_NOTE), deleteNote=("Destructive", "critical"))
    with StoreReader(path) as store:
        assert [t.tool.name for t in store.tools(Filters(risk="critical"))] == ["deleteNote"]
        assert [t.tool.name for t in store.tools(Filters(category="Read", server="notes"))] == ["list_notes"]
        assert list(store.tools(Filters(capability="execute"))) == []
        assert store.search("note", Filters(risk="low"))[0].tool.name == "list_notes"


def test_stats_count_what_is_present(path: Path) -> None:
    save(path, snapshot(LIST_NOTES, DELETE_NOTE), deleteNote=("Destructive", "critical"))
    with StoreReader(path) as store:
        stats = store.stats()
    assert (stats["servers"], stats["tools"], stats["servers_with_gaps"]) == (1, 2, 1)
    assert stats["risks"] == {"critical": 1, "high": 0, "medium": 0, "low": 1}


def test_lone_surrogates_do_not_stop_a_snapshot(path: Path) -> None:
    save(path, snapshot(replace(LIST_NOTES, description="a\ud800b")))
    with StoreReader(path) as store:
        assert store.tool("notes", "list_notes").tool.description == "a\ufffdb"


def test_unknown_names_say_what_to_do(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    with StoreReader(path) as store:
        with pytest.raises(NothingFound, match="catalog list servers"):
            store.server("nope")
        with pytest.raises(NothingFound, match="catalog list tools --server notes"):
            store.tool("notes", "nope")


def test_a_missing_file_is_no_catalogue(path: Path) -> None:
    with pytest.raises(StoreError, match="no catalogue"):
        StoreReader(path)


@pytest.mark.parametrize("opener", [StoreReader, StoreWriter])
def test_other_files_are_refused_by_name(path: Path, opener: type[StoreReader | StoreWriter]) -> None:
    path.write_text("This is a text file, long enough to be read as a header of a database." * 20)
    with pytest.raises(StoreError, match="not a SQLite database"):
        opener(path)
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    with pytest.raises(StoreError, match="another program"):
        opener(path)
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SUPPORTED_VERSION + 1}")
    with pytest.raises(StoreError, match="newer catalog"):
        opener(path)


def test_reader_and_writer_agree_on_the_version() -> None:
    assert SUPPORTED_VERSION == SCHEMA_VERSION


def test_the_views_join_for_people_who_open_the_file(path: Path) -> None:
    save(path, snapshot(LIST_NOTES, DELETE_NOTE), deleteNote=("Destructive", "critical"))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT tool, risk FROM tool_risks ORDER BY tool").fetchall() == [
            ("deleteNote", "critical"),
            ("list_notes", "low"),
        ]
        assert connection.execute("SELECT server, tools, critical, gaps FROM server_risks").fetchall() == [
            ("notes", 2, 1, 1)
        ]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_changes_are_recorded_with_the_snapshot_that_brought_them(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    louder = replace(LIST_NOTES, description="List and purge all notes")
    saved = save(
        path,
        snapshot(louder, DELETE_NOTE, version="2"),
        TUESDAY,
        list_notes=("Destructive", "critical"),
        deleteNote=("Destructive", "critical"),
    )
    assert {(c.tool, c.kind, c.severity) for c in saved.changes} == {
        ("list_notes", "category_raised", "critical"),
        ("list_notes", "risk_raised", "critical"),
        ("list_notes", "description_changed", "info"),
        ("deleteNote", "tool_added", "high"),
    }
    with StoreReader(path) as store:
        recorded = list(store.changes(severity="high"))
        assert {c.change.tool for c in recorded} == {"list_notes", "deleteNote"}
        assert {(c.server_slug, c.version, c.at) for c in recorded} == {("notes", "2", TUESDAY.isoformat())}
        assert list(store.changes(since="2026-02-01")) == []
        assert [s.tool_count for s in store.snapshots("notes")] == [1, 2]
        first, second = store.snapshots("notes")
        assert store.states_at("notes", first.id)["list_notes"].tool == LIST_NOTES
        assert store.states_at("notes", second.id)["list_notes"].tool == louder


def test_the_first_snapshot_of_a_server_is_no_change(path: Path) -> None:
    assert save(path, snapshot(LIST_NOTES)).changes == ()


def test_what_only_a_newer_classifier_says_is_told_apart(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    with StoreWriter(path) as store:
        saved = store.relabel("notes", [label(LIST_NOTES, "Write", "medium", "v2")], TUESDAY)
    assert {c.cause for c in saved.changes} == {"classifier"}
    with StoreReader(path) as reader:
        assert list(reader.changes(cause="server")) == []
        assert len(list(reader.changes(cause="classifier"))) == 2


def test_a_file_of_an_older_version_is_upgraded_when_it_is_read(path: Path) -> None:
    save(path, snapshot(LIST_NOTES))
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "DROP VIEW recent_changes; DROP VIEW crawl_failures; DROP TABLE changes; DROP TABLE crawl_tasks;"
            "DELETE FROM _sqlite_migrations WHERE name IN ('create_changes', 'create_crawl_tasks');"
            "PRAGMA user_version = 1;"
        )
    with StoreReader(path) as store:
        assert [t.tool.name for t in store.tools()] == ["list_notes"]
        assert list(store.changes()) == []


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_reader_left_halfway_is_closed_in_silence(path: Path) -> None:
    save(path, snapshot(LIST_NOTES, DELETE_NOTE))
    with StoreReader(path) as store:
        rows = store.tools()
        next(rows)
    rows.close()  # raised StoreError while the generator closed its cursor after the connection
    assert list(rows) == []
