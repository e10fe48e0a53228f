"""Quotes and reasons are made for people."""

import classifier
from classifier.clauses import load_grammar, read_clauses
from classifier.lexicon import load_lexicon
from classifier.reading import read_definition
from classifier.reason import explain_answer
from classifier.records import Definition, Evidence
from classifier.rules.match import load_matcher
from classifier.text import text_parts


def rules_of(description: str) -> set[str]:
    return {m.rule.id for m in load_matcher().match(read_definition(Definition("x", None, None, description, {})))}


def test_words_of_two_sentences_make_no_phrase() -> None:
    assert "deploys" in rules_of("Run the nightly server build.")
    assert "deploys" not in rules_of("Shows the last run. Never read server logs with it.")


def test_a_dot_inside_a_name_ends_no_sentence() -> None:
    assert "deploys" in rules_of("Run the node.js server.")


def test_a_verb_is_quoted_with_what_it_acts_on() -> None:
    [answer] = classifier.load().classify([Definition("erase", None, None, "Erase the disks, then stop.", {})])
    assert "Erase the disks" in [e.text for e in answer.evidence]


def test_a_parameter_is_spoken_of_as_one() -> None:
    parameter = Evidence("inputSchema", "sql", "rule:sql-free", path="/properties/sql")
    choice = Evidence("inputSchema", "delete", "mode:action", path="/properties/action/enum/1")
    assert explain_answer("Destructive", (), [parameter], (), True).startswith("It takes the parameter “sql”: it can")
    assert explain_answer("Destructive", (), [choice], (), True).startswith("It offers the choice “delete”: it can")


def test_a_method_with_a_path_is_no_command() -> None:
    votes = read_clauses(text_parts("POST /limits - the limits of an account"), load_lexicon(), load_grammar())
    assert [(v.verb.lemma, v.zone) for v in votes][:1] == [("post", "endpoint")]
