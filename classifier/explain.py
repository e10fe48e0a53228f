"""Which rules and features moved an answer, for and against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from classifier.model.features import extract_features
from classifier.model.scorer import Scorer
from classifier.modes import find_modes
from classifier.reading import Reading
from classifier.records import CATEGORIES, Classification
from classifier.rules.match import load_matcher

_SHOWN = 12
_KINDS = {
    "n": "word in the name",
    "n0": "first word of the name",
    "n9": "last word of the name",
    "n2": "words in the name",
    "nv": "verb of the name",
    "nve": "effect of the name's verb",
    "dv": "main verb of the description",
    "dve": "effect of the description's main verb",
    "d": "word in the description",
    "d1": "word at the start of the description",
    "d0": "first word of the description",
    "d2": "words in the description",
    "p": "parameter",
    "p9": "last word of a parameter",
    "pr": "kind of parameter",
    "r": "rule",
    "mode": "mode",
    "s": "server",
    "t": "word in the title",
    "z": "verb of some effect in a part of the text",
    "zv": "verb in a part of the text",
}


@dataclass(frozen=True, slots=True)
class Contribution:
    """A feature and how far it pushed: positive speaks for the answer, negative against it (log-odds)."""

    feature: str
    meaning: str
    weight: float

    def to_json(self) -> dict[str, Any]:
        return {"feature": self.feature, "meaning": self.meaning, "weight": round(self.weight, 4)}


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer with what moved it, strongest first. `probabilities` are per category, calibrated."""

    answer: Classification
    probabilities: dict[str, float]
    supporting: tuple[Contribution, ...]
    opposing: tuple[Contribution, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            **self.answer.to_json(),
            "probabilities": self.probabilities,
            "for": [c.to_json() for c in self.supporting],
            "against": [c.to_json() for c in self.opposing],
        }


def describe_feature(name: str) -> str:
    """A feature's name in words."""
    kind, _, rest = name.partition(":")
    return f"{_KINDS.get(kind, 'signal')}: {rest}"


def explain_reading(reading: Reading, answer: Classification, scorer: Scorer) -> Explanation:
    """Splits the score of the classifier's own category (before an override) into its features."""
    features = extract_features(reading, load_matcher().match(reading), find_modes(reading))
    category = answer.override.category if answer.override else answer.category
    moved = [
        Contribution(name, describe_feature(name), weight)
        for name, weight in scorer.contributions(features, CATEGORIES.index(category))
        if abs(weight) >= 0.005
    ]
    row = scorer.scores([features]).categories[0]
    return Explanation(
        answer,
        {name: round(float(value), 4) for name, value in zip(CATEGORIES, row, strict=True)},
        tuple(c for c in moved if c.weight > 0)[:_SHOWN],
        tuple(c for c in moved if c.weight < 0)[:_SHOWN],
    )
