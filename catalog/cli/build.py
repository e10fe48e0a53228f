"""`catalog build -o DIR`: the static site."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Db, Json, database
from catalog.cli.output import counted, say, write_json
from catalog.site.build import build_site
from catalog.store.read import StoreReader

app = new_app()


@app.command()
def main(
    context: typer.Context,
    directory: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the site goes.")],
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="Where the site will be served.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The site's title.")] = "MCP tool catalogue",
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Processes that render; one per core.")] = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Build the static site: a page per server and tool. An earlier build there is updated, nothing else touched."""
    with StoreReader(database(context, db)) as store, _progress() as progress:
        built = build_site(store, directory, base_url, name, progress, jobs)
    if json:
        write_json({**asdict(built), "directory": str(built.directory)})
        return
    say(f"{counted(built.servers, 'server')} and {counted(built.tools, 'tool')} in {built.directory}")
    rendered, written = counted(built.rendered, "server"), counted(built.written, "file")
    say(f"{rendered} rendered, {written} written, {built.removed} removed")
    say(f"look at it: catalog preview {built.directory}")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("building", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
