"""Only edits that were proven on a copy are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalog.audit.editing.records import Edit, Refused, Wish
from catalog.audit.editing.trial import Plan, Trial
from catalog.extract import read_tree
from catalog.extract.tree import SourceTree
from tests.audit.editor import put

SOURCE = """from mcp.server.fastmcp import FastMCP
mcp = FastMCP("notes")
@mcp.tool()
def list_notes() -> str:
    return ""
@mcp.tool()
def list_tags() -> str:
    return ""
"""
Ways = list[tuple[Edit, ...] | Refused]


def insert(before: str, text: str, nth: int = 0) -> tuple[Edit, ...]:
    """An edit that puts a text before the nth occurrence of another."""
    at = -1
    for _ in range(nth + 1):
        at = SOURCE.index(before, at + 1)
    return (Edit("server.py", at, at, text.encode()),)


HINTS = 'annotations={"readOnlyHint": True}'
RIGHT = {"list_notes": insert(")\ndef", HINTS, 0), "list_tags": insert(")\ndef", HINTS, 1)}


def run(tmp_path: Path, ways: dict[str, Ways]) -> Plan:
    tree = SourceTree(put(tmp_path / "tree", {"server.py": SOURCE}))
    found = read_tree(tree)
    tools = {t.name: t for t in found.tools}
    assert tools.keys() == {"list_notes", "list_tags"}
    (tmp_path / "copy").mkdir()

    def wishes() -> Iterator[tuple[Wish, Iterator[tuple[Edit, ...] | Refused]]]:
        for name, each in ways.items():
            yield Wish(tools[name], {"readOnlyHint": True}), iter(each)

    plan = Trial(tree, found, tmp_path / "copy").run(wishes())
    assert (tmp_path / "tree" / "server.py").read_text() == SOURCE
    return plan


def edited(plan: Plan) -> list[str]:
    return [w.tool.name for w in plan.edited]


def reasons(plan: Plan) -> dict[str, str]:
    return {w.tool.name: reason for w, reason in plan.refused}


def test_edits_that_read_back_are_kept_together(tmp_path: Path) -> None:
    plan = run(tmp_path, {n: [e] for n, e in RIGHT.items()})
    assert edited(plan) == ["list_notes", "list_tags"]
    assert plan.after["server.py"].decode().count(HINTS) == 2


def test_an_edit_that_declares_something_else_is_dropped_alone(tmp_path: Path) -> None:
    wrong = insert(")\ndef", 'annotations={"readOnlyHint": False}', 1)
    plan = run(tmp_path, {"list_notes": [RIGHT["list_notes"]], "list_tags": [wrong]})
    assert edited(plan) == ["list_notes"]
    assert "do not reach" in reasons(plan)["list_tags"]
    assert b"False" not in plan.after["server.py"]


def test_the_next_place_is_tried_after_one_that_failed(tmp_path: Path) -> None:
    plan = run(tmp_path, {"list_notes": [insert("def list_notes", "# nothing\n"), RIGHT["list_notes"]]})
    assert edited(plan) == ["list_notes"]


def test_an_edit_that_changes_another_tool_is_dropped(tmp_path: Path) -> None:
    both = (*RIGHT["list_notes"], *insert(")\ndef", "description='other'", 1))
    plan = run(tmp_path, {"list_notes": [both]})
    assert edited(plan) == []
    assert "another tool" in reasons(plan)["list_notes"]
    assert plan.after == {}


def test_an_edit_after_which_a_file_no_longer_parses_is_dropped(tmp_path: Path) -> None:
    broken = (*RIGHT["list_notes"], *insert("mcp = ", "def (:\n"))
    plan = run(tmp_path, {"list_notes": [broken], "list_tags": [RIGHT["list_tags"]]})
    assert "list_notes" in reasons(plan)
    assert b"def (:" not in plan.after.get("server.py", b"")


def test_an_edit_that_adds_a_tool_is_dropped(tmp_path: Path) -> None:
    more = (*RIGHT["list_notes"], *insert("@mcp", "@mcp.tool()\ndef added() -> str:\n    return ''\n", 0))
    assert edited(run(tmp_path, {"list_notes": [more]})) == []


def test_of_two_edits_at_one_place_the_first_stays(tmp_path: Path) -> None:
    other = insert(")\ndef", "annotations=dict(readOnlyHint=True)", 0)
    plan = run(tmp_path, {"list_notes": [RIGHT["list_notes"]], "list_tags": [other]})
    assert edited(plan) == ["list_notes"]
    assert "another tool's" in reasons(plan)["list_tags"]


def test_the_first_reason_is_the_one_told(tmp_path: Path) -> None:
    plan = run(tmp_path, {"list_notes": [Refused("first"), Refused("second")]})
    assert reasons(plan) == {"list_notes": "first"}
