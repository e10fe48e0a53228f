"""The trained model at run time: named features in, calibrated probabilities out. Plain arrays, no scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.records import CAPABILITIES, CATEGORIES

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scores:
    """`categories` is (n, 3) and each row sums to 1; `capabilities` is (n, 6), each on its own between 0 and 1."""

    categories: Array
    capabilities: Array


@dataclass(slots=True)
class Scorer:
    """Linear weights per feature. Column order: the three categories, then the six capabilities."""

    vocabulary: dict[str, int]
    weights: Array  # (features, 9)
    bias: Array  # (9,)
    temperature: float
    capability_scale: Array  # (6, 2): slope and offset that calibrate each capability
    capability_threshold: Array  # (6,)
    review_below: float
    version: str

    def logits(self, rows: Sequence[dict[str, float]]) -> Array:
        """Uncalibrated scores, (n, 9). Features that the training never saw count nothing."""
        out = np.empty((len(rows), len(self.bias)), dtype=np.float32)
        get = self.vocabulary.get
        for n, row in enumerate(rows):
            known = [(i, value) for name, value in row.items() if (i := get(name)) is not None]
            if known:
                index, values = zip(*known, strict=True)
                out[n] = np.asarray(values, dtype=np.float32) @ self.weights[list(index)]
            else:
                out[n] = 0.0
        return out + self.bias

    def scores(self, rows: Sequence[dict[str, float]]) -> Scores:
        """Calibrated probabilities for each row."""
        return self.calibrated(self.logits(rows))

    def calibrated(self, logits: Array) -> Scores:
        """Logits, (n, 9), as calibrated probabilities."""
        n = len(CATEGORIES)
        return Scores(
            softmax(logits[:, :n] / self.temperature),
            sigmoid(logits[:, n:] * self.capability_scale[:, 0] + self.capability_scale[:, 1]),
        )

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
        "columns": [*CATEGORIES, *CAPABILITIES],
    }
    np.savez_compressed(
        path,
        vocabulary=np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
        weights=scorer.weights.astype(np.float16),
        bias=scorer.bias,
        capability_scale=scorer.capability_scale,
        capability_threshold=scorer.capability_threshold,
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
            capability_scale=data["capability_scale"],
            capability_threshold=data["capability_threshold"],
            review_below=float(settings["review_below"]),
            version=str(settings["version"]),
        )
