"""The path: reference, fetch, extract, classify, store. Each step a function; progress goes to an injected observer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from catalog.extract import read_tree
from catalog.extract.tree import SourceTree
from catalog.records import Found, Snapshot
from catalog.sources import fetch
from catalog.sources.interface import Fetched
from catalog.sources.reference import Reference, slug_of

Stage = Literal["fetch", "extract", "classify", "store", "done", "failed"]
Observer = Callable[[Reference, Stage], None]


def nobody(reference: Reference, stage: Stage) -> None:
    """The observer that watches nothing."""


def extract(reference: Reference, slug: str | None = None, observer: Observer = nobody) -> Snapshot:
    """Fetches and reads one source. The temporary folder is gone when this returns, however it returns."""
    observer(reference, "fetch")
    with _work_dir() as work_dir:
        fetched = fetch(reference, work_dir, slug or slug_of(reference))
        observer(reference, "extract")
        return snapshot_of(fetched)


def snapshot_of(fetched: Fetched) -> Snapshot:
    """What a fetched source holds: its own list where it states one, else what the readers find in its tree."""
    if fetched.root is None:
        return Snapshot(fetched.server, fetched.tools, fetched.gaps, None)
    found = read_tree(SourceTree(fetched.root))
    gaps = (*fetched.gaps, *found.gaps)
    return Snapshot(fetched.server, found.tools, gaps, completeness(Found(found.tools, gaps)))


def completeness(found: Found) -> float:
    """The share of the registrations seen that were resolved: 1.0 without gaps, 0.0 when nothing was found."""
    seen = len(found.tools) + len(found.gaps)
    return round(len(found.tools) / seen, 4) if seen else 0.0


@contextmanager
def _work_dir() -> Iterator[Path]:
    with TemporaryDirectory(prefix="catalog-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
