"""Definitions in, answers out."""

import subprocess
import sys

import pytest

import classifier
from classifier.classify import Classifier
from classifier.records import Definition


@pytest.fixture(scope="module")
def loaded() -> Classifier:
    return classifier.load()


def test_importing_the_records_does_not_pay_for_numpy() -> None:
    code = "import sys, classifier.records, classifier.risk, classifier; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "description", "category"),
    [
        ("list_parcels", "List all parcels on their way.", "Read"),
        ("create_parcel", "Create a parcel.", "Write"),
        ("delete_parcel", "Permanently delete a parcel.", "Destructive"),
        ("obliterateParcel", "Obliterates the parcel for good.", "Destructive"),
    ],
)
def test_a_plain_verb_decides_the_category(loaded: Classifier, name: str, description: str, category: str) -> None:
    [answer] = loaded.classify([Definition(name, "parcel-post", None, description, {})])
    assert answer.category == category
    assert answer.evidence


def test_answers_come_in_the_order_of_the_definitions(loaded: Classifier) -> None:
    names = [f"get_thing_{n}" for n in range(1200)]
    assert [a.name for a in loaded.classify([Definition(n) for n in names])] == names


def test_every_quote_is_exactly_what_stands_in_its_field(loaded: Classifier) -> None:
    definition = Definition("purgeQueue", "q", None, "Purges the queue, which cannot be undone.", {})
    [answer] = loaded.classify([definition])
    spans = [e for e in answer.evidence if e.start is not None]
    assert spans
    for e in spans:
        assert getattr(definition, e.field)[e.start : e.end] == e.text
