"""`catalog extract REF`: the first half of the path alone."""

from __future__ import annotations

from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Json, Slug
from catalog.cli.output import Column, counted, say, write_json, write_table
from catalog.cli.running import Env, Run, Sandbox, fetcher
from catalog.pipeline import extract
from catalog.records import Gap, Snapshot
from catalog.sources.reference import parse_reference

app = new_app()
_DESCRIPTION_CHARS = 100


@app.command()
def main(
    ref: Annotated[str, typer.Argument(metavar="REF", help="A folder, archive, package, repository or file.")],
    json: Json = False,
    slug: Slug = None,
    run: Run = False,
    sandbox: Sandbox = "auto",
    env: Env = None,
) -> None:
    """Read the tool definitions out of one source; store nothing. Runs none of its code, unless --run asks for it.

    Exit code 3 when no tool was found, with the reasons as gaps.
    """
    snapshot = extract(parse_reference(ref), slug, fetch=fetcher(run, sandbox, env))
    if json:
        write_json(snapshot.to_json())
    else:
        _show(snapshot)
    if not snapshot.tools:
        say(f"no tools found in {ref}; this does not mean that it has none")
        raise typer.Exit(3)


def _show(snapshot: Snapshot) -> None:
    rows = []
    for tool in snapshot.tools:
        place = f"{tool.location.path}:{tool.location.line}" if tool.location else ""
        rows.append([tool.name, place, (tool.description or "").strip().partition("\n")[0][:_DESCRIPTION_CHARS]])
    if rows:
        write_table(
            (Column("tool", wraps=True), Column("registered at", wraps=True), Column("description", shrinks=True)), rows
        )
    for gap in snapshot.gaps:
        say(f"gap: {describe(gap)}")
    say(counted(len(snapshot.tools), "tool") + ", " + counted(len(snapshot.gaps), "gap"))


def describe(gap: Gap) -> str:
    """A gap in one line: where, and why."""
    place = gap.path + (f":{gap.line}" if gap.line else "")
    return f"{place}: {gap.reason}" if place else gap.reason
