"""`catalog lock SERVER...`: pin what is stored now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Db, database
from catalog.cli.output import say
from catalog.errors import NothingFound
from catalog.history.lock import LockedServer, lock_tools, write_lock
from catalog.store.read import Filters, StoreReader

app = new_app()
DEFAULT_LOCK = Path("catalog.lock.json")


@app.command()
def main(
    context: typer.Context,
    servers: Annotated[list[str], typer.Argument(metavar="SERVER...", help="Slugs; see `catalog list servers`.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE")] = DEFAULT_LOCK,
    db: Db = None,
) -> None:
    """Write a lock file with the digest and label of every tool of these servers, for `catalog verify`."""
    locked = []
    with StoreReader(database(context, db)) as store:
        for slug in servers:
            server = store.server(slug).server
            tools = lock_tools((t.tool, t.classification) for t in store.tools(Filters(server=slug)))
            if not tools:
                raise NothingFound(f"{slug} has no tools to lock")
            locked.append(
                LockedServer(slug, _reference(server.source.kind, server.source.reference), server.version, tools)
            )
    write_lock(output, locked)
    say(f"{output}: {sum(len(s.tools) for s in locked)} tools of {len(locked)} servers")


def _reference(kind: str, identity: str) -> str:
    """What `catalog ingest` takes to read the server again."""
    return identity if kind != "stdio" or identity.startswith("stdio:") else f"stdio:{identity}"
