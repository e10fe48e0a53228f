"""How accuracy grows with the number of servers that were labelled.

usage: python benchmarks/learning_curve.py LABELS... [--train-only LABELS]... [--folds N] [--plot PICTURE.png]

Cross-validation grouped by server: in each fold the model is fitted to a growing share of the other servers and asked
about servers it has not seen. `--train-only` rows help every fit and are never measured. Category only.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from classifier.model.features import Features, extract_features
from classifier.model.fit import CATEGORY_C, MIN_ROWS, fold_numbers, row_weights
from classifier.model.labels import LabelledRow, drop_repeats, load_labels
from classifier.modes import find_modes
from classifier.reading import read_definition
from classifier.records import CATEGORIES
from classifier.rules.match import load_matcher

SHARES = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


def read_features(rows: Sequence[LabelledRow]) -> list[Features]:
    """The features of each row, in order."""
    matcher = load_matcher()
    readings = [read_definition(row.definition) for row in rows]
    return [extract_features(reading, matcher.match(reading), find_modes(reading)) for reading in readings]


def fit_category(
    features: Sequence[Features], rows: Sequence[LabelledRow]
) -> tuple[DictVectorizer, LogisticRegression]:
    """The category model alone, as `classifier.model.fit` makes it, with its vocabulary."""
    seen = Counter(name for row in features for name in row)
    vectorizer = DictVectorizer(dtype=np.float32)
    matrix = vectorizer.fit_transform([{k: v for k, v in row.items() if seen[k] >= MIN_ROWS} for row in features])
    target = np.array([CATEGORIES.index(row.category) for row in rows])
    weight = np.array(row_weights(rows))
    model = LogisticRegression(C=CATEGORY_C, max_iter=300, tol=1e-3).fit(matrix, target, sample_weight=weight)
    return vectorizer, model


def measure(rows: Sequence[LabelledRow], said: Sequence[int], used: Sequence[int], servers: float) -> dict[str, Any]:
    """Accuracy over the rows with the numbers `used`; `said` are category numbers."""
    clear = [i for i in used if not rows[i].unsure]
    right = {i for i in used if CATEGORIES[said[i]] == rows[i].category}
    changing = [i for i in clear if rows[i].category != "Read"]
    return {
        "servers": round(servers),
        "accuracy": round(len(right) / len(used), 4),
        "clear_accuracy": round(sum(i in right for i in clear) / len(clear), 4),
        "clear_misses": round(sum(said[i] == 0 for i in changing) / max(1, len(changing)), 4),
    }


def curve(rows: Sequence[LabelledRow], extra: Sequence[LabelledRow], folds: int, seed: int) -> list[dict[str, Any]]:
    """One point per share of the training servers, smallest first; the smaller sets lie within the larger."""
    everything = [*rows, *extra]
    features = read_features(everything)
    fold_of = fold_numbers(rows, folds, seed)
    points = []
    for share in SHARES:
        said = [0] * len(rows)
        counted = []
        for k in range(folds):
            servers = sorted({row.group for row, fold in zip(rows, fold_of, strict=True) if fold != k})
            random.Random(seed + k).shuffle(servers)
            kept = set(servers[: max(2, round(share * len(servers)))])
            counted.append(len(kept))
            known = [i for i, row in enumerate(rows) if fold_of[i] != k and row.group in kept]
            known += range(len(rows), len(everything))
            vectorizer, model = fit_category([features[i] for i in known], [everything[i] for i in known])
            asked = [i for i in range(len(rows)) if fold_of[i] == k]
            answers = np.asarray(model.predict(vectorizer.transform([features[i] for i in asked])))
            for i, answer in zip(asked, answers.tolist(), strict=True):
                said[i] = answer
        points.append(measure(rows, said, range(len(rows)), sum(counted) / folds))
    return points


def save_plot(with_own: list[dict[str, Any]], without: list[dict[str, Any]], path: Path) -> None:
    """Draws both curves; needs matplotlib (the extra `plots`)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for points, style in ((with_own, "-"), (without, "--")):
        note = "with written examples" if style == "-" else "labelled servers alone"
        servers = [p["servers"] for p in points]
        axes.plot(servers, [p["clear_accuracy"] for p in points], "o" + style, color="C0", label=f"clear rows, {note}")
        axes.plot(servers, [p["accuracy"] for p in points], "o" + style, color="C1", label=f"all rows, {note}")
    axes.set_xlabel("servers in training")
    axes.set_ylabel("accuracy on servers not seen")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Prints one JSON document with both curves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", nargs="+", type=Path)
    parser.add_argument("--train-only", action="append", default=[], type=Path)
    parser.add_argument("--folds", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    rows = drop_repeats([row for path in given.labels for row in load_labels(path)])
    extra = [row for path in given.train_only for row in load_labels(path)]
    with_own, without = curve(rows, extra, given.folds, given.seed), curve(rows, (), given.folds, given.seed)
    print(
        json.dumps({"rows": len(rows), "with_written_examples": with_own, "labelled_servers_alone": without}, indent=1)
    )
    if given.plot:
        save_plot(with_own, without, given.plot)


if __name__ == "__main__":
    main()
