"""`catalog search WORDS`: full-text search over names, titles and descriptions."""

from __future__ import annotations

from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.options import (
    CapabilityOption,
    CategoryOption,
    Csv,
    Db,
    JsonLines,
    Limit,
    ReviewOption,
    RiskOption,
    ServerOption,
    database,
    filters,
)
from catalog.cli.rows import write_tools
from catalog.errors import NothingFound
from catalog.store.read import StoreReader

app = new_app()


@app.command()
def main(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS...", help="All of them must occur; the last may be a beginning.")
    ],
    category: CategoryOption = None,
    risk: RiskOption = None,
    capability: CapabilityOption = None,
    server: ServerOption = None,
    needs_review: ReviewOption = False,
    limit: Limit = 50,
    json: JsonLines = False,
    csv: Csv = False,
    db: Db = None,
) -> None:
    """Find tools by the words of their names, titles and descriptions; the best matches first."""
    chosen = filters(server, category, risk, capability, needs_review)
    with StoreReader(database(context, db)) as store:
        found = store.search(" ".join(words), chosen, limit)
    if not write_tools(found, json, csv):
        raise NothingFound(f"No stored tool matches {' '.join(words)!r}.", "Fewer words or filters find more.")
