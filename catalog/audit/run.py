"""The whole audit of one source: fetched, read, judged, and where asked for, edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from catalog.audit.audit import Classify, Strictness, audit
from catalog.audit.editing.trial import Plan
from catalog.audit.isolation import speaks_to_no_network
from catalog.audit.records import ServerAudit
from catalog.errors import UsageError
from catalog.extract.tree import SourceTree
from catalog.pipeline import no_tools, snapshot_of
from catalog.records import Found
from catalog.sources import fetch as fetch_by_kind
from catalog.sources.interface import Fetch
from catalog.sources.reference import Reference, slug_of


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit, with the plan of its edits where one was asked for."""

    audit: ServerAudit
    plan: Plan | None = None


def audit_reference(
    reference: Reference,
    classifier: Classify,
    strictness: Strictness,
    slug: str | None = None,
    edit: bool = False,
    loosen: bool = False,
    fetch: Fetch = fetch_by_kind,
) -> Audited:
    """Audits one source and, with `edit`, plans the edits. Writes nothing outside temporary folders.

    Raises NothingFound where no tool was found, and what fetching raises.
    """
    with TemporaryDirectory(prefix="catalog-", ignore_cleanup_errors=True) as folder:
        work_dir = Path(folder) / "source"
        work_dir.mkdir()
        fetched = fetch(reference, work_dir, slug or slug_of(reference))
        snapshot = snapshot_of(fetched)
        if not snapshot.tools:
            raise no_tools(snapshot)
        if fetched.root is None:
            return Audited(audit(snapshot, classifier, strictness=strictness))
        tree = SourceTree(fetched.root)
        is_local: Callable[[], bool] = lambda: speaks_to_no_network(tree)  # noqa: E731 (asked only where it matters)
        found = audit(snapshot, classifier, is_local, strictness)
        if not edit:
            return Audited(found)
        from catalog.audit.editing.plan import plan_edits

        copy = Path(folder) / "copy"
        copy.mkdir()
        read = Found(snapshot.tools, tuple(g for g in snapshot.gaps if g not in fetched.gaps))
        return Audited(found, plan_edits(found, tree, read, copy, loosen))


def folder_of(reference: Reference) -> Path:
    """The folder that a reference is; UsageError where it is none, and so cannot be edited in place."""
    path = Path(reference.name)
    if reference.kind != "local" or not path.is_dir():
        raise UsageError(
            f"--write edits a folder on this machine, and {reference} is none",
            "Check the source out and name its folder, or use --patch.",
        )
    return path
