"""Locks: written to be read by people, held against the present, and never trusted blindly."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import InvalidInput
from catalog.history.lock import LockedServer, LockedTool, drift, lock_tools, read_lock, write_lock
from catalog.records import Tool
from tests.plain_classifier import PlainClassifier

LIST = Tool("list_notes", description="List notes")
DELETE = Tool("delete_note", description="Delete a note")


def locked(*tools: Tool) -> dict[str, LockedTool]:
    labels = PlainClassifier().classify([t.definition("notes") for t in tools])
    return lock_tools(zip(tools, labels, strict=True))


def test_a_lock_comes_back_as_it_was_written(tmp_path: Path) -> None:
    server = LockedServer("notes", "npm:notes", "1.0", locked(LIST, DELETE))
    write_lock(tmp_path / "lock.json", [server])
    assert read_lock(tmp_path / "lock.json") == (server,)


def test_a_lock_has_one_tool_a_line(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    write_lock(path, [LockedServer("b", "npm:b", None, locked(LIST, DELETE)), LockedServer("a", "npm:a", "1", {})])
    text = path.read_text()
    assert list(json.loads(text)["servers"]) == ["a", "b"]
    assert sum('"digest"' in line for line in text.splitlines()) == 2


def test_what_is_as_locked_has_not_drifted() -> None:
    assert drift(locked(LIST, DELETE), locked(DELETE, LIST)) == ()


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (locked(LIST, DELETE), [("tool_added", "high")]),
        (locked(replace(LIST, description="Other")), [("definition_changed", "low")]),
        (locked(), [("tool_removed", "info")]),
    ],
)
def test_drift_weighs_what_it_means_for_risk(present: Any, expected: list[tuple[str, str]]) -> None:
    assert [(c.kind, c.severity) for c in drift(locked(LIST), present)] == expected


def test_a_label_that_rises_with_its_definition_is_critical_drift() -> None:
    before = locked(LIST)["list_notes"]
    after = replace(before, digest="other", category="Destructive", risk="critical")
    changes = drift({"list_notes": before}, {"list_notes": after})
    assert [(c.kind, c.severity, c.cause) for c in changes[:2]] == [
        ("category_raised", "critical", "server"),
        ("risk_raised", "critical", "server"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2, "servers": {}}',
        '{"version": 1, "servers": {"a": {}}}',
        '{"version": 1, "servers": {"a": {"reference": "npm:a", "tools": {"t": {}}}}}',
        '{"version": 1, "servers": {"a": {"reference": "npm:a", "tools": {"t": {"digest": "x", "risk": "none"}}}}}',
        '{"version": 1, "servers": {"a": {"reference": "npm:a", "tools": {"t": {"digest": "x", "capabilities": 1}}}}}',
    ],
)
def test_what_is_no_lock_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock.json"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"lock\.json"):
        read_lock(path)
