"""`catalog ingest REF...`: the whole path, for one source or many."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.cli import gate, labelling
from catalog.cli.app import new_app
from catalog.cli.gate import Baseline, Reports, SuppressionsFile, WriteBaseline
from catalog.cli.labelling import Overrides
from catalog.cli.options import Db, JsonLines, Slug, database, one_of
from catalog.cli.output import counted, say, write, write_json_line
from catalog.cli.running import Env, Run, Sandbox, fetcher
from catalog.cli.terminal import harmless
from catalog.errors import CatalogError, SourceError, UsageError
from catalog.pipeline import Failed, Ingested, Observer, ingest, nobody
from catalog.sources.interface import Fetch
from catalog.sources.reference import Reference, parse_reference
from classifier.records import RISKS

if TYPE_CHECKING:
    from catalog.cli.gate import Found
    from catalog.reporting.records import Assessment

app = new_app()
_STAGES = {"fetch": "fetching", "extract": "reading", "classify": "labelling the tools of", "store": "storing"}


@app.command()
def main(
    context: typer.Context,
    refs: Annotated[
        list[str], typer.Argument(metavar="REF...", help="Repositories, packages, folders, archives, files.")
    ],
    slug: Slug = None,
    json: JsonLines = False,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", metavar="RISK", help="Exit with 10 when a tool has this risk or a higher one."),
    ] = None,
    report: Reports = None,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    suppressions: SuppressionsFile = None,
    overrides: Overrides = None,
    run: Run = False,
    sandbox: Sandbox = "auto",
    env: Env = None,
    db: Db = None,
) -> None:
    """Fetch servers, read their tools out of the source, label them and store them.

    One source failing does not stop the others; the failures are listed at the end.
    """
    threshold = next((r for r in RISKS if r == one_of(fail_on, RISKS, "--fail-on")), None)
    chosen = gate.settings(threshold, report, baseline, write_baseline, suppressions)
    if slug and len(refs) > 1:
        raise UsageError("--slug names one server, but several references are given", "Ingest it on its own.")
    references, unresolved = _references(refs, slug)
    fetch = fetcher(run, sandbox, env)
    done, failed = _run(references, database(context, db), json, overrides, fetch)
    for outcome in unresolved if json else ():
        write_json_line(_json(outcome))
    failed += unresolved
    assessment = gate.conclude("ingest", chosen, lambda: _found(done, failed))
    _finish(done, failed, len(references) + len(unresolved), assessment)


def _references(refs: Sequence[str], slug: str | None) -> tuple[list[tuple[Reference, str | None]], list[Failed]]:
    """What the words name; `config:` stands for every server of the clients' files, some of which name no source."""
    references: list[tuple[Reference, str | None]] = []
    unresolved: list[Failed] = []
    for reference in map(parse_reference, refs):
        if reference.kind != "config":
            references.append((reference, slug))
            continue
        if slug:
            raise UsageError("--slug names one server, but config: stands for many", "Leave --slug out.")
        from catalog.stack.configured import configured
        from catalog.stack.surroundings import Surroundings

        named, failed = configured(reference, Surroundings.here())
        references += [(one, None) for one in named]
        unresolved += failed
    return references, unresolved


def _run(
    references: Sequence[tuple[Reference, str | None]], path: Path, json: bool, overrides: Path | None, fetch: Fetch
) -> tuple[list[Ingested], list[Failed]]:
    from catalog.store.write import StoreWriter

    done: list[Ingested] = []
    failed: list[Failed] = []
    label = labelling.load_classifier(overrides).classify
    with StoreWriter(path) as store, progress(len(references)) as observer:
        for outcome in ingest(references, label, store, lambda: datetime.now(UTC), observer, fetch):
            if isinstance(outcome, Failed):
                failed.append(outcome)
            else:
                done.append(outcome)
            if json:
                write_json_line(_json(outcome))
            elif isinstance(outcome, Ingested):
                write(harmless(_line(outcome)) + "\n")
    return done, failed


