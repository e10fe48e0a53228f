"""Every rule hits what it says it hits, quotes it exactly, and stays silent on its near misses."""

import pytest

from classifier.evidence import quote_span
from classifier.reading import read_definition
from classifier.records import Definition
from classifier.rules.load import load_rules
from classifier.rules.match import Matcher, compile_matcher
from classifier.rules.records import Case, Match, Rule

RULES = load_rules()
HITS = [(rule, case) for rule in RULES for case in rule.hits]
NEAR_MISSES = [(rule, case) for rule in RULES for case in rule.near_misses]


def _match(rule: Rule, case: Case) -> tuple[Definition, list[Match]]:
    matcher: Matcher = compile_matcher((rule,))
    definition = Definition.from_json({"name": "", **case.definition})
    return definition, matcher.match(read_definition(definition))


def test_rules_are_found_and_each_has_a_hit_and_a_near_miss() -> None:
    assert len(RULES) >= 40
    assert all(rule.hits and rule.near_misses for rule in RULES)
    assert all(case.quotes for _, case in HITS)
    assert all(case.why for _, case in NEAR_MISSES)


@pytest.mark.parametrize(("rule", "case"), HITS, ids=[rule.id for rule, _ in HITS])
def test_a_rule_hits_and_quotes_its_evidence(rule: Rule, case: Case) -> None:
    definition, matches = _match(rule, case)
    assert matches, f"{rule.id} does not hold"
    reading = read_definition(definition)
    quotes = [quote_span(reading, span, rule.id).text for span in matches[0].spans]
    assert sorted(quotes) == sorted(case.quotes)


@pytest.mark.parametrize(("rule", "case"), NEAR_MISSES, ids=[rule.id for rule, _ in NEAR_MISSES])
def test_a_rule_stays_silent_on_its_near_miss(rule: Rule, case: Case) -> None:
    _, matches = _match(rule, case)
    assert not matches, case.why
