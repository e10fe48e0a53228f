"""Killing an ingest at any moment leaves a store that is whole and takes the same ingest again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from catalog.cli import labelling, main
from tests.plain_classifier import PlainClassifier

KILLS = 10
DUMPED = (
    "SELECT s.slug, t.name, d.digest, c.answer FROM tools t JOIN servers s ON s.id = t.server_id "
    "JOIN definitions d ON d.id = t.definition_id JOIN classifications c ON c.id = t.classification_id ORDER BY 1, 2"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")


def ingest_in_child(arguments: list[str], kill_after_s: float | None) -> bool:
    """Runs the command in a forked child and kills it after a while; whether it was killed before it ended."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(main(arguments))
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return os.WIFSIGNALED(status)


def content(store: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return connection.execute(DUMPED).fetchall()


def test_a_kill_at_any_moment_costs_nothing_that_was_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: PlainClassifier())
    references = []
    for server in "abc":
        path = tmp_path / f"{server}.json"
        path.write_text(json.dumps([{"name": f"get_{n}", "description": "x" * 200} for n in range(150)]))
        references.append(str(path))
    whole = tmp_path / "whole.db"
    assert not ingest_in_child(["--db", str(whole), "ingest", *references], None)
    start = time.perf_counter()
    assert not ingest_in_child(["--db", str(tmp_path / "timed.db"), "ingest", *references], None)
    duration_s = time.perf_counter() - start
    expected = content(whole)
    assert len(expected) == 450

    killed = 0
    for attempt in range(KILLS):
        store = tmp_path / f"killed-{attempt}.db"
        killed += ingest_in_child(["--db", str(store), "ingest", *references], duration_s * attempt / KILLS)
        if store.exists():
            with sqlite3.connect(store) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not ingest_in_child(["--db", str(store), "ingest", *references], None)
        assert content(store) == expected
    assert killed >= KILLS // 2
