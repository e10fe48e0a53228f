"""What the engine answers, rule by rule."""

import pytest

from catalog.policy.engine import CounterKey, Engine
from catalog.policy.records import Policy

NOON_S = 1_800_000_000.0 - 1_800_000_000 % 86_400 + 43_200


def engine(**tools: object) -> Engine:
    return Engine(Policy.from_json({"version": "1", "default": "deny", "tools": tools}))


def ask(under_test: Engine, tool: str = "t", arguments: object = None, counts=None, now_s: float = NOON_S) -> str:
    return under_test.decide(tool, arguments, counts or {}, now_s).outcome


def condition(path: str, op: str, value: object) -> dict[str, object]:
    return {"conditions": [{"path": path, "op": op, "value": value}]}


def test_a_listed_tool_is_allowed_and_an_unlisted_one_denied():
    under_test = engine(t={})
    assert under_test.decide("t", {}, {}, NOON_S).rule == "/tools/t"
    assert under_test.decide("other", {}, {}, NOON_S).rule == "(default deny)"


@pytest.mark.parametrize("hide", [["t"], ["*"]])
def test_hiding_beats_listing(hide: list[str]):
    under_test = Engine(Policy.from_json({"version": "1", "default": "allow", "hide": hide, "tools": {"t": {}}}))
    assert under_test.hides("t")
    assert under_test.decide("t", {}, {}, NOON_S).rule == "(hidden)"


def test_the_rule_that_decided_is_named_by_its_pointer():
    under_test = engine(**{"a/b": {"deny_if": [condition("args.x", "eq", 1), condition("args.y", "eq", 1)]}})
    assert under_test.decide("a/b", {"y": 1}, {}, NOON_S).rule == "/tools/a~1b/deny_if/1"


@pytest.mark.parametrize(
    ("op", "value", "holds", "fails"),
    [
        ("eq", "a", "a", "b"),
        ("eq", 1, 1.0, 2),
        ("eq", True, True, False),
        ("neq", "a", "b", "a"),
        ("in", ["a", 2], 2, 3),
        ("not_in", ["a", "b"], "c", "a"),
        ("lt", 5, 4, 5),
        ("lte", 5, 5, 6),
        ("gt", 5, 6, 5),
        ("gte", 5, 5, 4),
        ("regex", "^feat/", "feat/x", "fix/x"),
        ("contains", "test", "a test", "none"),
        ("contains", "a", ["a"], ["b"]),
        ("sql_reads_only", True, "SELECT 1", "DELETE FROM t"),
        ("sql_reads_only", False, "DROP TABLE t", "SELECT 1"),
    ],
)
def test_each_operator_means_the_same_in_require_and_deny_if(op, value, holds, fails):
    must, must_not = (
        engine(t={"require": [condition("args.v", op, value)]}),
        engine(t={"deny_if": [condition("args.v", op, value)]}),
    )
    assert (ask(must, "t", {"v": holds}), ask(must, "t", {"v": fails})) == ("allow", "deny")
    assert (ask(must_not, "t", {"v": holds}), ask(must_not, "t", {"v": fails})) == ("deny", "allow")


