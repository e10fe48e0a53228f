"""docs/policy.md says everything there is to the language, and its example means what it says."""

import json
import re
from pathlib import Path
from typing import get_args

from catalog.policy.engine import Engine
from catalog.policy.lint import Kind
from catalog.policy.records import OPS, Policy
from catalog.policy.targets import TARGETS
from classifier.resources import data_path

TEXT = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")


def fields(schema: object) -> set[str]:
    """Every property name in the schema, except the parts of a label."""
    if isinstance(schema, list):
        return set().union(*map(fields, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
    return own | set().union(*(fields(v) for k, v in schema.items() if k != "reason"), set())


def test_every_field_operator_target_and_remark_is_explained():
    schema = json.loads(data_path("policy/policy.schema.json").read_text("utf-8"))
    wanted = fields(schema) - {"$schema", "denying", "asking", "condition", "guard"}
    named = set(re.findall(r"`([^`\s]+)`", TEXT)) | {
        part for name in re.findall(r"`([\w.]+)`", TEXT) for part in name.split(".")
    }
    assert wanted - named == set()
    assert {*OPS, *TARGETS} - named == set()
    assert set(get_args(Kind)) - {"not-pinned"} - named == set()


def test_the_example_is_a_policy_and_does_what_it_shows():
    (example,) = re.findall(r"```json\n(.*?)```", TEXT, re.S)
    engine = Engine(Policy.from_json(json.loads(example)))
    calls = [
        ("list_orders", {}),
        ("manage_order", {"action": "get"}),
        ("manage_order", {"action": "cancel"}),
        ("refund", {"amount": 5, "reason": "broken"}),
        ("refund", {"amount": 5}),
        ("refund", {"amount": 101, "reason": "broken"}),
        ("drop_database", {}),
        ("anything", {}),
    ]
    outcomes = [engine.decide(name, arguments, {}, 0).outcome for name, arguments in calls]
    assert outcomes == ["allow", "allow", "approve", "approve", "deny", "deny", "deny", "deny"]


def test_the_table_of_recommendations_is_the_one_in_force():
    from catalog.policy.treatments import table, treatment

    rows = [line for line in TEXT.splitlines() if (line.startswith("|") and "a minute" in line) or "an hour" in line]
    said = {int(n) for row in rows for n in re.findall(r"(\d+) an? ", row)}
    strengths = ("strict", "recommended", "permissive")
    in_force = [treatment(name, strength) for name in table()["class"] for strength in strengths]  # type: ignore[arg-type]
    assert said <= {t.max for t in in_force}
    assert all(t.max in said for t in in_force if t.do == "limit")
