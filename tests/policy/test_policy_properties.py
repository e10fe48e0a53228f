"""What holds for every policy and every call."""

import copy
import json
import os
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.errors import InvalidInput
from catalog.policy.engine import Engine, Outcome
from catalog.policy.parse import InvalidPolicy, load_policy
from catalog.policy.records import Policy
from tests.policy import strategies

EXAMPLES = int(os.environ.get("POLICY_EXAMPLES", "120"))  # more for a long run
NOW_S = 1_800_000_000.0
LOOSENESS: dict[Outcome, int] = {"deny": 0, "limited": 0, "approve": 1, "allow": 2}
many = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(document: dict[str, Any], call: tuple[str, dict[str, Any]]) -> Outcome:
    return Engine(Policy.from_json(document)).decide(*call, {}, NOW_S).outcome


@many
@given(
    strategies.documents,
    strategies.calls,
    strategies.guards("on_deny"),
    st.sampled_from(("deny_if", "require", "hide")),
)
def test_adding_a_denial_never_allows_more(document, call, guard, kind):
    before = outcome(document, call)
    stricter = json.loads(json.dumps(document))
    name = call[0]
    if kind == "hide":
        stricter.setdefault("hide", []).append(name)
    elif name in stricter.get("tools", {}):
        stricter["tools"][name].setdefault(kind, []).insert(0, guard)
    assert LOOSENESS[outcome(stricter, call)] <= LOOSENESS[before]


@many
@given(strategies.documents, strategies.calls, st.randoms(use_true_random=False))
def test_the_order_of_keys_never_matters(document, call, random):
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    one, other = (
        Engine(Policy.from_json(d)).decide(*c, {}, NOW_S)
        for d, c in ((document, call), (shuffled(document), shuffled(list(call))))
    )
    assert one == other


@many
@given(strategies.documents)
def test_a_policy_survives_the_way_through_its_document(document):
    policy = Policy.from_json(document)
    assert load_policy(json.dumps(policy.to_json())) == policy


@many
@given(strategies.documents, strategies.calls)
def test_a_decision_depends_on_nothing_but_its_inputs(document, call):
    engine = Engine(Policy.from_json(document))
    assert engine.decide(*call, {}, NOW_S) == engine.decide(*call, {}, NOW_S)


@many
@given(st.one_of(strategies.json_values, strategies.half_documents))
def test_a_malformed_policy_is_a_clear_error(document):
    try:
        policy = Policy.from_json(document)
    except InvalidPolicy as error:
        assert error.problems and all(pointer.startswith("/") or not pointer for pointer, _ in error.problems)
    else:
        assert document["version"] == "1" and policy.default == document["default"]


@many
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_bytes_that_are_no_policy_are_a_clear_error(text):
    try:
        load_policy(text)
    except InvalidInput as error:
        assert error.exit_code == 6
    else:
        raise AssertionError(text)


@many
@given(strategies.documents, strategies.json_values, strategies.json_values)
def test_a_malformed_call_is_denied_and_never_crashes(document, name, arguments):
    policy = Policy.from_json({**document, "default": "deny"})
    decision = Engine(policy).decide(name, arguments, {}, NOW_S)
    if not isinstance(name, str) or not (arguments is None or isinstance(arguments, dict)) or name not in policy.tools:
        assert decision.outcome == "deny"


@many
@given(strategies.rules, strategies.json_values)
def test_any_arguments_get_an_answer(rules, arguments):
    policy = Policy.from_json({"version": "1", "default": "deny", "tools": {"t": rules}})
    keyed = arguments if isinstance(arguments, dict) else {"action": arguments, "amount": arguments}
    assert Engine(policy).decide("t", keyed, {}, NOW_S).outcome in LOOSENESS


JUNK = (
    None,
    True,
    -1,
    1e308,
    10**400,
    "",
    "x",
    "args.",
    "args.a.b",
    [],
    [[]],
    {},
    {"": 0},
    "\ud800",
    "(",
    float("nan"),
    "x" * 5_000,
)
VALID = {
    "version": "1",
    "default": "deny",
    "hide": ["wipe"],
    "all_tools": {"limits": [{"counter": "all", "window": "minute", "max": 5, "scope": "grant"}]},
    "tools": {
        "read": {},
        "write": {
            "require": [{"conditions": [{"path": "args.action", "op": "in", "value": ["list"]}], "on_deny": "no"}],
            "deny_if": [{"conditions": [{"path": "args.amount", "op": "gt", "value": 10}]}],
            "approve": [
                {"conditions": [{"path": "args.sql", "op": "sql_reads_only", "value": False}], "reason": "why"}
            ],
            "limits": [{"counter": "c", "window": "day", "max": 5, "increment_from": "args.amount"}],
        },
    },
}
CALL = {
    "name": "write",
    "arguments": {"action": "list", "amount": 3, "sql": "SELECT 1", "deep": {"a": [1, {"b": None}]}},
}


def mutated(value: Any, rng: random.Random) -> Any:
    """A copy with one to three places broken: replaced, dropped, doubled or renamed."""
    broken = json.loads(json.dumps(value))
    for _ in range(rng.randint(1, 3)):
        places = list(_places(broken))
        if not places:
            break
        container, key = rng.choice(places)
        way = rng.randrange(4)
        if way == 0 and isinstance(container, dict):
            container[str(rng.choice(JUNK))[:20]] = container.pop(key)
        elif way == 1:
            del container[key]
        elif way == 2 and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        else:
            container[key] = copy.deepcopy(rng.choice(JUNK))
    return broken


def _places(value: Any) -> Any:
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**64))
def test_ten_thousand_broken_policies_and_calls_give_an_error_or_a_judgement(seed):
    rng = random.Random(seed)
    engine = Engine(Policy.from_json(VALID))
    for _ in range(50):
        try:
            policy = Policy.from_json(mutated(VALID, rng))
        except InvalidPolicy:
            pass
        else:
            assert Engine(policy).decide("unlisted", {}, {}, NOW_S).outcome != "allow" or policy.default == "allow"
        call = mutated(CALL, rng)
        decision = engine.decide(call.get("name"), call.get("arguments"), {}, NOW_S)
        if decision.outcome == "allow":
            arguments = call.get("arguments") or {}
            assert call["name"] == "read" or (arguments["action"] == "list" and 0 <= arguments["amount"] <= 5)
