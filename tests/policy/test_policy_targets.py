"""What is written for a target means there what the policy means here, wherever no loss is reported."""

import json
import os
import tomllib

import cedarpy
import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings

from catalog.errors import UsageError
from catalog.policy.engine import Engine, Outcome
from catalog.policy.export import Export
from catalog.policy.recommend import recommend
from catalog.policy.records import STRENGTHS, Policy, Strength
from catalog.policy.targets import TARGETS, find_target
from classifier.records import Mode
from classifier.resources import data_path
from tests.policy import strategies
from tests.policy.labels import labelled
from tests.policy.readers import READERS, Answer

EXAMPLES = int(os.environ.get("POLICY_EXAMPLES", "120"))
MEANS: dict[Outcome, Answer] = {"allow": "allow", "approve": "ask", "deny": "deny", "limited": "deny"}
LOOSENESS = {"deny": 0, "ask": 1, "allow": 2}
SCHEMAS = (
    "gateway",
    "intercept",
    "claude-code",
    "codex",
    "gemini-cli",
    "vscode",
    "cursor",
    "cursor-cli",
    "toolhive",
    "mcpproxy",
)
LISTS, DELETES = Mode("/action", "choice", "list", "Read"), Mode("/action", "choice", "delete", "Destructive")
TOOLS = [
    labelled("peek"),
    labelled("read_mail", "Read", "private_data"),
    labelled("add_row", "Write"),
    labelled("post", "Write", "communicate"),
    labelled("wipe", "Destructive"),
    labelled("odd", needs_review=True),
    labelled("pay", "Write", "financial", properties={"amount": {"type": "number"}}, required=("amount",)),
    labelled("manage", "Destructive", modes=(LISTS, DELETES)),
    labelled('q"uo\\te\n; permit(principal, action, resource); //', "Read"),
    labelled("*", "Read"),
]


def parsed(target: str, text: str) -> object:
    if target in ("codex", "gemini-cli"):
        return tomllib.loads(text)
    return yaml.safe_load(text) if target == "intercept" else json.loads(text)


def beyond_64_bits(value: object) -> bool:
    """Whether Cedar cannot hold the number: its host then refuses the whole call, whatever the policy says."""
    return isinstance(value, int | float) and not -(2**63) <= value < 2**63


def check_schema(target: str, export: Export) -> None:
    schema = json.loads(data_path(f"policy/targets/{target}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(parsed(target, export.documents[0].text))


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("target", SCHEMAS)
def test_what_is_written_follows_the_targets_own_schema(target: str, strength: Strength):
    check_schema(target, TARGETS[target].write(recommend("srv", TOOLS, strength), "srv"))


@pytest.mark.parametrize("strength", STRENGTHS)
def test_cedar_statements_are_read_by_cedar(strength: Strength):
    text = TARGETS["cedar"].write(recommend("srv", TOOLS, strength), "srv").documents[0].text
    assert len(json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]) >= 1


@pytest.mark.parametrize("target", READERS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=strategies.documents, call=strategies.calls)
def test_a_target_and_the_engine_agree_wherever_no_loss_is_reported(target: str, document, call):
    policy = Policy.from_json(document)
    export = TARGETS[target].write(policy, "srv")
    tool, arguments = call
    assume(target not in ("cedar", "toolhive") or not any(map(beyond_64_bits, arguments.values())))
    answer = READERS[target](export.documents[0].text, "srv", tool, arguments)
    meant = MEANS[Engine(policy).decide(tool, arguments, {}, 0).outcome]
    lost = {loss.tool for loss in export.losses}
    if tool not in lost and None not in lost:
        assert answer == meant, (export.documents[0].text, call)


@pytest.mark.parametrize("target", sorted(set(READERS) - {"vscode", "cursor", "cursor-cli", "claude-code"}))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=strategies.documents, call=strategies.calls)
def test_where_something_is_lost_a_person_is_the_least_that_stands_in_the_way(target: str, document, call):
    """No limit, no reason is known here, so no target may allow what the policy does not."""
    for rules in document.get("tools", {}).values():
        rules.pop("limits", None)
    document.pop("all_tools", None)
    policy = Policy.from_json(document)
    text = TARGETS[target].write(policy, "srv").documents[0].text
    meant = MEANS[Engine(policy).decide(*call, {}, 0).outcome]
    if READERS[target](text, "srv", *call) == "allow" and meant != "allow":
        losses = [loss.what for loss in TARGETS[target].write(policy, "srv").losses if loss.tool == call[0]]
        assert any("text" in what for what in losses), (text, call)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("target", READERS)
def test_no_target_runs_a_dangerous_or_doubtful_tool_unasked(target: str, strength: Strength):
    text = TARGETS[target].write(recommend("srv", TOOLS, strength), "srv").documents[0].text
    for tool in ("wipe", "pay", "odd"):
        assert READERS[target](text, "srv", tool, {}) != "allow"


@pytest.mark.parametrize("target", sorted(set(READERS) - {"vscode"}))
def test_reads_run_unasked_in_every_target_that_can_say_so(target: str):
    text = TARGETS[target].write(recommend("srv", TOOLS[:2]), "srv").documents[0].text
    assert [READERS[target](text, "srv", tool, {}) for tool in ("peek", "read_mail")] == ["allow", "allow"]


def test_hints_follow_the_label_and_doubt_counts_as_destructive():
    (document,) = TARGETS["annotations"].write(recommend("srv", TOOLS[:6]), "srv").documents
    hints = json.loads(document.text)["srv"]
    assert {name: (h["readOnlyHint"], h["destructiveHint"]) for name, h in hints.items()} == {
        "peek": (True, False),
        "read_mail": (True, False),
        "add_row": (False, False),
        "post": (False, False),
        "wipe": (False, True),
        "odd": (False, True),
    }


def test_our_own_language_loses_nothing():
    policy = recommend("srv", TOOLS)
    export = TARGETS["catalog"].write(policy, "srv")
    assert export.losses == ()
    assert Policy.from_json(json.loads(export.documents[0].text)) == policy.without_notes()


def test_every_target_is_read_back_or_only_carries_hints():
    assert set(TARGETS) == set(READERS) | {"catalog", "mcpproxy", "annotations"}


def test_an_unknown_target_names_those_there_are():
    with pytest.raises(UsageError, match="nothing-like-it") as caught:
        find_target("nothing-like-it")
    assert "claude-code" in (caught.value.hint or "")
