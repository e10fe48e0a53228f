"""`catalog verify [LOCK]`: hold a lock against the present, and fail a build on drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.changes import Change
from catalog.cli import gate, labelling
from catalog.cli.app import new_app
from catalog.cli.gate import Baseline, FailOnUnknown, Reports, SuppressionsFile, WriteBaseline
from catalog.cli.labelling import Overrides
from catalog.cli.lock import DEFAULT_LOCK
from catalog.cli.options import Db, Json, database, one_of
from catalog.cli.output import say, write, write_json
from catalog.cli.terminal import harmless
from catalog.errors import CatalogError, SourceError
from catalog.history.lock import LockedServer, LockedTool, drift, lines_of, lock_tools, read_lock
from catalog.severity import SEVERITIES
from catalog.store.read import Filters, StoreReader

if TYPE_CHECKING:
    from catalog.cli.gate import Found

app = new_app()


@app.command()
def main(
    context: typer.Context,
    lock: Annotated[Path, typer.Argument(metavar="[LOCK]")] = DEFAULT_LOCK,
    stored: Annotated[
        bool, typer.Option("--stored", help="Compare with the store, without reading sources again.")
    ] = False,
    fail_on: Annotated[str, typer.Option(metavar="SEVERITY", help=f"Exit 10 from: {', '.join(SEVERITIES)}.")] = "low",
    fail_on_unknown: FailOnUnknown = False,
    report: Reports = None,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    suppressions: SuppressionsFile = None,
    overrides: Overrides = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Compare locked servers with the present, read anew from their sources; exit 10 on drift of that severity."""
    threshold = next(s for s in SEVERITIES if s == one_of(fail_on, SEVERITIES, "--fail-on"))
    chosen = gate.settings(threshold, report, baseline, write_baseline, suppressions, fail_on_unknown)
    servers = read_lock(lock)
    present = _stored(database(context, db)) if stored else _fresh(overrides)
    results: dict[str, tuple[Change, ...]] = {}
    failures: dict[str, CatalogError] = {}
    for server in servers:
        try:
            results[server.slug] = drift(server.tools, present(server))
        except CatalogError as error:
            failures[server.slug] = error
    _print(results, failures, json)
    gate.fail(gate.conclude("verify", chosen, lambda: _found(lock, servers, results, failures)))
    if failures:
        raise SourceError(f"{len(failures)} of {len(servers)} locked servers could not be compared")


def _found(
    lock: Path,
    servers: Sequence[LockedServer],
    results: Mapping[str, tuple[Change, ...]],
    failures: Mapping[str, CatalogError],
) -> Found:
    from catalog.reporting.labels import drift_reports
    from catalog.reporting.records import Subject

    lines = lines_of(lock)
    subjects = [
        Subject(s.slug, s.reference, tuple(s.tools), problem=failures[s.slug].message if s.slug in failures else None)
        for s in servers
    ]
    path = lock.as_posix()
    return subjects, [r for slug, changes in results.items() for r in drift_reports(slug, changes, lines, path)]


def _stored(path: Path) -> Any:
    def present(server: LockedServer) -> dict[str, LockedTool]:
        with StoreReader(path) as store:
            store.server(server.slug)
            return lock_tools((t.tool, t.classification) for t in store.tools(Filters(server=server.slug)))

    return present


def _fresh(overrides: Path | None) -> Any:
    from catalog.pipeline import classify, extract, no_tools
    from catalog.sources.reference import parse_reference

    label = labelling.load_classifier(overrides).classify

    def present(server: LockedServer) -> dict[str, LockedTool]:
        snapshot = extract(parse_reference(server.reference), server.slug)
        if not snapshot.tools:
            raise no_tools(snapshot)
        return lock_tools(zip(snapshot.tools, classify(snapshot, label), strict=True))

    return present


def _print(results: dict[str, tuple[Change, ...]], failures: dict[str, CatalogError], json: bool) -> None:
    if json:
        write_json(
            {
                "servers": {slug: [c.to_json() for c in changes] for slug, changes in results.items()},
                "failures": {slug: error.message for slug, error in failures.items()},
            }
        )
        return
    for slug, changes in results.items():
        write(harmless(f"{slug}: {'as locked' if not changes else f'{len(changes)} changes'}") + "\n")
        for change in changes:
            write(harmless(f"  {change.severity:8} {change.tool}: {change.message}") + "\n")
    for slug, error in failures.items():
        say(f"{slug}: {error.message}")
