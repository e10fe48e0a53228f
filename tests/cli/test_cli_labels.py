"""`catalog classify`, `explain` and `evaluate` speak with the real classifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

READ = {"server": "shop", "name": "list_orders", "description": "List all orders"}
DELETE = {"server": "shop", "name": "delete_order", "description": "Delete an order permanently"}


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        lines(READ, DELETE),
        json.dumps([READ, DELETE]),
        json.dumps({"tools": [READ, DELETE]}),
        "\n" + lines(READ, DELETE),
    ],
)
def test_definitions_come_out_labelled_in_the_same_order(run: Run, text: str) -> None:
    outcome = run("classify", "-", stdin=text)
    assert outcome.code == 0, outcome.err
    assert [(row["name"], row["category"]) for row in outcome.json_lines] == [
        ("list_orders", "Read"),
        ("delete_order", "Destructive"),
    ]
    for row, given in zip(outcome.json_lines, (READ, DELETE), strict=True):
        assert row["server"] == "shop"
        for evidence in row["evidence"]:
            assert given[evidence["field"]][evidence["start"] : evidence["end"]] == evidence["text"]


def test_a_repeated_definition_is_answered_each_time(run: Run) -> None:
    assert len(run("classify", "-", stdin=lines(READ, READ, READ)).json_lines) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [(lines(READ) + "{broken\n", 6), ("{broken", 6), ("[]", 3), ("[3]", 6), (lines(READ, {"description": "x"}), 6)],
)
def test_what_is_no_definition_is_invalid_input(run: Run, text: str, code: int) -> None:
    outcome = run("classify", "-", stdin=text)
    assert outcome.code == code
    assert "Traceback" not in outcome.err


def test_bytes_that_are_no_text_are_invalid_input(run: Run) -> None:
    assert run("classify", "-", stdin=b'{"name": "\xff\xfe"}\n').code == 6
    assert run("classify", "/nonexistent.jsonl").code == 4


def test_a_label_set_by_hand_wins_and_says_so(run: Run, tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.toml"
    overrides.write_text('[[override]]\ntool = "list_*"\ncategory = "Write"\nreason = "It marks them as seen."\n')
    row = run("classify", "-", "--overrides", str(overrides), stdin=lines(READ)).json_lines[0]
    assert (row["category"], row["override"]["classifier"]["category"]) == ("Write", "Read")
    overrides.write_text("[[override]]\n")
    assert run("classify", "-", "--overrides", str(overrides), stdin=lines(READ)).code == 6
    assert run("classify", "-", "--overrides", str(tmp_path / "absent.toml"), stdin=lines(READ)).code == 6


def test_evaluate_counts_misses_and_false_alarms(run: Run, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    said = [{**READ, "label": {"category": "Destructive"}}, {**DELETE, "label": {"category": "Destructive"}}]
    labels.write_text(lines(*said))
    figures = run("evaluate", str(labels), "--errors", "5", "--json").json
    total = figures["all"]
    assert (total["danger_misses"], total["changing"], total["accuracy"]) == (1, 2, 0.5)
    assert [error["name"] for error in figures["errors"]] == ["list_orders"]
    assert "danger misses 1/2" in run("evaluate", str(labels)).out
    labels.write_text(lines(READ))
    assert run("evaluate", str(labels)).code == 6


def test_explain_shows_what_spoke_for_and_against(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(json.dumps([READ, DELETE]))
    store = str(tmp_path / "catalog.db")
    run("--db", store, "ingest", str(tmp_path / "shop.json"))
    explained = run("--db", store, "explain", "shop/delete_order", "--json").json
    assert explained["server"] == "shop"
    assert explained["for"][0]["weight"] > 0
    assert sum(explained["probabilities"].values()) == pytest.approx(1, abs=0.001)
    assert "probability" in run("--db", store, "explain", "delete_order").out
    assert run("--db", store, "explain", "shop").code == 2
