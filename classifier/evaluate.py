"""Measures the classifier on labelled definitions: as shipped, or by cross-validation grouped by server."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.classify import Classifier, Judgement, load
from classifier.figures import Answered, all_figures, from_classification
from classifier.model.features import extract_features
from classifier.model.labels import LabelledRow, drop_repeats, load_labels
from classifier.modes import find_modes
from classifier.reading import read_definition
from classifier.records import Classification
from classifier.rules.match import load_matcher
from classifier.text import shorten

if TYPE_CHECKING:
    from classifier.model.scorer import Scorer

FOLDS = 6


def evaluate(rows: Sequence[LabelledRow], classifier: Classifier | None = None, errors: int = 0) -> dict[str, Any]:
    """Figures of the classifier on rows, with `spans`, `bad_spans`, speed, and the worst `errors` first by confidence.

    Rows that the model was trained on flatter it: use `cross_validate` for those.
    """
    classifier = classifier or load()
    begin = time.perf_counter()
    given = classifier.classify([row.definition for row in rows])
    seconds = time.perf_counter() - begin
    answers = [from_classification(row, answer) for row, answer in zip(rows, given, strict=True)]
    out = all_figures(answers)
    out.update(_evidence_figures(rows, given))
    out["seconds"] = seconds
    out["tools_per_second"] = len(rows) / max(seconds, 1e-9)
    out["errors"] = worst_errors(answers, errors)
    return out


def evaluate_files(paths: Sequence[Path], classifier: Classifier | None = None, errors: int = 0) -> dict[str, Any]:
    """`evaluate` on label files. Raises InvalidLabels, OSError."""
    return evaluate([row for path in paths for row in load_labels(path)], classifier, errors)


def cross_validate(
    rows: Sequence[LabelledRow],
    train_only: Sequence[LabelledRow] = (),
    *,
    folds: int = FOLDS,
    seed: int = 0,
    errors: int = 0,
) -> dict[str, Any]:
    """Figures on rows whose server the model has not seen; `train_only` rows help to train and are not measured.

    Calibration and thresholds of a fold come from the other folds: nothing is measured on what it was fitted to.
    """
    from classifier.model.fit import calibrate, cross_logits, fold_numbers, identity_scorer

    kept = drop_repeats(rows)
    everything = [*kept, *train_only]
    matcher = load_matcher()
    readings = [read_definition(row.definition) for row in everything]
    features = [extract_features(r, matcher.match(r), find_modes(r)) for r in readings]
    logits = cross_logits(features, everything, folds=folds, seed=seed, extra=len(train_only))[: len(kept)]
    fold_of = fold_numbers(kept, folds, seed)
    answers: list[Answered | None] = [None] * len(kept)
    for k in range(folds):
        test = [i for i in range(len(kept)) if fold_of[i] == k]
        rest = [i for i in range(len(kept)) if fold_of[i] != k]
        scorer = calibrate(identity_scorer(), logits[rest], [kept[i] for i in rest])
        for i, answer in zip(test, _settle(scorer, logits[test], [readings[i] for i in test]), strict=True):
            answers[i] = from_classification(kept[i], answer)
    measured = [a for a in answers if a is not None]
    out = all_figures(measured)
    out["folds"], out["seed"] = folds, seed
    out["errors"] = worst_errors(measured, errors)
    return out


def _settle(scorer: Scorer, logits: Any, readings: Sequence[Any]) -> list[Classification]:
    classifier = Classifier(scorer)
    judged: list[Judgement] = classifier.judge(scorer.calibrated(logits))
    matcher = load_matcher()
    return [
        classifier.answer(r, j, matcher.match(r), tuple(find_modes(r))) for r, j in zip(readings, judged, strict=True)
    ]


def _evidence_figures(rows: Sequence[LabelledRow], answers: Sequence[Classification]) -> dict[str, Any]:
    spans = bad = without = 0
    for row, answer in zip(rows, answers, strict=True):
        without += not answer.evidence
        for e in answer.evidence:
            spans += 1
            text = getattr(row.definition, e.field, None)
            if isinstance(text, str) and text[e.start : e.end] != e.text:
                bad += 1
    return {"spans": spans, "bad_spans": bad, "without_evidence": without / max(1, len(rows))}


def worst_errors(answers: Sequence[Answered], limit: int) -> list[dict[str, Any]]:
    """The wrong answers with the highest confidence; those on rows marked unsure come last."""
    wrong = [a for a in answers if a.category != a.row.category]
    wrong.sort(key=lambda a: (a.row.unsure, -a.confidence, a.row.group, a.row.definition.name))
    return [
        {
            "server": a.row.definition.server,
            "name": a.row.definition.name,
            "label": a.row.category,
            "answer": a.category,
            "confidence": round(a.confidence, 4),
            "unsure": a.row.unsure,
            "description": shorten(a.row.definition.description or "", 110),
        }
        for a in wrong[:limit]
    ]


def report(figures: dict[str, Any]) -> str:
    """The figures as text, one line per group."""
    lines = []
    for key in ("all", "clear", "decided"):
        m = figures[key]
        lines.append(
            f"{key:8} n {m['n']:5}  accuracy {m['accuracy']:.4f}  macro-F1 {m['macro_f1']:.4f}  "
            f"danger misses {m['danger_misses']}/{m['changing']}  false alarms {m['false_alarms']}/{m['reading']}  "
            f"Destructive recall {m['destructive_recall']:.3f}"
        )
    lines.append("confusion (rows: label)")
    for held, said in figures["all"]["confusion"].items():
        lines.append(f"  {held:12}" + "".join(f"{name} {n:5}  " for name, n in said.items()))
    caps = "  ".join(f"{c} {v['f1']:.3f} (of {v['positives']})" for c, v in figures["capabilities"].items())
    lines.append(f"capabilities F1: {caps}  macro {figures['capability_macro_f1']:.3f}")
    line = f"calibration error {figures['ece']:.4f}  sent to review {figures['needs_review']:.3f}"
    if "spans" in figures:
        line += f"  without evidence {figures['without_evidence']:.3f}"
        line += f"  wrong spans {figures['bad_spans']}/{figures['spans']}"
        line += f"  {figures['tools_per_second']:.0f} tools/s ({figures['seconds']:.2f} s)"
    lines.append(line)
    for e in figures.get("errors", ()):
        mark = " (unsure)" if e["unsure"] else ""
        place = f"{e['server']} | {e['name']} | {e['description']}"
        lines.append(f"  {e['label']:11} answered {e['answer']:11} {e['confidence']:.2f}{mark} {place}")
    return "\n".join(lines)
