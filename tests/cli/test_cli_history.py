"""`catalog changes`, `diff`, `lock`, `verify`, `export`, `classify --stored`: what changed, pinned and carried away."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from catalog.cli import labelling
from tests.cli.conftest import Run
from tests.plain_classifier import PlainClassifier


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATALOG_DB", str(tmp_path / "catalog.db"))
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: PlainClassifier())
    return tmp_path / "catalog.db"


def write(path: Path, *tools: str) -> str:
    path.write_text(json.dumps([{"name": tool, "description": f"About {tool}"} for tool in tools]))
    return str(path)


@pytest.fixture
def changed(tmp_path: Path, run: Run) -> str:
    """The slug of a server in whose second version a delete appeared."""
    source = tmp_path / "notes.json"
    run("ingest", write(source, "list_notes"))
    run("lock", "notes", "-o", str(tmp_path / "lock.json"))
    run("ingest", write(source, "list_notes", "delete_note"))
    return "notes"


def test_a_delete_that_appears_is_a_change_of_high_severity(run: Run, changed: str) -> None:
    (change,) = run("changes", "--severity", "high", "--json").json_lines
    assert (change["server"], change["tool"], change["kind"]) == ("notes", "delete_note", "tool_added")
    assert "delete_note" in run("changes").out


def test_it_is_in_both_feeds(run: Run, changed: str) -> None:
    assert json.loads(run("changes", "--feed", "json").out)["items"][0]["_change"]["severity"] == "high"
    assert "delete_note" in ET.tostring(ET.fromstring(run("changes", "--feed", "atom").out), encoding="unicode")


def test_it_fails_verification_against_store_and_source(run: Run, changed: str, tmp_path: Path) -> None:
    for arguments in (["--stored"], []):
        outcome = run("verify", str(tmp_path / "lock.json"), "--fail-on", "high", *arguments)
        assert outcome.code == 10
        assert "delete_note" in outcome.out
    assert run("verify", str(tmp_path / "lock.json"), "--fail-on", "critical").code == 0


def test_a_server_as_locked_passes(run: Run, tmp_path: Path) -> None:
    run("ingest", write(tmp_path / "notes.json", "list_notes"))
    run("lock", "notes", "-o", str(tmp_path / "lock.json"))
    outcome = run("verify", str(tmp_path / "lock.json"))
    assert (outcome.code, outcome.out) == (0, "notes: as locked\n")


def test_a_locked_server_that_cannot_be_read_is_no_pass(run: Run, changed: str, tmp_path: Path) -> None:
    (tmp_path / "notes.json").unlink()
    outcome = run("verify", str(tmp_path / "lock.json"))
    assert outcome.code == 4
    assert "does not exist" in outcome.err


def test_diff_compares_the_last_two_snapshots_or_those_named(run: Run, changed: str) -> None:
    assert [c["kind"] for c in run("diff", "notes", "--json").json["changes"]] == ["tool_added"]
    assert [c["kind"] for c in run("diff", "notes", "2", "1", "--json").json["changes"]] == ["tool_removed"]
    outcome = run("diff", "notes", "7")
    assert outcome.code == 3
    assert "Stored: 1" in outcome.err


def test_an_unknown_server_has_no_diff_and_no_lock(run: Run, changed: str, tmp_path: Path) -> None:
    assert run("diff", "nope").code == 3
    assert run("lock", "nope", "-o", str(tmp_path / "x")).code == 3


def test_the_export_has_a_row_per_tool(run: Run, changed: str, tmp_path: Path) -> None:
    rows = run("export").json_lines
    assert {r["name"]: r["risk"] for r in rows} == {"list_notes": "low", "delete_note": "critical"}
    table = list(csv.DictReader(io.StringIO(run("export", "--format", "csv").out)))
    assert [r["name"] for r in table] == [r["name"] for r in rows]
    assert set(table[0]) == set(rows[0])


def test_parquet_holds_the_same_rows(run: Run, changed: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    import pandas

    assert run("export", "-o", str(tmp_path / "t.parquet")).code == 0
    frame = pandas.read_parquet(tmp_path / "t.parquet")
    assert sorted(frame["name"]) == ["delete_note", "list_notes"]


def test_labelling_the_store_anew_is_told_apart_from_changes_of_servers(
    run: Run, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stricter(PlainClassifier):
        version = "plain-2"

    monkeypatch.setattr("tests.plain_classifier._CATEGORIES", (("list", "Write"), ("delete", "Destructive")))
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: Stricter())
    (line,) = run("classify", "--stored").json_lines
    assert line["moved"] == ["list_notes"]
    found = run("changes", "--cause", "classifier", "--json").json_lines
    assert {c["tool"] for c in found} == {"list_notes"}


def test_classify_wants_a_file_or_the_store(run: Run) -> None:
    assert run("classify").code == 2
    assert run("classify", "-", "--stored").code == 2
