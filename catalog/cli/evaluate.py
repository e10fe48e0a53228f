"""`catalog evaluate LABELS...`: measure the classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.cli import labelling
from catalog.cli.app import new_app
from catalog.cli.labelling import Overrides, label_errors
from catalog.cli.options import Json
from catalog.cli.output import say, write, write_json
from catalog.cli.terminal import harmless

app = new_app()


@app.command()
def main(
    labels: Annotated[
        list[Path], typer.Argument(metavar="LABELS...", help="JSON Lines: a definition with its label a line.")
    ],
    cv: Annotated[
        bool, typer.Option("--cv", help="Cross-validate: fit on the other servers, then measure. For training labels.")
    ] = False,
    train_only: Annotated[
        list[Path] | None,
        typer.Option("--train-only", metavar="LABELS", help="With --cv: labels that help to fit and are not measured."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides the folds of the cross-validation.")] = 0,
    errors: Annotated[int, typer.Option("--errors", min=0, help="Show this many wrong answers.")] = 0,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="DIR", help="Also write reliability.png and confusion.png there.")
    ] = None,
    json: Json = False,
    overrides: Overrides = None,
) -> None:
    """Measure the classifier on labels: misses, false alarms, capabilities, calibration, speed.

    Labels that the model was trained on flatter it; measure those with --cv.
    """
    from classifier.evaluate import cross_validate, evaluate, report
    from classifier.model.labels import load_labels

    with label_errors():
        rows = [row for path in labels for row in load_labels(path)]
        own = [row for path in train_only or () for row in load_labels(path)]
        if cv:
            say(f"cross-validating over {len(rows)} definitions; this takes a minute or so")
            figures: dict[str, Any] = cross_validate(rows, own, seed=seed, errors=errors)
        else:
            figures = evaluate(rows, labelling.load_classifier(overrides), errors=errors)
        if plot:
            from classifier.plots import save_plots

            for path in save_plots(figures, plot):
                say(f"wrote {path}")
    if json:
        write_json(figures)
    else:
        write("\n".join(harmless(line) for line in report(figures).splitlines()) + "\n")
