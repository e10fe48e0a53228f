"""Trains the model from label files and writes it with a card that says what it was made of."""

from __future__ import annotations

import hashlib
import json
import platform
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
import skops
import skops.io

from classifier.errors import InvalidLabels
from classifier.model.features import extract_features
from classifier.model.fit import calibrate, cross_logits, fit, raw_scorer
from classifier.model.labels import LabelledRow, drop_repeats, load_labels
from classifier.model.scorer import Scorer, save_scorer, softmax
from classifier.modes import find_modes
from classifier.reading import read_definition
from classifier.records import CATEGORIES
from classifier.rules.match import load_matcher

FOLDS = 6
WEIGHTS_FILE = "weights.npz"
SKOPS_FILE = "model.skops"
CARD_FILE = "card.json"


@dataclass(frozen=True, slots=True)
class Card:
    """What a trained model was made of and what it can do. `figures` come from cross-validation grouped by server."""

    version: str
    date: str
    seed: int
    data: list[dict[str, Any]]
    rows: int
    servers: int
    categories: dict[str, int]
    figures: dict[str, Any]
    settings: dict[str, float]
    size_bytes: int
    libraries: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def _read_files(paths: Sequence[Path]) -> tuple[list[LabelledRow], list[dict[str, Any]]]:
    rows: list[LabelledRow] = []
    sources: list[dict[str, Any]] = []
    for path in paths:
        found = load_labels(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sources.append({"file": path.name, "sha256": digest, "rows": len(found)})
        rows.extend(found)
    if len({row.category for row in rows}) < len(CATEGORIES):
        raise InvalidLabels(f"the labels must hold rows of every category: {', '.join(CATEGORIES)}")
    kept = drop_repeats(rows)
    return sorted(kept, key=lambda row: row.is_own), sources  # own rows last: they train, but measure nothing


def category_figures(probability: Any, rows: Sequence[LabelledRow]) -> dict[str, Any]:
    """Per category: precision, recall and F1; with the number of rows and the accuracy."""
    said = probability.argmax(axis=1)
    target = np.array([CATEGORIES.index(row.category) for row in rows])
    out: dict[str, Any] = {"rows": len(rows), "accuracy": round(float((said == target).mean()), 4)}
    for c, name in enumerate(CATEGORIES):
        hit = int(((said == c) & (target == c)).sum())
        called, held = int((said == c).sum()), int((target == c).sum())
        out[name] = {
            "precision": round(hit / max(1, called), 4),
            "recall": round(hit / max(1, held), 4),
            "f1": round(2 * hit / max(1, called + held), 4),
        }
    return out


def digest_of(scorer: Scorer, labels: Sequence[str], seed: int) -> str:
    """Ten hexadecimal digits of labels, seed, words and weights: other rules with the same labels are another model."""
    digest = hashlib.sha256(json.dumps([*labels, seed, *sorted(scorer.vocabulary)]).encode())
    digest.update(scorer.weights.astype(np.float16).tobytes())
    return digest.hexdigest()[:10]


def train(label_files: Sequence[Path], out_dir: Path, seed: int = 0, date: str = "") -> Card:
    """Fits on all rows, calibrates on out-of-fold scores grouped by server, writes `out_dir`.

    Written: `weights.npz` (what the classifier loads), `model.skops` (the scikit-learn estimators) and `card.json`.
    `date` goes into the card as it is given. Raises InvalidLabels, OSError.
    """
    rows, sources = _read_files(label_files)
    matcher = load_matcher()
    readings = [read_definition(row.definition) for row in rows]
    features = [extract_features(reading, matcher.match(reading), find_modes(reading)) for reading in readings]
    real = [row for row in rows if not row.is_own] or rows
    logits = cross_logits(features, rows, folds=FOLDS, seed=seed, extra=len(rows) - len(real))[: len(real)]
    fitted = fit(features, rows)
    scorer = calibrate(raw_scorer(fitted), logits, real)
    scorer.version = f"{date or 'undated'}-{digest_of(scorer, [s['sha256'] for s in sources], seed)}"
    out_dir.mkdir(parents=True, exist_ok=True)
    save_scorer(scorer, out_dir / WEIGHTS_FILE)
    estimators = {"vectorizer": fitted.vectorizer, "category": fitted.category, "capabilities": fitted.capabilities}
    estimators["doubt"] = fitted.doubt
    skops.io.dump(estimators, out_dir / SKOPS_FILE, compression=zipfile.ZIP_DEFLATED, compresslevel=9)
    card = Card(
        version=scorer.version,
        date=date,
        seed=seed,
        data=sources,
        rows=len(rows),
        servers=len({row.group for row in rows}),
        categories=dict(Counter(row.category for row in rows)),
        figures=category_figures(softmax(logits[:, : len(CATEGORIES)]), real),
        settings={
            "temperature": round(scorer.temperature, 4),
            "review_below": round(scorer.review_below, 4),
            "features": len(scorer.vocabulary),
        },
        size_bytes=(out_dir / WEIGHTS_FILE).stat().st_size,
        libraries={
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "skops": skops.__version__,
        },
    )
    (out_dir / CARD_FILE).write_text(json.dumps(card.to_json(), indent=2) + "\n", encoding="utf-8")
    return card
