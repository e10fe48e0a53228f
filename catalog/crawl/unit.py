"""The crawl's unit of work: one download, every wanted server in it. Runs in any process; touches no store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from catalog import __version__
from catalog.errors import CatalogError, RateLimited
from catalog.pipeline import classify, extract, no_tools, snapshot_of
from catalog.records import Snapshot
from catalog.sources import fetch, revision
from catalog.sources.interface import Fetched
from catalog.sources.reference import Reference, parse_reference, slug_of
from classifier.records import Classification

if TYPE_CHECKING:
    from catalog.sources.github import Checkout
    from classifier.classify import Classifier

Outcome = Literal["read", "unchanged", "empty", "gated", "rate_limited", "failed"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One server to visit: its reference as text, and what the last visit found (None: never read)."""

    task_id: int
    reference: str
    revision: str | None = None
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """Visits that share one download. `host` is what limits of rate and concurrency count by."""

    host: str
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one visit. `snapshot` and `classifications` only when it was read; `retry_after_s` when asked."""

    task_id: int
    outcome: Outcome
    snapshot: Snapshot | None = None
    classifications: tuple[Classification, ...] = ()
    revision: str | None = None
    reader: str = ""
    message: str = ""


def work(unit: Unit) -> tuple[Result, ...]:
    """Visits every server of the unit; never raises, so that one visit's failure loses no other."""
    return tuple(_guarded(visit, read) for visit, read in _readers(unit))


def reader_version() -> str:
    """The version of everything that turns a source into a result: same version and source, same result."""
    return f"{__version__} {_classifier().version}"


Read = Callable[[Reference], tuple[Snapshot, str | None]]  # the snapshot, and the revision that it is of


def _readers(unit: Unit) -> Iterator[tuple[Visit, Read]]:
    """Each visit with the function that reads it. Several servers of one repository read the same checkout."""
    references = [_parsed(v.reference) for v in unit.visits]
    if len(unit.visits) > 1 and all(r is not None and r.kind == "github" for r in references):
        with TemporaryDirectory(prefix="catalog-", ignore_cleanup_errors=True) as folder:
            shared = _SharedCheckout(Path(folder))
            for visit in unit.visits:
                yield visit, shared.read
        return
    for visit in unit.visits:
        yield visit, _extracted


def _extracted(reference: Reference) -> tuple[Snapshot, str | None]:
    revisions: list[str | None] = []

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


class _SharedCheckout:
    """Downloads a repository at the first question and answers the others from the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checkout: Checkout | None = None

    def read(self, reference: Reference) -> tuple[Snapshot, str | None]:
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
    reader = reader_version()
    known = visit.revision if visit.reader == reader else None
    if known is not None and revision(reference) == known:
        return Result(visit.task_id, "unchanged", revision=known, reader=reader)
    snapshot, now = read(reference)
    if not snapshot.tools:
        return Result(visit.task_id, "empty", revision=now, reader=reader, message=str(no_tools(snapshot)))
    labels = classify(snapshot, _classifier().classify)
    return Result(visit.task_id, "read", snapshot, tuple(labels), now, reader)


@cache
def _classifier() -> Classifier:
    import classifier

    return classifier.load()


def units_of(visits: Sequence[tuple[Visit, str]]) -> list[Unit]:
    """Groups visits (each with its host) into units: those of one repository at one ref together, the rest alone."""
    groups: dict[object, list[Visit]] = {}
    hosts: dict[object, str] = {}
    for visit, host in visits:
        reference = _parsed(visit.reference)
        shared = reference is not None and reference.kind == "github"
        key = (reference.name.lower(), reference.version) if shared and reference else visit.task_id
        groups.setdefault(key, []).append(visit)
        hosts[key] = host
    return [Unit(hosts[key], tuple(group)) for key, group in groups.items()]
