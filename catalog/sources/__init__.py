"""References in, source trees or definitions out. One module per kind; a kind never imports a sibling.

`SOURCES` is the one table that names them; a module is imported when a reference of its kind is fetched, so that
reading a folder needs no network library.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from catalog.errors import UsageError
from catalog.sources.interface import Fetch, Fetched, Revision
from catalog.sources.reference import Reference, ReferenceKind

SOURCES: dict[ReferenceKind, str] = {
    "github": "catalog.sources.github",
    "npm": "catalog.sources.npm",
    "pypi": "catalog.sources.pypi",
    "local": "catalog.sources.local",
    "snapshot": "catalog.sources.snapshot",
    "http": "catalog.sources.http",
    "stdio": "catalog.sources.stdio",
}

_INSTEAD: dict[ReferenceKind, str] = {
    "registry": "A registry's servers are visited with: catalog crawl registry: (or registry:URL)",
    "config": "All of them are ingested with `catalog ingest config:`, and seen together with `catalog stack`.",
}


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """Brings the reference to this machine with the module of its kind; UsageError for a kind that names many."""
    module = SOURCES.get(reference.kind)
    if module is None:
        hint = _INSTEAD.get(reference.kind, "Ingest its repository, its package, or its tools/list answer instead.")
        raise UsageError(f"{reference} names many servers, not one", hint)
    implementation: Fetch = import_module(module).fetch
    return implementation(reference, work_dir, slug)


def revision(reference: Reference, known: Revision | None = None) -> Revision | None:
    """What fetching the reference would bring now, asked cheaply; None where only fetching tells.

    `known` is what it brought before: the host is then only asked whether that has changed. Raises like `fetch`.
    """
    module = SOURCES.get(reference.kind)
    ask = getattr(import_module(module), "revision", None) if module else None
    return ask(reference, known) if ask else None
