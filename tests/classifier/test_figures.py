"""What is published is counted as the labels mean it."""

import json
from pathlib import Path

import pytest

from classifier.errors import InvalidLabels
from classifier.evaluate import cross_validate, evaluate, report
from classifier.figures import Answered, all_figures, calibration_error
from classifier.model.labels import LabelledRow, definition_digest, drop_repeats, label_without_text, load_labels
from classifier.model.scorer import load_scorer
from classifier.model.train import digest_of, train
from classifier.plots import save_plots
from classifier.records import Category, Definition
from classifier.resources import data_path

OWN = data_path("labels", "own.jsonl")


def answered(label: Category, said: Category, confidence: float = 0.9, unsure: bool = False) -> Answered:
    row = LabelledRow(Definition("x", "s"), label, ("execute",), unsure)
    return Answered(row, said, ("execute",) if label == said else (), confidence, confidence < 0.5)


def test_misses_and_false_alarms_are_told_apart() -> None:
    given = [
        answered("Read", "Read"),
        answered("Read", "Write"),
        answered("Write", "Read"),
        answered("Destructive", "Write"),
        answered("Destructive", "Destructive", 0.2, unsure=True),
    ]
    figures = all_figures(given)
    assert (figures["all"]["danger_misses"], figures["all"]["changing"]) == (1, 3)
    assert (figures["all"]["false_alarms"], figures["all"]["reading"]) == (1, 2)
    assert figures["all"]["destructive_recall"] == 0.5
    assert figures["clear"]["n"] == 4
    assert figures["decided"]["n"] == 4
    assert figures["needs_review"] == pytest.approx(0.2)
    assert figures["capabilities"]["execute"]["positives"] == 5
    assert "danger misses 1/3" in report(figures)


def test_calibration_error_is_the_distance_between_confidence_and_truth() -> None:
    assert calibration_error([answered("Read", "Read", 1.0)] * 4) == 0.0
    assert calibration_error([answered("Read", "Write", 0.9)] * 4) == pytest.approx(0.9)


def test_the_shipped_model_gets_the_definitions_right_that_were_written_for_it() -> None:
    figures = evaluate(load_labels(OWN), errors=3)
    assert figures["all"]["n"] > 900
    assert figures["all"]["accuracy"] > 0.97
    assert figures["bad_spans"] == 0
    assert figures["without_evidence"] == 0
    assert len(figures["errors"]) == 3


def test_training_is_reproducible_and_its_card_tells_what_it_used(tmp_path: Path) -> None:
    first = train([OWN, OWN], tmp_path / "a", seed=1, date="2026-01-01")
    again = train([OWN, OWN], tmp_path / "b", seed=1, date="2026-01-01")
    assert first.to_json() | {"size_bytes": 0} == again.to_json() | {"size_bytes": 0}
    a, b = load_scorer(tmp_path / "a" / "weights.npz"), load_scorer(tmp_path / "b" / "weights.npz")
    assert a.vocabulary == b.vocabulary
    assert (a.weights == b.weights).all()
    card = json.loads((tmp_path / "a" / "card.json").read_text())
    assert card["date"] == "2026-01-01"
    assert {source["file"] for source in card["data"]} == {"own.jsonl"}
    assert card["rows"] == len(drop_repeats(load_labels(OWN)))
    assert (tmp_path / "a" / "model.skops").stat().st_size > 0


def test_other_weights_from_the_same_labels_are_another_version() -> None:
    scorer = load_scorer(data_path("model", "weights.npz"))
    labels = [entry["sha256"] for entry in json.loads(data_path("model", "card.json").read_text())["data"]]
    assert scorer.version.endswith("-" + digest_of(scorer, labels, 0))
    scorer.weights[0, 0] += 1
    assert not scorer.version.endswith("-" + digest_of(scorer, labels, 0))


def test_the_archive_of_estimators_says_the_same_as_the_weights() -> None:
    import numpy as np
    import skops.io

    path = data_path("model", "model.skops")
    estimators = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    scorer = load_scorer(data_path("model", "weights.npz"))
    assert {name: int(i) for name, i in estimators["vectorizer"].vocabulary_.items()} == scorer.vocabulary
    assert np.allclose(estimators["category"].coef_.T, scorer.weights[:, :3], atol=2e-3)


def test_cross_validation_measures_every_row_once_and_draws(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need the extra `plots`")
    rows = [
        LabelledRow(
            Definition(r.definition.name, f"s{n % 7}", None, r.definition.description), r.category, r.capabilities
        )
        for n, r in enumerate(load_labels(OWN)[:240])
    ]
    figures = cross_validate(rows, folds=3)
    assert figures["all"]["n"] == len(drop_repeats(rows))
    assert figures["all"]["accuracy"] > 0.6
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in save_plots(figures, tmp_path))


@pytest.mark.parametrize("line", ["{", "[]", '{"name": "x"}', '{"name": "x", "label": {"category": "Safe"}}'])
def test_a_broken_label_file_names_the_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"name": "ok", "label": {"category": "Read"}}\n' + line + "\n")
    with pytest.raises(InvalidLabels, match=":2:"):
        load_labels(path)


def test_published_labels_hold_no_texts() -> None:
    row = LabelledRow(Definition("get_x", "s", "T", "Secret text", {"a": 1}), "Read", ("private_data",))
    assert "Secret" not in json.dumps(label_without_text(row))
    assert label_without_text(row)["digest"] == definition_digest(row.definition)
    published = [json.loads(line) for line in data_path("labels", "real.jsonl").read_text().splitlines()]
    assert len(published) > 3000
    assert all(set(entry) == {"digest", "server", "name", "label"} for entry in published)
