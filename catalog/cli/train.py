"""`catalog train LABELS...`: fit the model from labels."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.labelling import label_errors
from catalog.cli.options import Json
from catalog.cli.output import say, write_facts, write_json

app = new_app()


@app.command()
def main(
    labels: Annotated[
        list[Path], typer.Argument(metavar="LABELS...", help="JSON Lines: a definition with its label a line.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the model and its card go.")],
    seed: Annotated[int, typer.Option("--seed", help="Decides the folds of the cross-validation.")] = 0,
    date: Annotated[str | None, typer.Option("--date", help="The date on the card; today when not given.")] = None,
    json: Json = False,
) -> None:
    """Fit the model from labels, calibrate it, and write it with a card that says what it was made of.

    The figures come from cross-validation in which no server stands on both sides.
    """
    from classifier.model.train import train

    say(f"fitting on {len(labels)} files; this takes a minute or so")
    with label_errors():
        card = train(labels, output, seed, date or datetime.now(UTC).date().isoformat())
    if json:
        write_json(card.to_json())
        return
    figures = card.figures
    each = [
        f"{k}: " + ", ".join(f"{n} {x:.3f}" for n, x in v.items()) for k, v in figures.items() if isinstance(v, dict)
    ]
    write_facts(
        [f"model {card.version}", f"in {output}"],
        [("trained on", [f"{card.rows} definitions of {card.servers} servers"]),
         ("accuracy", [f"{figures['accuracy']:.3f} on servers not trained on"]), ("figures", each)],
    )  # fmt: skip
