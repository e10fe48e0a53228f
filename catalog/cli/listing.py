"""`catalog list servers` and `catalog list tools`."""

from __future__ import annotations

from typing import Any

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
from catalog.cli.output import Column, counted, say, write_csv, write_json_line, write_table
from catalog.cli.rows import write_tools
from catalog.store.read import StoredServer, StoreReader
from classifier.records import RISKS

app = new_app(no_args_is_help=True, help="List the servers or tools that are stored.")
EVERYTHING = 2**62

_COLUMNS = (
    Column("server", wraps=True),
    Column("version"),
    Column("tools", is_number=True),
    *(Column(risk, is_number=True) for risk in reversed(RISKS)),
    Column("gaps", is_number=True),
    Column("read", is_number=True),
    Column("source", shrinks=True),
)


@app.command()
def servers(context: typer.Context, json: JsonLines = False, csv: Csv = False, db: Db = None) -> None:
    """List the servers with their counts of tools by risk, and how completely each could be read."""
    with StoreReader(database(context, db)) as store:
        if json:
            for stored in store.servers():
                write_json_line(server_row(stored))
            return
        rows = [_cells(stored) for stored in store.servers()]
    if csv:
        write_csv([c.title for c in _COLUMNS], rows)
    elif rows:
        write_table(_COLUMNS, rows)
    else:
        say("no servers are stored")


@app.command()
def tools(
    context: typer.Context,
    category: CategoryOption = None,
    risk: RiskOption = None,
    capability: CapabilityOption = None,
    server: ServerOption = None,
    needs_review: ReviewOption = False,
    limit: Limit = EVERYTHING,
    json: JsonLines = False,
    csv: Csv = False,
    db: Db = None,
) -> None:
    """List the tools, riskiest first."""
    chosen = filters(server, category, risk, capability, needs_review)
    with StoreReader(database(context, db)) as store:
        if server is not None:
            incomplete(store.server(server))
        count = write_tools(store.tools(chosen, limit), json, csv)
    if not count:
        say("no stored tool passes these filters")


def server_row(stored: StoredServer) -> dict[str, Any]:
    """A server in one line of JSON: what it is, its counts, and how completely it was read."""
    return {
        **stored.server.to_json(),
        "tools": stored.tool_count,
        "removed": stored.removed_count,
        "risks": stored.risks,
        "categories": stored.categories,
        "unlabelled": stored.unlabelled,
        "needs_review": stored.needs_review,
        "gaps": stored.gap_count,
        "completeness": stored.completeness,
        "first_seen_at": stored.first_seen_at,
        "changed_at": stored.changed_at,
    }


def incomplete(stored: StoredServer) -> None:
    """Says on standard error when the server may have tools that are not listed."""
    if stored.gap_count:
        say(f"{stored.server.slug} was read incompletely ({counted(stored.gap_count, 'gap')}); it may have more tools")


def _cells(stored: StoredServer) -> list[object]:
    read = f"{stored.completeness:.0%}" if stored.completeness is not None else "own list"
    counts = [stored.risks[risk] for risk in reversed(RISKS)]
    source = stored.server.source.reference
    return [stored.server.slug, stored.server.version, stored.tool_count, *counts, stored.gap_count, read, source]
