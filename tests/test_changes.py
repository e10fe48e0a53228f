"""Changes: their kinds, and a severity that speaks of risk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.changes import State, compare, compare_servers
from catalog.records import Server, Source, Tool
from catalog.severity import SEVERITIES
from classifier.records import CAPABILITIES, CATEGORIES, Classification
from classifier.risk import risk_of

TOOL = Tool("get_note", "Get a note", "Get one note", {"properties": {"id": {"type": "string"}}}, {})


def label(category: Any = "Read", capabilities: tuple[Any, ...] = (), needs_review: bool = False) -> Classification:
    risk = risk_of(category, capabilities)
    return Classification("s", "get_note", category, risk, capabilities, 0.9, needs_review, "", ())


def kinds(before: State, after: State) -> dict[str, str]:
    found = compare({before.tool.name: before}, {after.tool.name: after})
    return {c.kind: c.severity for c in found}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (State(replace(TOOL, title="Read"), label()), {"title_changed": "info"}),
        (State(replace(TOOL, description="Other"), label()), {"description_changed": "info"}),
        (State(replace(TOOL, input_schema={"properties": {"id": {}, "all": {}}}), label()), {"schema_changed": "low"}),
        (State(replace(TOOL, annotations={"readOnlyHint": True}), label()), {"annotations_changed": "low"}),
        (State(TOOL, label("Destructive")), {"category_raised": "critical", "risk_raised": "critical"}),
        (State(TOOL, label(capabilities=("private_data",))), {"capability_gained": "medium", "risk_raised": "medium"}),
        (State(TOOL, label(needs_review=True)), {"review_needed": "medium"}),
        (State(TOOL, label()), {}),
        (
            State(replace(TOOL, name="fetch_note"), label("Write")),
            {"tool_renamed": "medium", "category_raised": "medium", "risk_raised": "medium"},
        ),
    ],
)
def test_each_change_has_its_kind_and_severity(after: State, expected: dict[str, str]) -> None:
    assert kinds(State(TOOL, label()), after) == expected


def test_a_label_that_rises_without_a_new_definition_is_the_classifiers_doing() -> None:
    changes = compare({"get_note": State(TOOL, label())}, {"get_note": State(TOOL, label("Write"))})
    assert {c.cause for c in changes} == {"classifier"}


def test_a_label_that_rises_with_the_definition_is_the_servers_doing() -> None:
    after = State(replace(TOOL, description="Get one note, then erase it"), label("Destructive"))
    assert {c.cause for c in compare({"get_note": State(TOOL, label())}, {"get_note": after})} == {"server"}


@pytest.mark.parametrize(("category", "severity"), [("Read", "info"), ("Write", "low"), ("Destructive", "high")])
def test_a_new_tool_weighs_what_it_can_do(category: str, severity: str) -> None:
    (change,) = compare({}, {"get_note": State(TOOL, label(category))})
    assert (change.kind, change.severity) == ("tool_added", severity)


def test_a_new_tool_without_a_label_is_never_mild() -> None:
    (change,) = compare({}, {"get_note": State(TOOL, None)})
    assert change.severity == "medium"


def test_bare_definitions_are_not_taken_for_renames() -> None:
    before, after = Tool("a"), Tool("b")
    changes = compare({"a": State(before, label())}, {"b": State(after, label())})
    assert {c.kind for c in changes} == {"tool_added", "tool_removed"}


def test_another_owner_is_a_change_of_high_severity() -> None:
    def server(home: str) -> Server:
        return Server("s", "s", Source("npm", "npm:s"), homepage=home)

    (change,) = compare_servers(server("https://code.example/ann/s"), server("https://code.example/bob/s"))
    assert (change.kind, change.severity) == ("owner_changed", "high")
    (moved,) = compare_servers(server("https://code.example/ann/s"), server("https://code.example/ann/t"))
    assert moved.kind == "source_moved"


STATES = st.builds(
    State,
    st.builds(Tool, st.sampled_from("abc"), description=st.none() | st.sampled_from(["x", "y"])),
    st.builds(
        label,
        st.sampled_from(CATEGORIES),
        st.lists(st.sampled_from(CAPABILITIES), unique=True).map(lambda c: tuple(sorted(c))),
        st.booleans(),
    ),
)
SIDES = st.lists(STATES, max_size=3).map(lambda states: {s.tool.name: s for s in states})


@given(SIDES, SIDES)
def test_nothing_changes_exactly_when_the_states_are_equal(before: dict[str, State], after: dict[str, State]) -> None:
    changes = compare(before, after)
    assert (changes == ()) == (before == after)
    assert [SEVERITIES.index(c.severity) for c in changes] == sorted(
        (SEVERITIES.index(c.severity) for c in changes), reverse=True
    )
