"""Errors name the path of what is wrong, and the published schema agrees with the reader."""

import json

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from catalog.policy.parse import InvalidPolicy, load_policy
from catalog.policy.records import Policy
from classifier.resources import data_path
from tests.policy import strategies

SCHEMA = json.loads(data_path("policy/policy.schema.json").read_text("utf-8"))
BASE = {"version": "1", "default": "deny"}


def tool(**rules: object) -> dict[str, object]:
    return {**BASE, "tools": {"t": rules}}


def condition(**changed: object) -> dict[str, object]:
    return tool(require=[{"conditions": [{"path": "args.a", "op": "eq", "value": 1, **changed}]}])


WRONG = [
    ({}, "/version"),
    ({"version": "1"}, "/default"),
    ({"version": "2", "default": "deny"}, "/version"),
    ({"version": 1, "default": "deny"}, "/version"),
    ({**BASE, "default": "ask"}, "/default"),
    ({**BASE, "hide": "t"}, "/hide"),
    ({**BASE, "hide": [1]}, "/hide/0"),
    ({**BASE, "tols": {}}, "/tols"),
    ({**BASE, "tools": []}, "/tools"),
    ({**BASE, "tools": {"a/b": {"deny": []}}}, "/tools/a~1b/deny"),
    (tool(deny_if=[{}]), "/tools/t/deny_if/0/conditions"),
    (tool(deny_if=[{"conditions": [], "reason": "x"}]), "/tools/t/deny_if/0/reason"),
    (tool(approve=[{"conditions": [], "on_deny": "x"}]), "/tools/t/approve/0/on_deny"),
    (condition(path="amount"), "/tools/t/require/0/conditions/0/path"),
    (condition(path="args..a"), "/tools/t/require/0/conditions/0/path"),
    (condition(op="equals"), "/tools/t/require/0/conditions/0/op"),
    (condition(op="gt", value="5"), "/tools/t/require/0/conditions/0/value"),
    (condition(op="gt", value=True), "/tools/t/require/0/conditions/0/value"),
    (condition(op="in", value="a"), "/tools/t/require/0/conditions/0/value"),
    (condition(op="exists", value=1), "/tools/t/require/0/conditions/0/value"),
    (condition(op="eq", value=[1]), "/tools/t/require/0/conditions/0/value"),
    (tool(limits=[{"counter": "c", "window": "week", "max": 1}]), "/tools/t/limits/0/window"),
    (tool(limits=[{"counter": "c", "window": "day", "max": -1}]), "/tools/t/limits/0/max"),
    (tool(limits=[{"counter": "c", "window": "day"}]), "/tools/t/limits/0/max"),
    ({**BASE, "all_tools": {"require": []}}, "/all_tools/require"),
]


@pytest.mark.parametrize(("document", "pointer"), WRONG)
def test_an_error_names_the_place(document: object, pointer: str):
    with pytest.raises(InvalidPolicy) as caught:
        Policy.from_json(document)
    assert pointer in [where for where, _ in caught.value.problems]
    assert pointer in str(caught.value)


@pytest.mark.parametrize(("document", "pointer"), WRONG)
def test_the_published_schema_refuses_the_same(document: object, pointer: str):
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


@pytest.mark.parametrize("pattern", ["(", "(?=a)", "\\1", "a" * 3_000, "((a{900}){900})"])
def test_a_pattern_that_could_be_slow_or_is_none_is_refused(pattern: str):
    with pytest.raises(InvalidPolicy):
        Policy.from_json(condition(op="regex", value=pattern))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"version":"1","default":"deny","default":"allow"}',
        "[" * 100_000,
        json.dumps(tool(limits=[{"counter": "c", "window": "day", "max": float("nan")}])),
    ],
)
def test_text_that_two_readers_could_take_differently_is_refused(text: str):
    with pytest.raises(InvalidPolicy):
        load_policy(text)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.documents)
def test_the_published_schema_takes_what_the_reader_takes(document):
    Policy.from_json(document)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_the_published_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
