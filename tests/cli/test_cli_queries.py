"""The questions: risk, search, list, stats. Gaps show in every answer, and hostile text harms nobody."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.cli import labelling
from tests.cli.conftest import Run
from tests.plain_classifier import PlainClassifier

HOSTILE = "<script>alert(1)</script>\x1b]0;title\x07\x1b[2J\x9b31m\u202egpj.exe\u2066\u200b\U000e0041 end"
TOOLS = [
    {"name": "get_survey", "title": "Get", "description": "Get one survey", "annotations": {"readOnlyHint": True}},
    {"name": "delete_survey", "description": "Delete a survey"},
    {"name": "create_poll", "description": HOSTILE},
    {"name": "=HYPERLINK(1)", "description": "@SUM(1)"},
]


@pytest.fixture(autouse=True)
def stored(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_DB", str(tmp_path / "catalog.db"))
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: PlainClassifier())
    gaps = [{"path": "src/more.ts", "line": 9, "reason": "the name is computed"}]
    (tmp_path / "own-surveys.json").write_text(json.dumps({"tools": TOOLS, "gaps": gaps}))
    (tmp_path / "other.json").write_text(json.dumps([{"name": "delete_survey"}]))
    assert run("ingest", str(tmp_path / "own-surveys.json"), str(tmp_path / "other.json")).code == 0


def test_a_tool_shows_its_answer_evidence_policy_and_the_gaps_of_its_server(run: Run) -> None:
    out = run("risk", "own-surveys/delete_survey").out
    assert out.startswith("own-surveys/delete_survey  Destructive  critical\n")
    for part in ('name: "delete"', "The name begins with delete.", '"default": "deny"', "may have tools that are not"):
        assert part in out or "with 1 gap" in out


def test_a_tool_in_json_is_the_contracts_object(run: Run) -> None:
    answer = run("risk", "own-surveys/get_survey", "--json").json
    assert answer["server"] == "own-surveys"
    assert answer["evidence"] == [{"field": "name", "text": "get", "start": 0, "end": 3, "rule": "plain"}]
    assert answer["policy"]["default"] == "deny"
    assert answer["annotations"] == {"readOnlyHint": True}
    assert answer["completeness"] == {"share": None, "gaps": 1}


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_a_question_about_one_tool_loads_nothing_that_it_does_not_need(extra: list[str]) -> None:
    code = "import sys; from catalog.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    words = ["risk", "own-surveys/get_survey", *extra]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "get_survey" in done.stdout and {"sqlite3", "catalog.findings.find", "catalog.policy.recommend"} <= loaded
    assert not loaded & {"rich", "pydantic", "re2", "sqlite_utils", "hashlib", "csv", "numpy", "httpx", "yaml"}
    assert not loaded & {"catalog.changes", "catalog.store.write", "catalog.policy.parse", "catalog.policy.bounds"}


def test_a_name_on_two_servers_gives_both(run: Run) -> None:
    tools = run("risk", "delete_survey", "--json").json["tools"]
    assert [tool["server"] for tool in tools] == ["other", "own-surveys"]


@pytest.mark.parametrize("words", ["own-surveys", "own/surveys"])
def test_a_server_is_found_by_slug_and_by_reference(run: Run, words: str) -> None:
    answer = run("risk", words, "--json").json
    assert answer["server"]["slug"] == "own-surveys"
    assert answer["counts"]["critical"] == 1
    assert answer["tools"][0]["name"] == "delete_survey"
    assert answer["gaps"] == [{"path": "src/more.ts", "line": 9, "reason": "the name is computed"}]
    assert "src/more.ts:9" in run("risk", words).out


def test_what_is_not_stored_is_nothing_found_and_not_safe(run: Run) -> None:
    outcome = run("risk", "own-surveys/absent")
    assert outcome.code == 3
    outcome = run("risk", "delete_surveys")
    assert outcome.code == 3
    assert "says nothing about its risk" in outcome.err


def test_search_finds_by_words_and_filters(run: Run) -> None:
    assert [row["name"] for row in run("search", "one", "survey", "--json").json_lines] == ["get_survey"]
    assert [row["server"] for row in run("search", "delete", "--server", "other", "--json").json_lines] == ["other"]
    assert run("search", "survey", "--category", "read", "--json").json_lines[0]["name"] == "get_survey"
    assert run("search", "survey", "--risk", "medium").code == 3
    assert run("search", "survey", "--risk", "awful").code == 2


def test_lists_are_riskiest_first_and_name_the_gaps(run: Run) -> None:
    outcome = run("list", "tools", "--server", "own-surveys", "--json")
    assert [row["risk"] for row in outcome.json_lines] == ["critical", "medium", "low", "low"]
    assert "1 gap)" in outcome.err
    servers = {row["slug"]: row for row in run("list", "servers", "--json").json_lines}
    assert servers["own-surveys"]["gaps"] == 1
    assert servers["other"]["risks"]["critical"] == 1


def test_stats_count_everything(run: Run) -> None:
    counts = run("stats", "--json").json
    assert (counts["servers"], counts["tools"], counts["servers_with_gaps"]) == (2, 5, 1)
    assert "2 servers, 5 tools" in run("stats").out


@pytest.mark.parametrize(
    "command",
    [
        ("risk", "own-surveys"),
        ("risk", "create_poll"),
        ("list", "tools"),
        ("search", "end"),
        ("list", "tools", "--csv"),
    ],
)
def test_hostile_text_reaches_no_terminal(run: Run, command: tuple[str, ...]) -> None:
    out = run(*command).out
    assert "create_poll" in out
    for character in "\x1b\x07\x9b\u202e\u2066\u200b\U000e0041":
        assert character not in out


@pytest.mark.parametrize("command", [("risk", "own-surveys"), ("list", "tools"), ("risk", "create_poll")])
def test_hostile_text_is_harmless_in_colour_too(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    out = run(*command).out
    assert "\x1b[" in out
    for text in ("\x1b]0;", "\x1b[2J", "\x9b", "\u202e", "\u2066", "\u200b", "\U000e0041"):
        assert text not in out


def test_csv_cells_are_no_formulas(run: Run) -> None:
    rows = list(csv.reader(io.StringIO(run("list", "tools", "--csv").out)))
    assert len(rows) == 6
    cells = [cell for row in rows for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert "'@SUM(1)" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_json_carries_text_as_it_is_and_harms_no_terminal(run: Run) -> None:
    outcome = run("risk", "create_poll", "--json")
    assert outcome.json["description"] == HOSTILE
    assert not any(character in outcome.out for character in "\x1b\x07\x9b\u202e\u2066\u200b\U000e0041")


def test_the_database_option_works_on_both_sides_of_the_command(run: Run, tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.db")
    assert run("stats", "--db", absent).code == 5
    assert run("--db", absent, "stats").code == 5
    assert run("--db", absent, "stats", "--db", str(tmp_path / "catalog.db")).code == 0


def test_a_narrow_terminal_shows_names_whole_rather_than_descriptions(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    narrow = run("list", "tools", "--category", "Destructive").out
    assert "delete_survey" in narrow and "description" not in narrow
    monkeypatch.setenv("COLUMNS", "120")
    assert "description" in run("list", "tools", "--category", "Destructive").out


def test_a_terminal_too_narrow_for_a_table_gets_lines_with_nothing_cut(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "30")
    out = run("list", "tools", "--category", "Destructive").out
    assert "own-surveys" in out and "delete_survey" in out


def test_a_refused_write_is_no_bug_of_ours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("catalog.cli.output.write", full)
    outcome = run("list", "tools", "--csv")
    assert outcome.code == 1
    assert "No space left on device" in outcome.err and "bug" not in outcome.err
