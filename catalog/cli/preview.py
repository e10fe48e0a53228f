"""`catalog preview DIR`: a local look at a built site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.output import say
from catalog.site.preview import server

app = new_app()


@app.command()
def main(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `catalog build` made.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8000,
) -> None:
    """Serve a built site on this machine only, until Ctrl-C."""
    with server(directory, port) as running:
        say(f"http://127.0.0.1:{running.server_port}/ (Ctrl-C stops)")
        running.serve_forever()
