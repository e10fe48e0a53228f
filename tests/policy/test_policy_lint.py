"""What lint says about a policy and a server's tools."""

from dataclasses import replace

import pytest

from catalog.policy.lint import lint
from catalog.policy.recommend import recommend
from catalog.policy.records import Policy
from catalog.records import Tool
from tests.policy.labels import labelled

TOOLS = [labelled("peek"), labelled("add_row", "Write", properties={"name": {"type": "string"}})]
KNOWN = [tool for tool, _ in TOOLS]


def policy(hide: list[str] | None = None, **tools: object) -> Policy:
    return Policy.from_json({"version": "1", "default": "deny", "hide": hide or [], "tools": tools})


def found(under_test: Policy, tools: list[Tool] | None = None) -> list[tuple[str, str]]:
    return [(remark.kind, remark.where) for remark in lint(under_test, tools)]


def test_a_recommendation_for_the_very_tools_has_no_remarks():
    assert lint(recommend("srv", TOOLS), KNOWN) == []


def test_a_rule_that_matches_no_tool_names_the_tool_that_was_meant():
    (remark,) = [
        r for r in lint(policy(**{"peek": {}, "add-row": {}, "add_row": {}}), KNOWN) if r.kind == "matches-nothing"
    ]
    assert remark.where == "/tools/add-row"
    assert "'add_row'" in remark.message


def test_a_tool_that_no_rule_covers_is_named():
    assert ("not-covered", "/") in found(policy(peek={}), KNOWN)


def test_a_tool_whose_definition_changed_since_is_named():
    made = recommend("srv", TOOLS)
    changed = [KNOWN[0], replace(KNOWN[1], description="Now drops the table")]
    assert found(made, changed) == [("changed", "/x-made-for/add_row")]


def test_a_condition_on_an_argument_that_the_schema_does_not_know_is_named():
    rules = {"deny_if": [{"conditions": [{"path": "args.amount", "op": "gt", "value": 1}]}]}
    assert found(policy(peek={}, add_row=rules), KNOWN) == [
        ("no-such-argument", "/tools/add_row/deny_if/0/conditions/0")
    ]


EQ = {"path": "args.a", "op": "eq", "value": 1}


@pytest.mark.parametrize(
    ("under_test", "where"),
    [
        (policy(["t"], t={}), "/hide/0"),
        (policy(["*"], t={}), "/hide"),
        (
            policy(t={"deny_if": [{"conditions": []}], "limits": [{"counter": "c", "window": "day", "max": 1}]}),
            "/tools/t/deny_if/0",
        ),
        (policy(t={"require": [{"conditions": []}]}), "/tools/t/require/0"),
        (policy(t={"require": [{"conditions": [EQ]}], "deny_if": [{"conditions": [EQ]}]}), "/tools/t/deny_if/0"),
        (policy(t={"require": [{"conditions": [EQ, {**EQ, "value": 2}]}]}), "/tools/t/require/0"),
        (policy(t={"approve": [{"conditions": []}, {"conditions": [EQ]}]}), "/tools/t/approve/0"),
        (policy(t={"limits": [{"counter": "c", "window": "day", "max": 0}]}), "/tools/t/limits/0"),
        (
            policy(
                t={"limits": [{"counter": "c", "window": "day", "max": 1}, {"counter": "c", "window": "day", "max": 2}]}
            ),
            "/tools/t/limits/1",
        ),
    ],
)
def test_a_contradiction_is_found_without_the_server(under_test: Policy, where: str):
    assert ("contradiction", where) in found(under_test)


def test_a_list_of_forbidden_spellings_is_pointed_out():
    rules = {"deny_if": [{"conditions": [{"path": "args.action", "op": "eq", "value": "delete"}]}]}
    assert found(policy(t=rules)) == [("block-list", "/tools/t/deny_if/0/conditions/0")]
