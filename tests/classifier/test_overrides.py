"""Labels set by hand win, and what the classifier had said stays visible beside them."""

from pathlib import Path

import pytest

import classifier
from classifier.errors import InvalidModel, InvalidOverrides
from classifier.records import Definition

GOOD = """
[[override]]
tool = "purge_*"
category = "Write"
reason = "Purging moves to the attic"

[[override]]
server = "depot-*"
tool = "purge_all"
category = "Destructive"
capabilities = ["execute"]
reason = "Seen in the attic's source"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "overrides.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_last_entry_that_covers_a_tool_wins_and_shows_what_was_said(tmp_path: Path) -> None:
    loaded = classifier.load(overrides=write(tmp_path, GOOD))
    first, second, untouched = loaded.classify(
        [Definition("purge_box", "depot-1"), Definition("purge_all", "depot-1"), Definition("list_boxes", "depot-1")]
    )
    assert (first.category, first.confidence, first.needs_review) == ("Write", 1.0, False)
    assert first.override is not None
    assert first.override.category == "Destructive"
    assert first.override.source == "overrides.toml#1"
    assert (second.category, second.capabilities, second.risk) == ("Destructive", ("execute",), "critical")
    assert "Seen in the attic's source" in second.reason
    assert untouched.override is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[override]\n", "not valid TOML"),
        ('[[override]]\nreason = "r"\n', "needs a category"),
        ('[[override]]\ncategory = "Harmless"\nreason = "r"\n', "not one of"),
        ('[[override]]\ncategory = "Read"\n', "needs a reason"),
        ('[[override]]\ncategory = "Read"\nreason = "r"\ntol = "x"\n', "unknown key"),
        ('[[override]]\ncapabilities = ["fly"]\nreason = "r"\n', "must be a list of"),
        ('[override]\ncategory = "Read"\n', "holds only"),
    ],
)
def test_a_broken_file_says_what_is_wrong_and_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidOverrides, match=said):
        classifier.load(overrides=write(tmp_path, text))


def test_a_glob_full_of_stars_stays_cheap(tmp_path: Path) -> None:
    text = f'[[override]]\ntool = "{"*" * 50}a{"*a" * 40}"\ncategory = "Read"\nreason = "r"\n'
    loaded = classifier.load(overrides=write(tmp_path, text))
    assert loaded.classify([Definition("a" * 20 + "b")])[0].override is None


def test_a_missing_model_names_the_file_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="catalog train"):
        classifier.load(model_dir=tmp_path)
