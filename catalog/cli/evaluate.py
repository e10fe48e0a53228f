"""`catalog evaluate LABELS`: measure the classifier."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.cli import labelling
from catalog.cli.app import new_app
from catalog.cli.labelling import Overrides, label_errors
from catalog.cli.options import Json
from catalog.cli.output import Column, write, write_facts, write_json, write_table
from catalog.cli.terminal import harmless
from classifier.records import CATEGORIES

app = new_app()


@app.command()
def main(
    labels: Annotated[Path, typer.Argument(metavar="LABELS", help="JSON Lines: a definition with its label a line.")],
    errors: Annotated[int, typer.Option("--errors", min=0, help="Show this many wrong answers.")] = 0,
    json: Json = False,
    overrides: Overrides = None,
) -> None:
    """Measure the classifier on labels: misses first, then false alarms."""
    from classifier.model.labels import load_labels

    with label_errors():
        rows = load_labels(labels)
    answers = labelling.load_classifier(overrides).classify([row.definition for row in rows])
    pairs = [(row.category, answer.category) for row, answer in zip(rows, answers, strict=True)]
    figures = measure(pairs)
    wrong = [(r, a) for r, a in zip(rows, answers, strict=True) if r.category != a.category][:errors]
    if json:
        write_json({**figures, "errors": [{"label": r.category, **a.to_json()} for r, a in wrong]})
        return
    write_facts(
        [f"{figures['rows']} definitions", f"accuracy {figures['accuracy']:.4f}"],
        [("misses", [f"{figures['danger_misses']} of {figures['changing']} that change something are called Read"]),
         ("false alarms", [f"{figures['false_alarms']} of {figures['reading']} that only read are called otherwise"])],
    )  # fmt: skip
    columns = [Column("label"), *(Column(f"as {c}", is_number=True) for c in CATEGORIES)]
    write_table(columns, [[c, *(figures["confusion"][c][said] for said in CATEGORIES)] for c in CATEGORIES])
    for row, answer in wrong:
        write(
            harmless(f"{row.category} answered {answer.category}: {answer.server} {answer.name}: {answer.reason}")
            + "\n"
        )


def measure(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Counts over (label, answer) pairs of categories."""
    counts = Counter(pairs)
    right = sum(n for (label, said), n in counts.items() if label == said)
    reading = sum(n for (label, _), n in counts.items() if label == "Read")
    return {
        "rows": len(pairs),
        "accuracy": right / len(pairs) if pairs else 0.0,
        "changing": len(pairs) - reading,
        "danger_misses": sum(n for (label, said), n in counts.items() if label != "Read" and said == "Read"),
        "reading": reading,
        "false_alarms": sum(n for (label, said), n in counts.items() if label == "Read" and said != "Read"),
        "confusion": {label: {said: counts[label, said] for said in CATEGORIES} for label in CATEGORIES},
    }
