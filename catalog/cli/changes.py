"""`catalog changes`: what changed since a date, for people, machines and feed readers."""

from __future__ import annotations

from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Db, JsonLines, Limit, ServerOption, database, one_of
from catalog.cli.output import Column, say, write, write_json, write_json_line, write_table
from catalog.severity import SEVERITIES
from catalog.store.read import StoreReader

app = new_app()
_COLUMNS = (
    Column("severity"),
    Column("server"),
    Column("tool"),
    Column("change"),
    Column("at"),
    Column("message", shrinks=True),
)


@app.command()
def main(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="ISO 8601 date or time, UTC.")] = None,
    server: ServerOption = None,
    severity: Annotated[str, typer.Option(help=f"The mildest wanted: {', '.join(SEVERITIES)}.")] = "info",
    cause: Annotated[str | None, typer.Option(help="server, or classifier (a newer version judges otherwise).")] = None,
    feed: Annotated[str | None, typer.Option(help="Print a feed instead: json or atom.")] = None,
    base_url: Annotated[str, typer.Option(help="Where the site lies, for the feed.")] = "",
    limit: Limit = 200,
    json: JsonLines = False,
    db: Db = None,
) -> None:
    """What changed between the stored snapshots, newest first. The severity says what it means for risk."""
    chosen = one_of(severity, SEVERITIES, "--severity")
    moved = one_of(cause, ("server", "classifier"), "--cause")
    form = one_of(feed, ("json", "atom"), "--feed")
    with StoreReader(database(context, db)) as store:
        mildest = next(s for s in SEVERITIES if s == chosen)
        found = list(store.changes(since, server, mildest, moved, limit))
    if form:
        from catalog.history.feeds import atom_feed, json_feed

        write(atom_feed(found, base_url)) if form == "atom" else write_json(json_feed(found, base_url))
        return
    if json:
        for c in found:
            write_json_line({"server": c.server_slug, "version": c.version, "at": c.at, **c.change.to_json()})
    elif found:
        write_table(
            _COLUMNS,
            [
                (c.change.severity, c.server_slug, c.change.tool or "", c.change.kind, c.at[:16], c.change.message)
                for c in found
            ],
        )
    if not found:
        say("no changes are recorded for that; servers that were stored once have nothing to be compared with")