def _found(done: Sequence[Ingested], failed: Sequence[Failed]) -> Found:
    from catalog.reporting.labels import risk_reports
    from catalog.reporting.records import Subject
    from catalog.reporting.roots import subject_of

    subjects = [subject_of(o.reference, o.snapshot) for o in done]
    subjects += [Subject(str(f.reference), str(f.reference), problem=f.error.message) for f in failed]
    return subjects, [report for o in done for report in risk_reports(o.snapshot, o.classifications)]


def _finish(done: Sequence[Ingested], failed: Sequence[Failed], asked: int, assessment: Assessment | None) -> None:
    """The talk after the rows, and the exit code: 10 where the gate closes, else the failure's own for a single
    source and 4 for one of many."""
    for outcome in done:
        if outcome.snapshot.gaps:
            say(f"{outcome.snapshot.server.slug}: {_incomplete(outcome)}")
    if failed and asked == 1:
        raise failed[0].error
    for failure in failed:
        say(f"failed: {failure.reference}: {failure.error.message}")
        if failure.error.hint:
            say(f"  {failure.error.hint}")
    gate.fail(assessment)
    if failed:
        rest = "the rest is stored" if done else "nothing was stored"
        raise SourceError(f"{len(failed)} of {asked} sources failed; {rest}")


def _line(outcome: Ingested) -> str:
    saved, tools = outcome.saved, outcome.snapshot.tools
    changes = [f"{len(names)} {what}" for what, names in _changes(outcome) if names]
    risks = [f"{n} {risk}" for risk, n in _risks(outcome).items() if n]
    state = "unchanged" if saved.unchanged else ", ".join(changes) or "source updated, tools unchanged"
    return f"{outcome.snapshot.server.slug}: {counted(len(tools), 'tool')} ({', '.join(risks)}); {state}"


def _changes(outcome: Ingested) -> tuple[tuple[str, Sequence[str]], ...]:
    saved = outcome.saved
    return ("new", saved.new), ("changed", saved.changed), ("removed", saved.removed), ("relabelled", saved.relabelled)


def _risks(outcome: Ingested) -> dict[str, int]:
    return {risk: sum(a.risk == risk for a in outcome.classifications) for risk in reversed(RISKS)}


def _incomplete(outcome: Ingested) -> str:
    gaps, share = outcome.snapshot.gaps, outcome.snapshot.completeness
    known = f"about {share:.0%} of its registrations were resolved, " if share is not None else ""
    return f"incomplete: {known}{counted(len(gaps), 'gap')}; it may have tools that are not listed"


def _json(outcome: Ingested | Failed) -> dict[str, Any]:
    if isinstance(outcome, Failed):
        error: CatalogError = outcome.error
        return {
            "reference": str(outcome.reference),
            "error": {
                "kind": type(error).__name__,
                "message": error.message,
                "hint": error.hint,
                "exit_code": error.exit_code,
            },
        }
    server = outcome.snapshot.server
    return {
        "reference": str(outcome.reference),
        "server": server.slug,
        "name": server.name,
        "version": server.version,
        "source": server.source.to_json(),
        "tools": len(outcome.snapshot.tools),
        **{what: list(names) for what, names in _changes(outcome)},
        "unchanged": outcome.saved.unchanged,
        "risks": _risks(outcome),
        "gaps": len(outcome.snapshot.gaps),
        "completeness": outcome.snapshot.completeness,
    }


@contextmanager
def progress(total: int) -> Iterator[Observer]:
    """Progress on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield nobody
        return
    from rich.console import Console

    started: list[str] = []
    with Console(stderr=True).status("starting") as status:

        def observe(reference: Reference, stage: str) -> None:
            if stage == "fetch" and str(reference) not in started:
                started.append(str(reference))
            place = f"[{min(len(started), total)}/{total}] " if total > 1 else ""
            status.update(harmless(f"{place}{_STAGES[stage]} {reference}").replace("[", "\\["))

        yield observe
