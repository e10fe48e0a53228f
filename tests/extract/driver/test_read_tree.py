from __future__ import annotations

import gc

import pytest

from catalog.extract import read_tree
from tests.extract.conftest import MakeTree

pytestmark = pytest.mark.usefixtures("fake_reader")


def test_tools_come_in_name_order_and_a_whole_reading_is_complete(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"src/b.fake": "zeta Z\nalpha A"}))
    assert [t.name for t in found.tools] == ["alpha", "zeta"]
    assert found.gaps == ()
    assert found.completeness == 1.0


def test_each_unresolved_registration_lowers_completeness(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"a.fake": "one\ntwo\nthree\n?"}))
    assert found.completeness == 0.75


def test_a_gap_on_a_tool_that_was_found_counts_half(make_tree: MakeTree) -> None:
    assert read_tree(make_tree({"a.fake": "one ?\ntwo"})).completeness == 0.75


def test_nothing_found_is_never_complete_and_always_explained(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"a.fake": ""}))
    assert found.tools == ()
    assert found.completeness == 0.0
    assert len(found.gaps) == 1


def test_own_source_wins_over_build_output_of_the_same_package(make_tree: MakeTree) -> None:
    found = read_tree(
        make_tree({"package.json": "{}", "dist/a.fake": "tool longer description", "src/a.fake": "tool short"})
    )
    assert [(t.name, t.description) for t in found.tools] == [("tool", "short")]


def test_a_tool_left_over_in_build_output_is_not_listed(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"package.json": "{}", "dist/a.fake": "old\nkept", "src/a.fake": "kept\nnew"}))
    assert [t.name for t in found.tools] == ["kept", "new"]


def test_build_output_counts_where_the_source_shows_few_of_its_tools(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"package.json": "{}", "dist/a.fake": "a\nb\nc", "src/a.fake": "a"}))
    assert [t.name for t in found.tools] == ["a", "b", "c"]


def test_build_output_of_another_package_counts(make_tree: MakeTree) -> None:
    files = {"package.json": "{}", "src/a.fake": "a", "cli/package.json": "{}", "cli/dist/b.fake": "b"}
    assert [t.name for t in read_tree(make_tree({**files})).tools] == ["a", "b"]


def test_the_richer_of_two_definitions_counts(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"a.fake": "tool", "b.fake": "tool with a description"}))
    assert [t.description for t in found.tools] == ["with a description"]


def test_a_list_of_tools_is_ignored_where_code_registers_tools(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"a.fake": "tool", "tools.list": "tool told\nother told"}))
    assert [(t.name, t.description) for t in found.tools] == [("tool", None)]


def test_a_list_of_tools_fills_what_code_left_unresolved(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"a.fake": "tool ?", "tools.list": "tool told"}))
    assert [t.description for t in found.tools] == ["told"]


def test_a_list_of_tools_alone_stands_in_with_a_gap(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"tools.list": "tool told"}))
    assert [t.name for t in found.tools] == ["tool"]
    assert "list" in found.gaps[0].reason
    assert found.completeness is not None
    assert found.completeness < 1.0


def test_tests_and_examples_are_left_out(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"a.fake": "real", "tests/a.fake": "tested", "examples/a.fake": "shown"}))
    assert [t.name for t in found.tools] == ["real"]


def test_tools_of_tests_alone_are_none_of_the_servers_and_leave_a_gap(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"tests/a.fake": "double\nother", "a.fake": ""}))
    assert found.tools == ()
    assert found.completeness == 0.0
    assert any(g.path == "tests/a.fake" and g.reason.startswith("2 tools") for g in found.gaps)


def test_examples_count_beside_tests(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"tests/a.fake": "double", "examples/a.fake": "shown"}))
    assert [t.name for t in found.tools] == ["shown"]


def test_examples_stand_in_with_a_gap_when_there_is_nothing_else(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"examples/a.fake": "shown"}))
    assert [t.name for t in found.tools] == ["shown"]
    assert "examples" in found.gaps[0].reason
    assert found.completeness == 0.5


def test_a_file_that_the_reader_fails_on_loses_only_itself(make_tree: MakeTree) -> None:
    found = read_tree(make_tree({"a.fake": "tool", "b.fake": "!"}))
    assert [t.name for t in found.tools] == ["tool"]
    assert [(g.path, "ValueError cannot read this" in g.reason) for g in found.gaps] == [("b.fake", True)]


def test_the_order_of_files_on_disk_does_not_matter(make_tree: MakeTree) -> None:
    tree = make_tree({"b.fake": "tool x\none", "a.fake": "tool y\ntwo"})
    assert read_tree(tree) == read_tree(tree.restricted({"a.fake", "b.fake"}))


def test_reading_leaves_the_garbage_collector_as_it_was(make_tree: MakeTree) -> None:
    before = gc.get_threshold()
    read_tree(make_tree({"a.py": "x = ("}))
    assert gc.get_threshold() == before
