"""The options that allow a server to be run, for the one kind of reference that does: stdio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from catalog import sources
from catalog.errors import UsageError
from catalog.sources.interface import Fetch, Fetched
from catalog.sources.reference import Reference

Run = Annotated[bool, typer.Option("--run", help="Allow stdio: references to start their command.")]
Sandbox = Annotated[
    str, typer.Option("--sandbox", metavar="auto|require|off", help="Whether --run uses bubblewrap, without network.")
]
Env = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="NAME[=VALUE]", help="A variable for --run; a dummy value where none is given."),
]
SANDBOXES = ("auto", "require", "off")


def fetcher(run: bool, sandbox: str, env: list[str] | None) -> Fetch:
    """How to fetch under these options: without --run, stdio references are refused like everywhere else."""
    if sandbox not in SANDBOXES:
        raise UsageError(f"--sandbox {sandbox}: no such value", f"Accepted: {', '.join(SANDBOXES)}.")
    if not run:
        return sources.fetch
    variables = dict(_variable(text) for text in env or ())

    def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
        if reference.kind != "stdio":
            return sources.fetch(reference, work_dir, slug)
        from catalog.sources import stdio

        options = stdio.RunOptions(cast("stdio.Sandbox", sandbox), variables)
        return stdio.fetch_running(reference, work_dir, slug, options)

    return fetch


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name:
        raise UsageError(f"--env {text}: a variable needs a name", "Write --env NAME or --env NAME=VALUE.")
    from catalog.sources.stdio import DUMMY_VALUE

    return name, value if equals else DUMMY_VALUE
