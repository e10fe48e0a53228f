"""How a text begins: tags in brackets, "Use this tool to", and guidance before anything is said."""

import pytest

import classifier
from classifier.classify import destroys_twice
from classifier.reading import read_definition
from classifier.records import Definition
from classifier.rules.match import load_matcher


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("[Mutation] Delete a beam from the plan.", "delete"),
        ("Use this tool to add a guest to the tour.", "add"),
        ("Use it to find a guest.", "find"),
        ("Use when the tour is over and guests should leave. Removes all guests.", "remove"),
        ("USE WHEN: you want to delete guests.\n\nLists the guests of a tour.", "list"),
        ("Destructive write that permanently removes a hand from the farm", "remove"),
        ("Bulk relabel flour lots", "relabel"),
    ],
)
def test_the_main_verb_is_found_behind_the_opening(text: str, main: str) -> None:
    reading = read_definition(Definition("x", "depot", None, text, None))
    assert reading.main is not None
    lemma = reading.main.verb.lemma
    assert lemma == main


@pytest.mark.parametrize(
    ("name", "text", "twice"),
    [
        ("bench_delete", "Deletes a bench.", True),
        ("delete_beam", "Removes a beam of the plan.", True),
        ("delete_beam", "Moves a beam.", False),
        ("find_beam", "Deletes a beam.", False),
        ("delete_note", "Deletes a note, moving it to the trash.", False),
        ("remove_guest", "Remove a guest from the tour.", False),
        ("delete_note", "", False),
    ],
)
def test_name_and_text_that_both_destroy_are_told_from_detaching(name: str, text: str, twice: bool) -> None:
    reading = read_definition(Definition(name, "depot", None, text, None))
    assert destroys_twice(reading, load_matcher().match(reading)) is twice


def test_a_tool_whose_name_and_text_destroy_is_destructive_whatever_its_object() -> None:
    objects = ("zibblet", "quarn", "flooster", "vint", "drabble")
    asked = [Definition(f"delete_{o}", f"{o}-desk", None, f"Deletes a {o} by its id.", None) for o in objects]
    assert {a.category for a in classifier.load().classify(asked)} == {"Destructive"}
