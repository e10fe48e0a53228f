"""Figures of answers against labels: accuracy, misses, false alarms, calibration. No model, no files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from classifier.model.labels import LabelledRow
from classifier.records import CAPABILITIES, CATEGORIES, Capability, Category, Classification

BINS = 10


@dataclass(frozen=True, slots=True)
class Answered:
    """A labelled row and what was answered, however it was answered (the shipped model or cross-validation)."""

    row: LabelledRow
    category: Category
    capabilities: tuple[Capability, ...]
    confidence: float
    needs_review: bool


def from_classification(row: LabelledRow, answer: Classification) -> Answered:
    return Answered(row, answer.category, answer.capabilities, answer.confidence, answer.needs_review)


def f1_score(hits: int, wrong: int, missed: int) -> float:
    """F1 from counts; 1.0 where there was nothing to find and nothing was said."""
    return 2 * hits / (2 * hits + wrong + missed) if hits + wrong + missed else 1.0


def category_figures(answers: Sequence[Answered]) -> dict[str, Any]:
    """Accuracy, macro F1, danger misses (changes something, called Read), false alarms, per class, confusion."""
    pairs = Counter((a.row.category, a.category) for a in answers)
    total = sum(pairs.values())
    per: dict[str, dict[str, float]] = {}
    for name in CATEGORIES:
        hits = pairs[name, name]
        missed = sum(pairs[name, said] for said in CATEGORIES if said != name)
        wrong = sum(pairs[held, name] for held in CATEGORIES if held != name)
        per[name] = {
            "recall": hits / max(1, hits + missed),
            "precision": hits / max(1, hits + wrong),
            "f1": f1_score(hits, wrong, missed),
        }
    return {
        "n": total,
        "accuracy": sum(pairs[c, c] for c in CATEGORIES) / max(1, total),
        "macro_f1": sum(p["f1"] for p in per.values()) / len(per),
        "danger_misses": sum(n for (held, said), n in pairs.items() if held != "Read" and said == "Read"),
        "changing": sum(n for (held, _), n in pairs.items() if held != "Read"),
        "false_alarms": sum(n for (held, said), n in pairs.items() if held == "Read" and said != "Read"),
        "reading": sum(n for (held, _), n in pairs.items() if held == "Read"),
        "destructive_recall": per["Destructive"]["recall"],
        "per_class": per,
        "confusion": {held: {said: pairs[held, said] for said in CATEGORIES} for held in CATEGORIES},
    }


def capability_figures(answers: Sequence[Answered]) -> dict[str, dict[str, float]]:
    """F1 and number of positives per capability; rows on which readers could differ are left out."""
    out: dict[str, dict[str, float]] = {}
    for name in CAPABILITIES:
        pairs = Counter(
            (name in a.row.capabilities, name in a.capabilities) for a in answers if name not in a.row.maybe
        )
        hits, wrong, missed = pairs[True, True], pairs[False, True], pairs[True, False]
        out[name] = {"f1": f1_score(hits, wrong, missed), "positives": hits + missed}
    return out


def reliability(answers: Iterable[Answered]) -> list[dict[str, float]]:
    """Per tenth of confidence: how many answers, their mean confidence, and how many of them were right."""
    bins: dict[int, list[Answered]] = {}
    for answer in answers:
        bins.setdefault(min(BINS - 1, int(answer.confidence * BINS)), []).append(answer)
    return [
        {
            "from": k / BINS,
            "n": len(held),
            "confidence": sum(a.confidence for a in held) / len(held),
            "accuracy": sum(a.category == a.row.category for a in held) / len(held),
        }
        for k, held in sorted(bins.items())
    ]


def calibration_error(answers: Sequence[Answered]) -> float:
    """Expected calibration error over ten bins, between 0 and 1."""
    gaps = (abs(b["confidence"] - b["accuracy"]) * b["n"] for b in reliability(answers))
    return sum(gaps) / max(1, len(answers))


def all_figures(answers: Sequence[Answered]) -> dict[str, Any]:
    """Everything that is published, with the same names and meanings for the shipped model and for cross-validation."""
    clear = [a for a in answers if not a.row.unsure]
    decided = [a for a in answers if not a.needs_review]
    capabilities = capability_figures(answers)
    return {
        "all": category_figures(answers),
        "clear": category_figures(clear),
        "decided": category_figures(decided),
        "capabilities": capabilities,
        "capability_macro_f1": sum(c["f1"] for c in capabilities.values()) / len(capabilities),
        "ece": calibration_error(answers),
        "needs_review": 1 - len(decided) / max(1, len(answers)),
        "reliability": reliability(answers),
    }