@pytest.mark.parametrize(
    ("op", "value", "odd"),
    [("eq", True, "true"), ("gt", 5, "6"), ("gt", 5, True), ("lt", 5, float("nan")), ("regex", "x", 5),
     ("in", ["5"], 5), ("contains", "a", 5), ("eq", "a", ["a"]), ("sql_reads_only", True, 5)],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_never_opens_anything(op, value, odd):
    for rules, expected in (
        ({"require": [condition("args.v", op, value)]}, "deny"),
        ({"deny_if": [condition("args.v", op, value)]}, "deny"),
        ({"approve": [condition("args.v", op, value)]}, "approve"),
    ):
        assert ask(engine(t=rules), "t", {"v": odd}) == expected


def test_an_absent_argument_fails_require_and_passes_a_positive_deny():
    assert ask(engine(t={"require": [condition("args.v", "eq", 1)]})) == "deny"
    assert ask(engine(t={"deny_if": [condition("args.v", "gt", 1)]})) == "allow"


def test_an_absent_argument_does_not_slip_past_a_negative_condition():
    assert ask(engine(t={"deny_if": [condition("args.action", "not_in", ["list"])]})) == "deny"
    assert ask(engine(t={"approve": [condition("args.dry_run", "neq", True)]})) == "approve"


@pytest.mark.parametrize("arguments", [{"Amount": 900}, {"amount": 1, "AMOUNT": 900}])
def test_a_key_in_another_letter_case_does_not_slip_past_a_cap(arguments):
    assert ask(engine(t={"deny_if": [condition("args.amount", "gt", 100)]}), "t", arguments) == "deny"


def test_nested_arguments_are_reached_and_a_text_in_their_place_is_unclear():
    under_test = engine(t={"deny_if": [condition("args.payment.amount", "gt", 100)]})
    assert ask(under_test, "t", {"payment": {"amount": 101}}) == "deny"
    assert ask(under_test, "t", {"payment": {"amount": 99}}) == "allow"
    assert ask(under_test, "t", {"payment": '{"amount": 101}'}) == "deny"


def test_exists_tells_present_from_absent():
    under_test = engine(t={"require": [condition("args.reason", "exists", True)]})
    assert [ask(under_test, "t", a) for a in ({"reason": ""}, {"reason": None}, {})] == ["allow", "deny", "deny"]


def test_conditions_of_one_guard_are_joined_by_and_guards_by_or():
    both = {"conditions": [{"path": "args.a", "op": "eq", "value": 1}, {"path": "args.b", "op": "eq", "value": 1}]}
    under_test = engine(t={"deny_if": [both, condition("args.c", "eq", 1)]})
    outcomes = [ask(under_test, "t", a) for a in ({"a": 1}, {"a": 1, "b": 1}, {"c": 1})]
    assert outcomes == ["allow", "deny", "deny"]


def test_a_limit_blocks_the_call_after_the_last_allowed_one_and_opens_in_the_next_window():
    under_test = engine(t={"limits": [{"counter": "t_rate", "window": "minute", "max": 2}]})
    counts: dict[CounterKey, float] = {}
    outcomes = []
    for now_s in (NOON_S, NOON_S + 59.9, NOON_S + 59.95, NOON_S + 60):
        decision = under_test.decide("t", {}, counts, now_s)
        outcomes.append(decision.outcome)
        for charge in decision.charges:
            counts[charge.key] = counts.get(charge.key, 0) + charge.amount
    assert outcomes == ["allow", "allow", "limited", "allow"]


def test_a_limit_adds_up_the_amounts_that_calls_name():
    under_test = engine(
        t={"limits": [{"counter": "spend", "window": "day", "max": 100, "increment_from": "args.amount"}]}
    )
    (charge,) = under_test.decide("t", {"amount": 60}, {}, NOON_S).charges
    assert ask(under_test, "t", {"amount": 41}, {charge.key: 60}) == "limited"
    assert ask(under_test, "t", {"amount": 40}, {charge.key: 60}) == "allow"


@pytest.mark.parametrize("amount", [None, -1, "5", True, float("inf"), float("nan"), 2**60, [1]])
def test_an_amount_that_cannot_be_counted_is_not_let_through(amount):
    limit = {"counter": "spend", "window": "day", "max": 100, "increment_from": "args.amount"}
    assert ask(engine(t={"limits": [limit]}), "t", {"amount": amount}) == "limited"


def test_limits_for_all_tools_count_every_tool_together():
    limit = {"counter": "calls", "window": "hour", "max": 1}
    under_test = Engine(
        Policy.from_json({"version": "1", "default": "allow", "all_tools": {"limits": [limit]}, "tools": {"t": {}}})
    )
    (charge,) = under_test.decide("t", {}, {}, NOON_S).charges
    assert ask(under_test, "other", {}, {charge.key: 1}) == "limited"


def test_a_limit_is_judged_before_a_person_is_asked():
    under_test = engine(t={"approve": [{"conditions": []}], "limits": [{"counter": "c", "window": "day", "max": 0}]})
    assert ask(under_test) == "limited"


@pytest.mark.parametrize("call", [(None, {}), (5, {}), ("t", []), ("t", "x"), (["t"], {})])
def test_a_call_that_is_none_is_denied(call):
    assert engine(t={}).decide(*call, {}, NOON_S).rule == "(malformed call)"
