"""Every rule has its proof, every rule names a known check, and no text makes matching slow."""

import re
import tomllib
from typing import Any

import pytest

from catalog.findings.checks import load_checks
from catalog.findings.folding import fold
from catalog.findings.instructions import FILES, Rule, find_instructions, load_rules, needed_rules, patterns_of
from classifier.resources import data_path

CASES: dict[str, dict[str, Any]] = tomllib.loads(data_path("instructions", "cases.toml").read_text("utf-8"))
RULES = {rule.id: rule for rule in load_rules()}


def test_rules_and_cases_belong_together_and_name_known_checks() -> None:
    assert len(RULES) >= 60
    assert set(RULES) == set(CASES)
    assert {rule.check for rule in RULES.values()} <= set(load_checks())


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_a_rule_holds_where_its_hits_say_and_quotes_exactly_that(rule: Rule) -> None:
    for marked in CASES[rule.id]["hits"]:
        text = marked.replace("«", "").replace("»", "")
        quoted = re.search("«(.*)»", marked, re.DOTALL)
        assert quoted is not None
        folded = fold(text)
        assert rule in needed_rules(folded.text), "no word of `needs` is in the hit"
        spans = [folded.span(i.start, i.end) for i in find_instructions(folded.text, [rule])]
        assert quoted.group(1).strip() in [text[start:end].strip() for start, end in spans]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_a_rule_is_silent_about_its_near_misses(rule: Rule) -> None:
    for text, why in CASES[rule.id]["near_misses"]:
        assert find_instructions(fold(text).text, [rule]) == [], why


def test_a_long_hostile_text_is_matched_in_time_linear_in_its_length() -> None:
    text = "ignore previous " * 4_000 + "do not tell the " * 4_000
    found = find_instructions(text, list(RULES.values()))
    assert all(i.end <= len(text) for i in found)


def test_the_quick_reading_of_a_rule_file_agrees_with_toml() -> None:
    for name in FILES:
        raw = tomllib.loads(data_path("instructions", name).read_text("utf-8"))["rule"]
        rules = [rule for rule in RULES.values() if rule.file == name]
        assert [r.id for r in rules] == [entry["id"] for entry in raw]
        for rule, entry in zip(rules, raw, strict=True):
            flags = (entry.get("cited", True), entry.get("encoded", True), entry.get("denied", False))
            assert (rule.check, rule.cited, rule.encoded, rule.denied) == (entry["check"], *flags)
            assert len(rule.needs) == len(entry["needs"]) and len(patterns_of(rule)) == len(entry["patterns"])
