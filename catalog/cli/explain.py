"""`catalog explain SERVER/TOOL`: which rules and features moved the answer, for and against."""

from __future__ import annotations

from typing import Annotated

import typer

from catalog.cli import labelling
from catalog.cli.app import new_app
from catalog.cli.labelling import Overrides
from catalog.cli.options import Db, Json, database
from catalog.cli.output import write, write_facts, write_json
from catalog.cli.risk import find
from catalog.errors import UsageError
from catalog.store.read import StoreReader

app = new_app()


@app.command()
def main(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="SERVER/TOOL", help="A stored tool.")],
    json: Json = False,
    overrides: Overrides = None,
    db: Db = None,
) -> None:
    """Show what moved the answer about a tool, for and against it, with the probability of each category."""
    with StoreReader(database(context, db)) as store:
        server, tools = find(store, target)
    if server is not None:
        raise UsageError(f"{target} is a server", f"Name one of its tools: {server.server.slug}/TOOL.")
    classifier = labelling.load_classifier(overrides)
    explained = [(t.server_slug, classifier.explain(t.tool.definition(t.server_name))) for t in tools]
    if json:
        found = [{**e.to_json(), "server": slug} for slug, e in explained]
        write_json(found[0] if len(found) == 1 else {"tools": found})
        return
    for index, (slug, explanation) in enumerate(explained):
        write("\n" if index else "")
        answer = explanation.answer
        write_facts(
            [f"{slug}/{answer.name}", answer.category, answer.risk],
            [
                ("why", [answer.reason]),
                ("probability", [f"{name} {share:.3f}" for name, share in explanation.probabilities.items()]),
                ("for", [f"{c.weight:+.2f}  {c.meaning}" for c in explanation.supporting]),
                ("against", [f"{c.weight:+.2f}  {c.meaning}" for c in explanation.opposing]),
                ("evidence", [f'{e.field}{e.path or ""}: "{e.text}"  ({e.rule})' for e in answer.evidence]),
            ],
        )
