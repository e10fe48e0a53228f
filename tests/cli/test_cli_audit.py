"""`catalog audit` shows, edits and gates; what it prints agrees with what it writes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SERVER = '''from mcp.server.fastmcp import FastMCP

mcp = FastMCP("notes")


@mcp.tool()
def list_notes(tag: str = "") -> list[str]:
    """List the notes with a tag."""
    return []


@mcp.tool()
def delete_note(note_id: str) -> None:
    """Permanently delete a note. This cannot be undone."""


@mcp.tool(annotations={"readOnlyHint": True})
def create_note(text: str) -> str:
    """Create a new note."""
    return text
'''


@pytest.fixture
def server(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "server.py").write_text(SERVER)
    return folder


def test_json_has_each_tool_with_each_hint_and_why(run: Run, server: Path) -> None:
    outcome = run("audit", str(server), "--json")
    assert outcome.code == 0
    assert outcome.json["counts"] == {
        "tools": 3, "wrong": 1, "missing": 2, "over-broad": 0, "undecided": 0, "ok": 0,
    }  # fmt: skip
    tools = {t["name"]: t for t in outcome.json["tools"]}
    assert tools["create_note"]["status"] == "wrong"
    assert tools["delete_note"]["category"] == "Destructive"
    hint = tools["list_notes"]["hints"][0]
    assert hint.keys() == {"hint", "declared", "default", "follows", "status", "confidence", "why"}
    assert (hint["hint"], hint["declared"], hint["default"], hint["follows"]) == ("readOnlyHint", None, False, True)
    assert tools["list_notes"]["location"] == {"path": "server.py", "line": 6}


def test_the_table_names_the_worst_first(run: Run, server: Path) -> None:
    lines = run("audit", str(server)).out.splitlines()
    assert lines[0].split()[:2] == ["status", "tool"]
    assert lines[1].split()[:2] == ["wrong", "create_note"]
    assert "readOnlyHint: false (is true)" in lines[1]


def test_the_next_step_is_named_where_there_is_one(run: Run, server: Path) -> None:
    assert "--patch shows the edits" in run("audit", str(server)).err
    assert "--patch shows" not in run("audit", str(server), "--patch").err
    run("audit", str(server), "--write")
    assert "--patch shows" not in run("audit", str(server)).err


def test_markdown_escapes_what_a_server_says(run: Run, tmp_path: Path) -> None:
    tool = {"name": "get|<b>x</b>@octocat", "description": "Get a thing", "inputSchema": {}}
    (tmp_path / "tools.json").write_text(json.dumps([tool]))
    outcome = run("audit", str(tmp_path / "tools.json"), "--markdown")
    row = next(line for line in outcome.out.splitlines() if "octocat" in line)
    assert "<b>" not in row
    assert "@octocat" not in row
    assert row.replace("\\|", "").count("|") == 5


def test_git_applies_the_patch_and_the_audit_is_content(run: Run, server: Path) -> None:
    patch = run("audit", str(server), "--patch")
    assert (server / "server.py").read_text() == SERVER
    subprocess.run(["git", "init", "-q"], cwd=server, check=True)
    subprocess.run(["git", "apply", "-"], cwd=server, input=patch.out.encode(), check=True)
    assert run("audit", str(server), "--json").json["counts"]["ok"] == 3


def test_write_gives_what_patch_shows_and_says_what_it_did(run: Run, server: Path) -> None:
    patch = run("audit", str(server), "--patch").out
    outcome = run("audit", str(server), "--write", "--fail-on", "wrong,missing")
    assert outcome.code == 0  # nothing is left to fail on
    assert "edited 3 tools in 1 file" in outcome.err
    added = [line[1:] for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++")]
    text = (server / "server.py").read_text()
    assert all(line in text for line in added)
    assert run("audit", str(server), "--patch").out == ""


def test_json_lists_the_edits_and_why_a_tool_was_left(run: Run, server: Path) -> None:
    (server / "server.py").write_text(
        SERVER + "\nEXTRA = None\n\n\n@mcp.tool(annotations=EXTRA)\ndef get_tag() -> str:\n    return ''\n"
    )
    edits = {e["tool"]: e for e in run("audit", str(server), "--write", "--json").json["edits"]}
    assert edits["create_note"]["outcome"] == "edited"
    assert edits["get_tag"]["outcome"] == "refused"
    assert "variable" in edits["get_tag"]["reason"]


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [("wrong", 10), ("missing", 10), ("missing,wrong", 10), ("over-broad", 0), ("undecided", 0), ("high", 10),
     ("critical", 0), ("low", 10)],
)  # fmt: skip
def test_the_exit_code_follows_fail_on(run: Run, server: Path, fail_on: str, code: int) -> None:
    assert run("audit", str(server), "--fail-on", fail_on).code == code


def test_an_unknown_word_in_fail_on_is_wrong_usage(run: Run, server: Path) -> None:
    outcome = run("audit", str(server), "--fail-on", "wrong,terrible")
    assert outcome.code == 2
    assert "terrible" in outcome.err


def test_a_baseline_accepts_what_is_there_today(run: Run, server: Path, tmp_path: Path) -> None:
    baseline = str(tmp_path / "baseline.json")
    assert run("audit", str(server), "--write-baseline", baseline).code == 0
    assert run("audit", str(server), "--baseline", baseline, "--fail-on", "wrong,missing").code == 0


def test_the_author_can_accept_a_hint_in_the_source(run: Run, server: Path) -> None:
    comment = (
        '# catalog:ignore[audit-hint-wrong]: the client asks anyway\n@mcp.tool(annotations={"readOnlyHint": True})'
    )
    (server / "server.py").write_text(SERVER.replace('@mcp.tool(annotations={"readOnlyHint": True})', comment))
    assert run("audit", str(server), "--fail-on", "wrong").code == 0


def test_a_sarif_report_points_at_the_registrations(run: Run, server: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.sarif"
    run("audit", str(server), "--report", str(target))
    results = json.loads(target.read_text())["runs"][0]["results"]
    assert {r["ruleId"] for r in results} == {"audit-hint-wrong", "audit-hint-missing"}
    lines = {r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in results}
    assert lines == {6, 12, 17}


def test_only_a_folder_is_written_to(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps([{"name": "list_notes", "description": "List", "inputSchema": {}}]))
    outcome = run("audit", str(tmp_path / "tools.json"), "--write")
    assert outcome.code == 2
    assert "--patch" in outcome.err


def test_a_source_without_tools_is_nothing_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = run("audit", str(tmp_path / "empty"), "--fail-on", "missing")
    assert outcome.code == 3
    assert "does not mean that it has none" in outcome.err


def test_forms_of_the_answer_exclude_each_other(run: Run, server: Path) -> None:
    assert run("audit", str(server), "--json", "--patch").code == 2
