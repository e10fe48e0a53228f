"""Starting a configured server, on request, as its client would: with its own words and variables.

What it says of itself and what goes wrong are cleared of those variables before anybody sees or stores them.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalog.errors import SourceError
from catalog.records import Source, Tool
from catalog.sources.interface import Fetch, Fetched
from catalog.sources.reference import Reference
from catalog.sources.stdio import RunOptions, Sandbox, fetch_running
from catalog.stack.clearing import cleared, secrets_of, without
from catalog.stack.records import Entry


def reference_of(entry: Entry) -> Reference:
    """What a started server is called in the store: its client and name, not its command."""
    return Reference("stdio", f"{entry.name} as configured in {entry.client}")


def starter(entry: Entry, sandbox: Sandbox) -> Fetch:
    """A fetch that starts the entry's command, whatever reference it is asked for."""
    launch = entry.launch

    def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
        command = Reference("stdio", shlex.join([launch.command or "", *launch.args]))
        try:
            fetched = fetch_running(command, work_dir, slug, RunOptions(sandbox, dict(launch.env)))
        except SourceError as error:
            hint = cleared(error.hint, [entry], with_variables=True) if error.hint else None
            raise SourceError(f"{entry.name} did not list its tools", hint) from None
        server = replace(
            fetched.server, name=entry.name, source=Source("stdio", reference.identity, fetched.server.source.ref)
        )
        secrets = secrets_of([entry], with_variables=True)
        return Fetched(server, None, tuple(_tool(t, secrets) for t in fetched.tools), fetched.gaps)

    return fetch


def _tool(tool: Tool, secrets: Sequence[str]) -> Tool:
    """The tool without these values: a server may put its token into a description."""

    def clear(value: Any) -> Any:
        if isinstance(value, str):
            return without(value, secrets)
        if isinstance(value, Mapping):
            return {without(str(k), secrets): clear(v) for k, v in value.items()}
        return [clear(v) for v in value] if isinstance(value, list) else value

    return replace(
        tool,
        name=clear(tool.name),
        title=clear(tool.title),
        description=clear(tool.description),
        input_schema=clear(tool.input_schema),
        annotations=clear(tool.annotations),
    )
