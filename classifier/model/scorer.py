"""The trained model at run time: named features in, calibrated probabilities out. Plain arrays, no scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.records import CAPABILITIES, CATEGORIES

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scores:
    """`categories` is (n, 3) and each row sums to 1; `capabilities` is (n, 6), each on its own between 0 and 1.

    `trust` is (n,): how likely the most probable category is right, with the doubt of readers taken into account.
    """

    categories: Array
    capabilities: Array
    trust: Array


@dataclass(slots=True)
class Scorer:
    """Linear weights per feature. Columns: the three categories, the six capabilities, doubt."""

    vocabulary: dict[str, int]
    weights: Array  # (features, 10)
    bias: Array  # (10,)
    temperature: float
    capability_scale: Array  # (6, 4): slope, offset, and what the log-odds of Read and of Destructive add
    capability_threshold: Array  # (6,)
    trust_scale: Array  # (3,): slope of the margin, weight of the doubt, offset
    review_below: float
    version: str

    def logits(self, rows: Sequence[dict[str, float]]) -> Array:
        """Uncalibrated scores, (n, 10). Features that the training never saw count nothing."""
        names = chain.from_iterable(rows)
        index = np.fromiter(map(self.vocabulary.get, names, repeat(-1)), dtype=np.int64)
        values = np.fromiter(chain.from_iterable(row.values() for row in rows), dtype=np.float32)
        seen = index >= 0
        running = np.concatenate(([0], np.cumsum(seen)))
        ends = running[np.cumsum([0, *map(len, rows)])]
        weighted = self.weights[index[seen]] * values[seen][:, None]
        sums = np.zeros((len(rows), self.weights.shape[1]), dtype=np.float64)
        filled = np.flatnonzero(np.diff(ends))  # reduceat would give an empty row its neighbour's first value
        if len(filled):
            sums[filled] = np.add.reduceat(weighted, ends[filled], axis=0, dtype=np.float64)
        return np.asarray(sums, dtype=np.float32) + self.bias

    def scores(self, rows: Sequence[dict[str, float]]) -> Scores:
        """Calibrated probabilities for each row."""
        return self.calibrated(self.logits(rows))

    def calibrated(self, logits: Array) -> Scores:
        """Logits, (n, 10), as calibrated probabilities."""
        n, m = len(CATEGORIES), len(CATEGORIES) + len(CAPABILITIES)
        certain = softmax(logits[:, :n] / self.temperature)
        return Scores(
            certain,
            self._held(certain, logits[:, n:m]),
            self._trust(certain, logits[:, m]),
        )

    def _held(self, certain: Array, scores: Array) -> Array:
        """Who only reads pays nobody and writes to nobody: the category speaks for or against each capability."""
        scale = self.capability_scale
        shift = log_odds(certain[:, [0, 2]]) @ scale[:, 2:].T
        return sigmoid(np.asarray(scores * scale[:, 0] + scale[:, 1] + shift, dtype=np.float32))

    def _trust(self, certain: Array, doubt: Array) -> Array:
        slope, against, offset = (float(v) for v in self.trust_scale)
        return sigmoid(np.asarray(slope * margin(certain) + against * doubt + offset, dtype=np.float32))

    def contributions(self, row: dict[str, float], column: int) -> list[tuple[str, float]]:
        """How much each feature pushed a column up or down against the mean of its kind, strongest first."""
        out: list[tuple[str, float]] = []
        for name, value in row.items():
            i = self.vocabulary.get(name)
            if i is not None:
                weights = self.weights[i]
                base = float(weights[: len(CATEGORIES)].mean()) if column < len(CATEGORIES) else 0.0
                out.append((name, value * (float(weights[column]) - base)))
        return sorted(out, key=lambda pair: (-abs(pair[1]), pair[0]))


def margin(probabilities: Array) -> Array:
    """Log-odds of the most probable category, (n,), between -5 and 9."""
    best = np.clip(probabilities.max(axis=1), 1e-4, 1 - 1e-4)
    return np.asarray(np.log(best / (1 - best)), dtype=np.float32)


def log_odds(probabilities: Array) -> Array:
    """Log-odds of each probability, cut at one in ten thousand."""
    p = np.clip(probabilities, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(p / (1 - p)), dtype=np.float32)


def softmax(logits: Array) -> Array:
    """Rows to probabilities that sum to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def sigmoid(logits: Array) -> Array:
    """Logits to probabilities, without overflow."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)


def save_scorer(scorer: Scorer, path: Path) -> None:
    """Writes the arrays as one compressed .npz; holds no Python objects."""
    names = sorted(scorer.vocabulary, key=scorer.vocabulary.__getitem__)
    settings = {
        "temperature": scorer.temperature,
        "review_below": scorer.review_below,
        "version": scorer.version,
        "columns": [*CATEGORIES, *CAPABILITIES, "doubt"],
    }
    np.savez_compressed(
        path,
        vocabulary=np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
        weights=scorer.weights.astype(np.float16),
        bias=scorer.bias,
        capability_scale=scorer.capability_scale,
        capability_threshold=scorer.capability_threshold,
        trust_scale=scorer.trust_scale,
        settings=np.frombuffer(json.dumps(settings, sort_keys=True).encode(), dtype=np.uint8),
    )


def load_scorer(path: Path) -> Scorer:
    """Reads what `save_scorer` wrote. Raises OSError or ValueError where the file is missing or is something else."""
    with np.load(path, allow_pickle=False) as data:
        settings: dict[str, Any] = json.loads(data["settings"].tobytes().decode())
        names = data["vocabulary"].tobytes().decode().split("\n")
        return Scorer(
            vocabulary={name: i for i, name in enumerate(names)},
            weights=data["weights"].astype(np.float32),
            bias=data["bias"],
            temperature=float(settings["temperature"]),
            capability_scale=_widen(data["capability_scale"]),
            capability_threshold=data["capability_threshold"],
            trust_scale=data["trust_scale"],
            review_below=float(settings["review_below"]),
            version=str(settings["version"]),
        )


def _widen(scale: Array) -> Array:
    """Scales of models made before the category counted say nothing on it."""
    return np.pad(scale, ((0, 0), (0, 4 - scale.shape[1])))
