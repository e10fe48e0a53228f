"""The path: reference, fetch, extract, classify, store. Each step a function; progress goes to an injected observer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Literal

from catalog.errors import CatalogError, NothingFound, StoreError
from catalog.extract import read_tree
from catalog.extract.metadata import metadata
from catalog.extract.shim import shim_dependency
from catalog.extract.tree import SourceTree
from catalog.records import Gap, Server, Snapshot
from catalog.sources import fetch as fetch_by_kind
from catalog.sources.interface import Fetch, Fetched
from catalog.sources.reference import Reference, parse_reference, slug_of
from classifier.records import Classification, Definition

if TYPE_CHECKING:
    from catalog.store.write import Saved, StoreWriter

Stage = Literal["fetch", "extract", "classify", "store"]
Observer = Callable[[Reference, Stage], None]
Classify = Callable[[Sequence[Definition]], Sequence[Classification]]


@dataclass(frozen=True, slots=True)
class Ingested:
    """One source that was stored: what it holds, its answers in the order of its tools, and what saving changed."""

    reference: Reference
    snapshot: Snapshot
    classifications: tuple[Classification, ...]
    saved: Saved


@dataclass(frozen=True, slots=True)
class Failed:
    """One source that was not, and why."""

    reference: Reference
    error: CatalogError


def nobody(reference: Reference, stage: Stage) -> None:
    """The observer that watches nothing."""


def extract(
    reference: Reference, slug: str | None = None, observer: Observer = nobody, fetch: Fetch = fetch_by_kind
) -> Snapshot:
    """Fetches and reads one source. The temporary folder is gone when this returns, however it returns.

    A package that is a thin layer over another one is read together with it, one level deep.
    """
    observer(reference, "fetch")
    with _work_dir() as work_dir:
        fetched = fetch(reference, work_dir, slug or slug_of(reference))
        observer(reference, "extract")
        if fetched.root is None:
            return snapshot_of(fetched)
        tree = SourceTree(fetched.root)
        snapshot = _read(fetched, tree)
        beneath = shim_dependency(tree) if not snapshot.tools and reference.kind in ("npm", "pypi") else None
    return _with_dependency(snapshot, parse_reference(beneath), observer) if beneath else snapshot


def snapshot_of(fetched: Fetched) -> Snapshot:
    """What a fetched source holds: its own list where it states one, else what the readers find in its tree."""
    if fetched.root is None:
        return Snapshot(fetched.server, fetched.tools, fetched.gaps, None)
    return _read(fetched, SourceTree(fetched.root))


def classify(snapshot: Snapshot, classifier: Classify) -> tuple[Classification, ...]:
    """One answer per tool, in the order of the tools."""
    return tuple(classifier([tool.definition(snapshot.server.name) for tool in snapshot.tools]))


def ingest(
    references: Iterable[tuple[Reference, str | None]],
    classifier: Classify,
    store: StoreWriter,
    now: Callable[[], datetime],
    observer: Observer = nobody,
    fetch: Fetch = fetch_by_kind,
) -> Iterator[Ingested | Failed]:
    """Stores each source (with the slug given beside it, if any) and gives what became of it, in order, as it goes.

    One source's failure does not stop the others. A store that cannot be written stops everything: StoreError.
    A source without tools is a failure too and changes nothing stored: a reader's miss must not look like a removal.
    """
    for reference, slug in references:
        try:
            snapshot = extract(reference, slug, observer, fetch)
            if not snapshot.tools:
                raise no_tools(snapshot)
            observer(reference, "classify")
            classifications = classify(snapshot, classifier)
            observer(reference, "store")
            saved = store.save(snapshot, classifications, now())
        except StoreError:
            raise
        except CatalogError as error:
            yield Failed(reference, error)
        else:
            yield Ingested(reference, snapshot, classifications, saved)


def no_tools(snapshot: Snapshot) -> NothingFound:
    """The error for a source in which no tool was found, with the reasons that its gaps give."""
    reasons = [f"{g.path}: {g.reason}" if g.path else g.reason for g in snapshot.gaps[:5]]
    more = len(snapshot.gaps) - len(reasons)
    return NothingFound(
        f"No tools were found in {snapshot.server.name}. This does not mean that it has none.",
        "; ".join(reasons) + (f"; and {more} more gaps" if more > 0 else "") or None,
    )


def _read(fetched: Fetched, tree: SourceTree) -> Snapshot:
    found = read_tree(tree)
    server = _described(fetched.server, tree)
    return Snapshot(server, found.tools, (*fetched.gaps, *found.gaps), found.completeness)


def _described(server: Server, tree: SourceTree) -> Server:
    """The server, with its manifest's word wherever its source said nothing. A folder is named as it says."""
    said = metadata(tree)
    return replace(
        server,
        name=said.name or server.name if server.source.kind == "local" else server.name,
        version=server.version or said.version,
        description=server.description or said.description,
        license=server.license or said.license,
        homepage=server.homepage or said.homepage,
    )


def _with_dependency(snapshot: Snapshot, beneath: Reference, observer: Observer) -> Snapshot:
    """The snapshot with the tools of the dependency that it is a thin layer over."""
    observer(beneath, "fetch")
    try:
        with _work_dir() as work_dir:
            fetched = fetch_by_kind(beneath, work_dir, snapshot.server.slug)
            if fetched.root is None:
                return snapshot
            observer(beneath, "extract")
            found = read_tree(SourceTree(fetched.root))
    except CatalogError as error:
        gap = Gap("", None, f"its definitions are in {beneath}, which could not be read: {error.message}")
        return replace(snapshot, gaps=(*snapshot.gaps, gap))
    if not found.tools:
        return replace(snapshot, gaps=(*snapshot.gaps, *found.gaps))
    note = f"read from its dependency {beneath} {fetched.server.version or ''}".rstrip()
    tools = tuple(replace(tool, extractor=f"{tool.extractor}, {note}") for tool in found.tools)
    return replace(snapshot, tools=tools, gaps=found.gaps, completeness=found.completeness)


@contextmanager
def _work_dir() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="catalog-"))
    try:
        yield folder
    finally:
        try:
            folder.rmdir()  # nothing was written: a small package stays in memory
        except OSError:
            rmtree(folder, ignore_errors=True)
