"""Knowledge as data: each verb has one effect, every form of it is found, and clauses tell commands from talk."""

import tomllib
from pathlib import Path

import pytest

from classifier.clauses import load_grammar, read_clauses
from classifier.lexicon import inflect, load_lexicon
from classifier.resources import data_path
from classifier.text import text_parts

FILES = sorted(data_path("lexicon").glob("en-*.toml"))


def votes(text: str) -> list[tuple[str, str]]:
    return [(v.verb.lemma, v.zone) for v in read_clauses(text_parts(text), load_lexicon(), load_grammar())]


def test_the_lexicon_is_large_and_found() -> None:
    assert len(FILES) >= 4
    assert load_lexicon().count() > 1700


def test_no_verb_has_two_effects() -> None:
    effects: dict[str, set[str]] = {}
    for path in FILES:
        for group in tomllib.loads(path.read_text())["group"]:
            if group.get("where") != "name":
                for word in [*group["words"].split(), *group.get("phrases", ())]:
                    effects.setdefault(word, set()).add(group["effect"])
    assert effects
    assert {word for word, said in effects.items() if len(said) > 1} == set()


@pytest.mark.parametrize("path", sorted(data_path("lexicon").rglob("*.toml")), ids=lambda p: p.name)
def test_a_lexicon_file_is_valid_and_its_words_are_lower_case(path: Path) -> None:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    assert raw
    for group in raw.get("group", ()):
        assert group["words"] == group["words"].lower()


@pytest.mark.parametrize(
    ("base", "forms"),
    [
        ("delete", {"deletes", "deleted", "deleting"}),
        ("stop", {"stops", "stopped", "stopping"}),
        ("copy", {"copies", "copied", "copying"}),
        ("push", {"pushes", "pushed", "pushing"}),
        ("free", {"frees", "freed", "freeing"}),
    ],
)
def test_forms_follow_from_the_base(base: str, forms: set[str]) -> None:
    assert forms <= {surface for surface, _ in inflect(base)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Delete a parcel.", ("delete", "main")),
        ("This tool deletes a parcel.", ("delete", "main")),
        ("A helper for deleting parcels.", ("delete", "main")),
        ("Shuts down the depot.", ("shut_down", "main")),
        ("Lists parcels. Does not delete anything.", ("delete", "negated")),
        ("Lists parcels without deleting them.", ("delete", "negated")),
        ("Lists parcels. Use this before you delete one.", ("delete", "condition")),
        ("Lists parcels. Use another tool to delete one.", ("delete", "guide")),
        ("Reads a parcel. Its label is overwritten.", ("overwrite", "passive")),
        ("Reads a parcel.\n\nArgs:\n  delete: what to delete", ("delete", "section")),
    ],
)
def test_a_verb_counts_by_where_it_stands(text: str, expected: tuple[str, str]) -> None:
    assert expected in votes(text)


def test_a_past_form_that_describes_a_thing_is_no_command() -> None:
    assert votes("List deleted parcels.") == [("list", "main")]
