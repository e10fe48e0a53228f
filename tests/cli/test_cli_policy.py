"""`catalog policy` and `catalog gateway` as users meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.cli import labelling
from catalog.policy.parse import load_policy
from tests.cli.conftest import Run
from tests.plain_classifier import PlainClassifier

TOOLS = [
    {"name": "get_survey", "description": "Get one survey"},
    {"name": "delete_survey", "description": "Delete one"},
]


@pytest.fixture(autouse=True)
def stored(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_DB", str(tmp_path / "catalog.db"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: PlainClassifier())
    (tmp_path / "surveys.json").write_text(json.dumps({"tools": TOOLS}))
    assert run("ingest", str(tmp_path / "surveys.json")).code == 0


def test_the_tool_and_the_server_get_the_same_rule_and_risk_shows_it_too(run: Run) -> None:
    server = run("policy", "show", "surveys").json
    tool = run("policy", "show", "surveys/delete_survey").json
    assert server["default"] == "deny"
    assert tool["tools"]["delete_survey"] == server["tools"]["delete_survey"]
    assert run("risk", "surveys/delete_survey", "--json").json["policy"] == tool


def test_what_is_shown_is_a_policy_that_check_and_lint_take(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(run("policy", "show", "surveys", "--pin", "--reasons").out)
    assert load_policy(path.read_bytes()).made_for
    outcome = run(
        "policy", "check", str(path), "--call", '{"name": "delete_survey"}', "--call", '{"name": "x"}', "--json"
    )
    assert [line["outcome"] for line in outcome.json_lines] == ["approve", "deny"]
    assert [line["rule"] for line in outcome.json_lines] == ["/tools/delete_survey/approve/0", "(default deny)"]
    assert run("policy", "lint", str(path), "--server", "surveys", "--fail-on", "any").code == 0


def test_calls_from_a_file_count_towards_limits_and_may_be_requests(run: Run, tmp_path: Path) -> None:
    path, calls = tmp_path / "policy.json", tmp_path / "calls.jsonl"
    limit = {"counter": "c", "window": "day", "max": 1}
    path.write_text(json.dumps({"version": "1", "default": "deny", "tools": {"t": {"limits": [limit]}}}))
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t"}}
    calls.write_text(json.dumps({"name": "t", "arguments": {}}) + "\n\n" + json.dumps(request) + "\n")
    outcome = run("policy", "check", str(path), "--calls", str(calls), "--now", "0", "--json")
    assert [line["outcome"] for line in outcome.json_lines] == ["allow", "limited"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("policy", "show", "nobody"), 3),
        (("policy", "show", "surveys", "--target", "nothing"), 2),
        (("policy", "show", "surveys", "--strength", "weak"), 2),
        (("policy", "show", "surveys", "--target", "claude-code", "--strict-target"), 10),
        (("policy", "check", "missing.json", "--call", "{}"), 6),
        (("policy", "check", "surveys.json", "--call", "{}"), 6),
        (("gateway", "--policy", "p.json"), 2),
        (("gateway", "--policy", "p.json", "--url", "ftp://x"), 2),
        (("gateway", "--policy", "p.json", "--", "/no/such/command"), 4),
    ],
)
def test_exit_codes_are_those_of_the_contract(
    run: Run, tmp_path: Path, monkeypatch, arguments: tuple[str, ...], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments).code == code


def test_what_a_target_cannot_say_is_told_apart_from_the_document(run: Run) -> None:
    outcome = run("policy", "show", "surveys", "--target", "claude-code")
    assert "mcp__surveys__delete_survey" in outcome.json["permissions"]["ask"]
    assert "not said: surveys" in outcome.err


def test_merging_shows_the_difference_and_writes_only_when_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "dark"} // mine\n')
    shown = run("policy", "show", "surveys", "--target", "claude-code", "--merge", str(path))
    assert "+" in shown.out and path.read_text() == '{"theme": "dark"} // mine\n'
    assert run("policy", "show", "surveys", "--target", "claude-code", "--merge", str(path), "--yes").code == 0
    assert "// mine" in path.read_text() and "mcp__surveys__delete_survey" in path.read_text()
    assert (tmp_path / "settings.json.bak").read_text() == '{"theme": "dark"} // mine\n'


@pytest.mark.parametrize(
    "target", ["gateway", "intercept", "codex", "gemini-cli", "vscode", "cursor", "toolhive", "mcpproxy", "cedar"]
)
def test_every_target_can_be_shown(run: Run, target: str) -> None:
    outcome = run("policy", "show", "surveys", "--target", target, "--json")
    assert outcome.json["documents"][0]["text"]
    assert run("policy", "show", "surveys", "--target", target).out == "".join(
        d["text"] for d in outcome.json["documents"]
    )
