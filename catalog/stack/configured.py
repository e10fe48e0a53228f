"""`config:` and `config:PATH` as the references of the servers that clients are configured with."""

from __future__ import annotations

from pathlib import Path

from catalog.errors import NothingFound, SourceError, UsageError
from catalog.pipeline import Failed
from catalog.sources.reference import Reference
from catalog.stack.discover import discover, discover_in
from catalog.stack.resolve import resolve
from catalog.stack.surroundings import Surroundings


def configured(reference: Reference, around: Surroundings) -> tuple[tuple[Reference, ...], tuple[Failed, ...]]:
    """What the reference stands for, each server once, and what cannot be told or read. Servers switched off are left
    out. Raises NothingFound where there is no file or no server, InvalidInput where the named file is not there.
    """
    path = reference.name
    found = discover_in([Path(path).expanduser()], around) if path else discover(around)
    wanted: dict[tuple[str, str, str | None], Reference] = {}
    failed = [
        Failed(Reference("config", file.path), SourceError(f"{file.path}: {file.problem}"))
        for file in found.files
        if file.problem is not None
    ]
    for entry in found.entries:
        if not entry.enabled:
            continue
        resolution = resolve(entry, around)
        if resolution.reference is None:
            named = Reference("config", f"{entry.client}/{entry.name}")
            failed.append(Failed(named, UsageError(resolution.reason or "it cannot be told", "See `catalog stack`.")))
        else:
            held = resolution.reference
            wanted.setdefault((held.kind, held.identity, held.version), held)
    if not wanted and not failed:
        raise NothingFound(
            f"No configured server was found in {path or 'the files of the clients on this machine'}.",
            "Name a file with config:PATH; docs/stack.md lists the places that are looked at.",
        )
    return tuple(wanted.values()), tuple(failed)
