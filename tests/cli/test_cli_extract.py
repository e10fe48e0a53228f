"""`catalog extract` prints the contract's JSON and never lets "nothing found" look like "safe"."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

TOOL = {"name": "get_thing", "description": "Get a thing", "inputSchema": {"type": "object"}}


@pytest.mark.parametrize(
    "document",
    [
        json.dumps({"tools": [TOOL]}),
        json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"tools": [TOOL]}}),
        json.dumps([TOOL]),
        json.dumps(TOOL) + "\n" + json.dumps({**TOOL, "name": "other"}),
    ],
)
def test_every_accepted_shape_of_definitions_is_read(run: Run, tmp_path: Path, document: str) -> None:
    (tmp_path / "tools.jsonl").write_text(document)
    outcome = run("extract", str(tmp_path / "tools.jsonl"), "--json")
    assert outcome.code == 0
    assert outcome.json["tools"][0]["name"] == "get_thing"
    assert outcome.json["tools"][0]["inputSchema"] == {"type": "object"}
    assert outcome.json["server"]["slug"] == "tools"
    assert outcome.json["gaps"] == []


def test_definitions_come_from_standard_input_too(run: Run) -> None:
    assert run("extract", "-", "--json", stdin=json.dumps([TOOL])).json["server"]["slug"] == "stdin"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{nope", "not JSON"),
        ("", "not JSON"),
        ('{"scripts": {}, "name": "x", "version": "1"}', "holds no tool definitions"),
        ("[3]", "is an object"),
        ('[{"description": "x"}]', "needs a name"),
        ('{"error": {"code": 1, "message": "no\\u001b[31m"}}', "answered with an error"),
        ("[" * 100_000, "too deep"),
        ('[{"name": NaN}]', "NaN"),
    ],
)
def test_json_that_is_not_definitions_is_invalid_input(run: Run, document: str, message: str) -> None:
    outcome = run("extract", "-", stdin=document)
    assert outcome.code == 6
    assert message in outcome.err
    assert "\x1b" not in outcome.err


def test_a_page_with_a_cursor_is_reported_as_incomplete(run: Run) -> None:
    outcome = run("extract", "-", "--json", stdin=json.dumps({"tools": [TOOL], "nextCursor": "2"}))
    assert "further pages" in outcome.json["gaps"][0]["reason"]


def test_an_empty_folder_is_nothing_found_with_a_reason(run: Run, tmp_path: Path) -> None:
    outcome = run("extract", str(tmp_path), "--json")
    assert outcome.code == 3
    assert outcome.json["tools"] == []
    assert outcome.json["gaps"]
    assert "does not mean that it has none" in outcome.err


def test_a_path_that_does_not_exist_is_a_source_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    assert run("extract", str(tmp_path / "absent")).code == 4


def test_wrong_usage_is_told_from_everything_else(run: Run) -> None:
    assert run("bogus").code == 2
    assert run("extract").code == 2
    assert run("extract", "word").code == 2
    assert run().code == 2
    assert run("--help").code == 0
