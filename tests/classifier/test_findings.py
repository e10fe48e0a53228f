"""A declared hint is a claim: it may raise an answer, never lower it, and a contradiction is a finding."""

from typing import Any

import classifier
from classifier.classify import raise_by_hints
from classifier.records import Classification, Definition


def answer(hints: dict[str, Any] | None) -> Classification:
    definition = Definition("delete_parcel", "depot", None, "Permanently deletes a parcel.", {}, hints)
    return classifier.load().classify([definition])[0]


def test_a_read_only_hint_does_not_lower_a_deleting_tool_and_is_a_finding() -> None:
    got = answer({"readOnlyHint": True})
    assert got.category == "Destructive"
    assert [f.id for f in got.findings] == ["hint-read-only-contradicted"]
    assert got.findings[0].evidence[0].path == "/readOnlyHint"


def test_a_hint_that_denies_destruction_is_a_finding() -> None:
    assert [f.id for f in answer({"destructiveHint": False}).findings] == ["hint-not-destructive-contradicted"]


def test_hints_that_agree_or_are_absent_or_no_booleans_say_nothing() -> None:
    for hints in (None, {}, {"destructiveHint": True}, {"readOnlyHint": "yes"}, {"readOnlyHint": None}):
        assert answer(hints).findings == ()


def test_a_hint_raises_only_what_was_close() -> None:
    definition = Definition("x", annotations={"destructiveHint": True})
    assert raise_by_hints(definition, "Write", (0.1, 0.6, 0.3)) == "Destructive"
    assert raise_by_hints(definition, "Write", (0.1, 0.85, 0.05)) == "Write"
    changing = Definition("x", annotations={"readOnlyHint": False})
    assert raise_by_hints(changing, "Read", (0.6, 0.3, 0.1)) == "Write"
    assert raise_by_hints(changing, "Read", (0.95, 0.04, 0.01)) == "Read"


def test_no_hint_ever_lowers_an_answer() -> None:
    calm = Definition("x", annotations={"readOnlyHint": True, "destructiveHint": False})
    assert raise_by_hints(calm, "Destructive", (0.5, 0.3, 0.2)) == "Destructive"
    assert raise_by_hints(calm, "Write", (0.5, 0.4, 0.1)) == "Write"
