"""`catalog build -o DIR`: the static site."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Db, Json, database
from catalog.cli.output import say, write_json
from catalog.site.build import build_site
from catalog.store.read import StoredServer, StoreReader

app = new_app()


@app.command()
def main(
    context: typer.Context,
    directory: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the site goes.")],
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="Where the site will be served.")
    ] = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Build the static site: a page per server and tool. An earlier build in DIR is replaced, nothing else is."""
    with StoreReader(database(context, db)) as store, _progress(store) as progress:
        built = build_site(store, directory, base_url, progress=progress)
    if json:
        write_json({"directory": str(built.directory), "servers": built.servers, "tools": built.tools})
    else:
        say(f"built {built.servers} server pages and {built.tools} tool pages in {built.directory}")
        say(f"look at it: catalog preview {built.directory}")


@contextmanager
def _progress(store: StoreReader) -> Iterator[Callable[[StoredServer], None]]:
    """A bar over servers on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda server: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("building", total=store.stats()["servers"])
        yield lambda server: bar.advance(task)
