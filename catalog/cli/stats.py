"""`catalog stats`: what the catalogue holds, in counts."""

from __future__ import annotations

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Db, Json, database
from catalog.cli.output import counted, write_facts, write_json
from catalog.store.read import StoreReader

app = new_app()


@app.command()
def main(context: typer.Context, json: Json = False, db: Db = None) -> None:
    """Count servers, tools, risks, categories and capabilities, and what could not be read."""
    with StoreReader(database(context, db)) as store:
        counts = store.stats()
    if json:
        write_json(counts)
        return
    write_facts(
        [counted(counts["servers"], "server") + ", " + counted(counts["tools"], "tool")],
        [
            *((name, _each(counts[name])) for name in ("risks", "categories", "capabilities", "sources")),
            ("needs review", [str(counts["needs_review"])]),
            ("unlabelled", [str(counts["unlabelled"])]),
            ("removed", [str(counts["removed"])]),
            (
                "incomplete",
                [f"{counted(counts['servers_with_gaps'], 'server')} with registrations that could not be resolved"],
            ),
        ],
    )


def _each(counts: dict[str, int]) -> list[str]:
    return [", ".join(f"{number} {name}" for name, number in counts.items())] if counts else []
