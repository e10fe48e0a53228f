"""`catalog findings [SERVER]`: what a person should know about stored tools beyond their labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.cli import gate
from catalog.cli.app import new_app
from catalog.cli.gate import Baseline, Reports, SuppressionsFile, WriteBaseline
from catalog.cli.options import Db, JsonLines, database, one_of
from catalog.cli.output import Column, counted, say, write_json_line, write_table
from catalog.findings.find import in_order
from catalog.findings.records import Report
from catalog.findings.stored import findings_of_server
from catalog.severity import SEVERITIES, Severity, at_least
from catalog.store.read import Filters, StoreReader

if TYPE_CHECKING:
    from catalog.reporting.records import Subject

app = new_app()
_COLUMNS = (
    Column("severity"),
    Column("check", wraps=True),
    Column("tool", wraps=True),
    Column("finding", shrinks=True),
    Column("place", wraps=True, is_extra=True),
)


@app.command()
def main(
    context: typer.Context,
    server: Annotated[str | None, typer.Argument(metavar="[SERVER]", help="Only this server, by its slug.")] = None,
    severity: Annotated[
        str, typer.Option("--severity", metavar="SEVERITY", help=f"From this one on: {', '.join(SEVERITIES)}.")
    ] = "low",
    lock: Annotated[
        Path | None, typer.Option("--lock", metavar="LOCK", help="Also hold the tools against this lock file.")
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", metavar="SEVERITY", help="Exit 10 from this severity on, for checks that may gate."),
    ] = None,
    report: Reports = None,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    suppressions: SuppressionsFile = None,
    json: JsonLines = False,
    db: Db = None,
) -> None:
    """List what was found in stored definitions and code: poisoned text, wrong hints, secrets asked for, gaps."""
    threshold = next(s for s in SEVERITIES if s == one_of(severity, SEVERITIES, "--severity"))
    gated = next((s for s in SEVERITIES if s == one_of(fail_on, SEVERITIES, "--fail-on")), None)
    chosen = gate.settings(gated, report, baseline, write_baseline, suppressions)
    with StoreReader(database(context, db)) as store:
        reports = _reports(store, server, lock)
        _show(reports, threshold, json)
        gate.fail(gate.conclude("findings", chosen, lambda: (_subjects(store, server), reports)))


def _show(reports: Sequence[Report], threshold: Severity, json: bool) -> None:
    shown = [r for r in reports if at_least(r.severity, threshold)]
    if json:
        for found in shown:
            write_json_line(found.to_json())
    elif shown:
        write_table(_COLUMNS, [_row(found) for found in shown])
    _say_the_rest(reports, shown, threshold)


def _subjects(store: StoreReader, server: str | None) -> list[Subject]:
    """The stored servers that were looked at, with what was read of each."""
    from catalog.reporting.records import Subject
    from catalog.reporting.roots import root_of_stored

    return [
        Subject(
            stored.server.slug,
            stored.server.source.reference,
            tuple(t.tool.name for t in store.tools(Filters(server=stored.server.slug))),
            stored.gap_count,
            root=root_of_stored(stored.server.source, Path.cwd()),
        )
        for stored in ([store.server(server)] if server else store.servers())
    ]


def _reports(store: StoreReader, server: str | None, lock: Path | None) -> tuple[Report, ...]:
    """Gravest first over all servers: what matters most should not hide below the letter P."""
    locked = {}
    if lock is not None:
        from catalog.history.lock import read_lock

        locked = {s.slug: dict(s.tools) for s in read_lock(lock)}
    slugs = [server] if server else [stored.server.slug for stored in store.servers()]
    return in_order(r for slug in slugs for r in findings_of_server(store, slug, locked.get(slug)))


def _row(report: Report) -> list[object]:
    place = f"{report.location.path}:{report.location.line}" if report.location else ""
    tool = f"{report.server}/{report.tool}" if report.tool else report.server
    return [report.severity, report.check, tool, report.message, place]


def _say_the_rest(reports: Sequence[Report], shown: Sequence[Report], threshold: Severity) -> None:
    """What was left out, and that silence is no promise."""
    milder = Counter(r.severity for r in reports if not at_least(r.severity, threshold))
    if milder:
        counts = ", ".join(f"{milder[s]} {s}" for s in reversed(SEVERITIES) if milder[s])
        say(f"{counts} not shown: --severity info shows them")
    partly = sum(r.check == "server-partly-read" for r in reports)
    if partly:
        say(f"{counted(partly, 'server')} could only be read in part and may have tools that nothing is said about")
    if not shown:
        say(f"no finding of severity {threshold} or higher. That does not mean that the tools are safe.")
    else:
        say(f"{counted(len(shown), 'finding')} in {counted(len({r.server for r in shown}), 'server')}")
