"""Hidden characters, path segments, highlighting and parameter rows."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.policy.records import Guard, Limit, Policy, ToolRules, Window
from catalog.site.effects import effect
from catalog.site.highlight import highlighted
from catalog.site.parameters import MAX_ROWS, parameters_of
from catalog.site.render import pretty_json
from catalog.site.targets import _boxes, target_boxes
from catalog.site.urls import segment
from catalog.site.visible import plain, visible
from classifier.records import Evidence


def test_a_hidden_character_is_shown_by_its_code_point() -> None:
    assert "U+202E" in visible("a\u202eb")
    assert plain("a\u202eb\n c") == "ab c"


@given(st.text())
def test_plain_text_is_only_escaped(text: str) -> None:
    shown = visible(text)
    assert "<script" not in shown.lower() or "<script" not in text
    if text.isascii() and text.isprintable():
        assert html.unescape(shown) == text


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_names_never_share_a_segment(one: str, two: str) -> None:
    assert (segment(one).lower() == segment(two).lower()) == (one == two)
    assert not set(segment(one)) & set("/\\:?#%")


@given(st.text(), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_pieces_join_to_the_text_whatever_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    evidence = [Evidence("description", text[a:b], "r", a, b) for a, b in spans]
    assert "".join(p.text for p in highlighted("description", text, evidence)) == text


def test_a_span_that_lies_is_not_marked() -> None:
    pieces = highlighted("description", "delete all", [Evidence("description", "remove", "r", 0, 6)])
    assert not any(p.marked for p in pieces)


def test_nested_parameters_stand_below_their_parent() -> None:
    schema = {"properties": {"a": {"type": "array", "items": {"properties": {"id": {"type": "string"}}}}}}
    assert [r.name for r in parameters_of(schema).rows or ()] == ["a", "a[].id"]


def test_not_seen_differs_from_none() -> None:
    assert parameters_of(None).rows is None
    assert parameters_of({}).rows == ()


def test_a_huge_or_cyclic_schema_is_bounded() -> None:
    huge = parameters_of({"properties": {f"p{i}": {} for i in range(5000)}})
    assert huge.omitted and len(huge.rows or ()) == MAX_ROWS and huge.count == 5000
    cyclic = {"$defs": {"a": {"properties": {"x": {"$ref": "#/$defs/a"}}}}, "properties": {"r": {"$ref": "#/$defs/a"}}}
    assert 0 < len(parameters_of(cyclic).rows or ()) < 20


@given(
    st.sampled_from(
        ["delete_note", "getPage2", "stand_in_tool", "Delete-it", "on", "a b", "x_9", "tool", "rate", "Off", "über"]
    ),
    st.sampled_from(["my-server", "s2", "npm-0-x", "on"]),
)
def test_the_short_way_to_target_boxes_gives_what_the_long_one_gives(tool: str, server: str) -> None:
    rules = ToolRules(approve=(Guard((), "Ask."),), limits=(Limit(f"{tool}_rate", "minute", 5),))
    policy = Policy(tools={tool: rules})
    assert target_boxes(policy, pretty_json(policy.to_json()), server, tool) == _boxes(policy, server)


@pytest.mark.parametrize(("window", "said"), [("minute", "a minute"), ("hour", "an hour"), ("day", "a day")])
def test_a_limit_is_said_in_grammatical_words(window: Window, said: str) -> None:
    policy = Policy(tools={"send": ToolRules(limits=(Limit("sends", window, 10),))})
    assert f"at most 10 calls {said}." in effect(policy, "send")
