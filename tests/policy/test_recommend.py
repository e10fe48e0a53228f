"""What the recommendation says for each kind of label."""

from typing import get_args

import pytest

from catalog.policy.bounds import Bounds
from catalog.policy.recommend import recommend, recommend_stack, recommend_tool
from catalog.policy.records import STRENGTHS, Policy, Strength
from classifier.records import Mode
from tests.policy.labels import labelled

RATE = {"counter": "add_row_rate", "window": "minute", "max": 30, "scope": "grant"}
MANAGE = labelled(
    "manage",
    "Destructive",
    modes=(
        Mode("/action", "choice", "list", "Read"),
        Mode("/action", "choice", "delete", "Destructive"),
        Mode("/dry_run", "flag", True, "Read"),
    ),
)


def test_a_plain_read_is_allowed_with_nothing_else_in_the_document():
    document = recommend("srv", [labelled("check_export_status")]).to_json()
    assert document == {"version": "1", "default": "deny", "tools": {"check_export_status": {}}}


def test_a_plain_write_is_limited_to_thirty_calls_a_minute():
    assert recommend("srv", [labelled("add_row", "Write")]).to_json()["tools"] == {"add_row": {"limits": [RATE]}}


@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_tool_page_and_the_server_page_show_the_same_rule(strength: Strength):
    tools = [labelled("peek"), labelled("add_row", "Write"), MANAGE, labelled("wipe", "Destructive")]
    server = recommend("srv", tools, strength)
    for tool, label in tools:
        alone = recommend_tool(tool, label, strength)
        assert alone.tools.get(tool.name) == server.tools.get(tool.name)
        assert (tool.name in alone.hide) == (tool.name in server.hide)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize(
    "tool",
    [
        labelled("wipe", "Destructive"),
        labelled("pay", "Write", "financial"),
        labelled("odd", needs_review=True),
        MANAGE,
    ],
    ids=["destructive", "financial", "needs review", "modes"],
)
def test_nothing_dangerous_or_doubtful_is_allowed_without_conditions(strength: Strength, tool):
    policy = recommend("srv", [tool], strength)
    assert policy.default == "deny"
    name = tool[0].name
    assert name in policy.hide or policy.tools[name].approve or policy.tools[name].deny_if


def test_strict_hides_what_destroys_or_moves_money():
    policy = recommend("srv", [labelled("wipe", "Destructive"), labelled("pay", "Write", "financial")], "strict")
    assert policy.to_json() == {"version": "1", "default": "deny", "hide": ["wipe", "pay"]}


def test_reading_modes_stay_open_where_the_deleting_mode_waits():
    (guard,) = recommend("srv", [MANAGE]).tools["manage"].approve
    said = [(c.path, c.op, c.value) for c in guard.conditions]
    assert said == [("args.action", "not_in", ["list"]), ("args.dry_run", "neq", True)]


def test_a_choice_without_a_dangerous_value_opens_nothing():
    modes = (Mode("/place/type", "choice", "home", "Read"), Mode("/place/type", "choice", "office", "Read"))
    rules = recommend("srv", [labelled("create_event", "Write", "communicate", modes=modes)]).tools["create_event"]
    assert [g.conditions for g in rules.approve] == [()]


def test_an_amount_in_cents_is_capped_in_cents_and_the_user_may_name_the_cap():
    schema = {"amount": {"type": "integer", "description": "in the smallest currency unit"}}
    tool = labelled("charge", "Write", "financial", properties=schema, required=("amount",))
    for bounds, cap in ((Bounds(), 10_000), (Bounds(max_amount=20), 2_000)):
        rules = recommend("srv", [tool], bounds=bounds).tools["charge"]
        assert rules.deny_if[0].conditions[0].value == cap
        assert rules.limits[-1].max == 5 * cap


def test_a_query_that_is_no_sql_is_left_alone():
    words = "Select the best library for a query"
    tool = labelled("find", "Read", properties={"query": {"type": "string"}}, description=words)
    assert recommend("srv", [tool]).tools["find"].unconditional


def test_modes_of_a_doubtful_tool_open_nothing():
    doubtful = labelled("manage", "Destructive", modes=MANAGE[1].modes, needs_review=True)
    assert [g.conditions for g in recommend("srv", [doubtful]).tools["manage"].approve] == [()]


def test_a_mode_that_two_labels_disagree_about_is_not_mild():
    modes = (Mode("/action", "choice", "sync", "Read"), Mode("/action", "choice", "sync", "Destructive"))
    rules = recommend("srv", [labelled("manage", "Destructive", modes=modes)]).tools["manage"]
    assert [g.conditions for g in rules.approve] == [()]


def test_a_required_amount_is_capped_per_call_and_per_day():
    tool = labelled("pay", "Write", "financial", properties={"amount": {"type": "number"}}, required=("amount",))
    rules = recommend("srv", [tool]).tools["pay"]
    assert [(c.op, c.value) for g in rules.deny_if for c in g.conditions] == [("gt", 100), ("lt", 0)]
    assert [(x.window, x.max, x.increment_from) for x in rules.limits] == [
        ("hour", 10, None),
        ("day", 500, "args.amount"),
    ]


def test_a_tool_that_claims_to_read_sql_is_held_to_it():
    tool = labelled(
        "read_query", "Read", "private_data", properties={"query": {"type": "string"}}, description="Run a SELECT"
    )
    (guard,) = recommend("srv", [tool]).tools["read_query"].require
    assert [(c.path, c.op, c.value) for c in guard.conditions] == [("args.query", "sql_reads_only", True)]


def test_paths_and_hosts_that_the_user_names_become_rules():
    tool = labelled("save", "Write", properties={"path": {"type": "string"}, "url": {"type": "string"}})
    rules = recommend("srv", [tool], bounds=Bounds(("/srv/work",), ("example.com",))).tools["save"]
    assert [c.path for g in rules.require for c in g.conditions] == ["args.path", "args.url"]


def test_every_rule_names_its_reason_and_label():
    policy = recommend("srv", [labelled("peek"), labelled("add_row", "Write"), MANAGE, labelled("wipe", "Destructive")])
    explained = {r.rule for r in policy.reasons}
    for name, rules in policy.tools.items():
        for kind in ("require", "deny_if", "approve", "limits"):
            for i, _ in enumerate(getattr(rules, kind)):
                assert f"/tools/{name}/{kind}/{i}" in explained
    assert "/tools/peek" in explained
    assert all(r.text and r.category for r in policy.reasons)


def test_a_stack_with_all_three_legs_of_a_leak_asks_before_it_sends():
    mail = labelled("post", "Write", "communicate")
    servers = {
        "files": [labelled("read_file", "Read", "private_data")],
        "web": [labelled("get", "Read", "untrusted_content")],
    }
    apart = recommend_stack({**servers, "mail": [labelled("add", "Write")]}, "permissive")
    together = recommend_stack({**servers, "mail": [mail]}, "permissive")
    assert apart["mail"].tools["add"].approve == ()
    assert together["mail"].tools["post"].approve
    assert set(get_args(Strength)) == set(STRENGTHS)


def test_a_recommendation_survives_the_way_through_its_document():
    policy = recommend("srv", [labelled("peek"), MANAGE, labelled("wipe", "Destructive")])
    assert Policy.from_json(policy.to_json(reasons=True, pins=True)) == policy
    assert Policy.from_json(policy.to_json()) == policy.without_notes()


def test_a_name_that_appears_twice_keeps_the_stricter_answer():
    for tools in ([labelled("x"), labelled("x", "Destructive")], [labelled("x", "Destructive"), labelled("x")]):
        assert recommend("srv", tools).tools["x"].approve
