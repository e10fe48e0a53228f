"""The crawl's unit of work: visits of one host, one after another. Runs in any process; touches no store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import classifier
from catalog import __version__
from catalog.errors import CatalogError, RateLimited
from catalog.pipeline import classify, extract, no_tools, snapshot_of
from catalog.records import Snapshot
from catalog.sources import fetch, revision
from catalog.sources.interface import Fetched, Revision
from catalog.sources.reference import Reference, parse_reference, slug_of
from catalog.store.prepared import Prepared, prepare

if TYPE_CHECKING:
    from catalog.sources.github import Checkout
    from classifier.classify import Classifier

Outcome = Literal["read", "unchanged", "empty", "gated", "rate_limited", "failed"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One server to visit: its reference as text, and what these same readers found there last (None: nothing yet)."""

    task_id: int
    reference: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """Visits to one host, in order. `host` is what limits of rate and concurrency count by.

    A suspect is not put together with others: one that had it was lost with its worker.
    """

    host: str
    visits: tuple[Visit, ...]
    is_suspect: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one visit; `prepared`, its rows, and the version of their `reader` only when it was read."""

    task_id: int
    outcome: Outcome
    prepared: Prepared | None = None
    revision: str | None = None
    reader: str = ""
    message: str = ""


def work(unit: Unit) -> tuple[Result, ...]:
    """Visits every server of the unit; never raises, so that one visit's failure loses no other.

    Once the host has asked for a rest, the visits that are left are not begun.
    """
    results: list[Result] = []
    resting = ""
    for visit, read in _readers(unit):
        result = Result(visit.task_id, "rate_limited", message=resting) if resting else _guarded(visit, read)
        if result.outcome == "rate_limited":
            resting = result.message
        results.append(result)
    return tuple(results)


@cache
def reader_version() -> str:
    """The version of everything that turns a source into a result: same version and source, same result."""
    return f"{__version__} {classifier.version()}"


Read = Callable[[Reference], tuple[Snapshot, Revision | None]]  # the snapshot, and the revision that it is of


def _readers(unit: Unit) -> Iterator[tuple[Visit, Read]]:
    """Each visit with the function that reads it. Several servers of one repository read the same checkout."""
    for repository, group in groupby(unit.visits, lambda visit: _repository(_parsed(visit.reference))):
        visits = list(group)
        if repository is None or len(visits) == 1:
            for visit in visits:
                yield visit, _extracted
            continue
        with TemporaryDirectory(prefix="catalog-", ignore_cleanup_errors=True) as folder:
            shared = _SharedCheckout(Path(folder))
            for visit in visits:
                yield visit, shared.read


def _extracted(reference: Reference) -> tuple[Snapshot, Revision | None]:
    revisions: list[Revision | None] = []

    def noting(reference: Reference, work_dir: Path, slug: str) -> Fetched:
        fetched = fetch(reference, work_dir, slug)
        revisions.append(fetched.revision)
        return fetched

    snapshot = extract(reference, fetch=noting)
    return snapshot, revisions[0] if revisions else None


def _parsed(text: str) -> Reference | None:
    try:
        return parse_reference(text)
    except CatalogError:
        return None


def _repository(reference: Reference | None) -> tuple[str, str | None] | None:
    """The repository at one ref that a reference lies in, None for any other kind."""
    if reference is None or reference.kind != "github":
        return None
    return reference.name.lower(), reference.version


class _SharedCheckout:
    """Downloads a repository at the first question and answers the others from the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checkout: Checkout | None = None

    def read(self, reference: Reference) -> tuple[Snapshot, Revision | None]:
        from catalog.sources.github import download_repository

        if self._checkout is None:
            self._checkout = download_repository(reference, self._folder)
        fetched = self._checkout.server_at(reference, slug_of(reference))
        return snapshot_of(fetched), fetched.revision


def _guarded(visit: Visit, read: Read) -> Result:
    from catalog.sources.gated import Gated

    try:
        return _visited(visit, read)
    except RateLimited as error:
        return Result(visit.task_id, "rate_limited", message=error.message)
    except Gated as error:
        return Result(visit.task_id, "gated", message=error.message)
    except CatalogError as error:
        return Result(visit.task_id, "failed", message=error.message)
    except Exception as error:
        # A stranger's source must not stop a crawl of thousands; the record names the defect for us to mend.
        return Result(visit.task_id, "failed", message=f"unexpected {type(error).__name__}: {error}"[:500])


def _visited(visit: Visit, read: Read) -> Result:
    reference = parse_reference(visit.reference)
    if visit.revision:
        known = Revision.parse(visit.revision)
        found = revision(reference, known)
        if found is not None and found.content == known.content:
            return Result(visit.task_id, "unchanged", revision=str(found))
    snapshot, now = read(reference)
    if not snapshot.tools:
        return Result(visit.task_id, "empty", message=str(no_tools(snapshot)))
    prepared = prepare(snapshot, classify(snapshot, labeller().classify))
    return Result(visit.task_id, "read", prepared, str(now) if now is not None else None, reader_version())


@cache
def labeller() -> Classifier:
    """The classifier of this process, read once."""
    return classifier.load()


def units_of(visits: Sequence[tuple[Visit, str]]) -> list[Unit]:
    """Groups visits (each with its host) into units: those of one repository at one ref together, the rest alone."""
    groups: dict[object, list[Visit]] = {}
    hosts: dict[object, str] = {}
    for visit, host in visits:
        key = (_repository(_parsed(visit.reference)) if host == "github" else None) or visit.task_id
        groups.setdefault(key, []).append(visit)
        hosts[key] = host
    return [Unit(hosts[key], tuple(group)) for key, group in groups.items()]
