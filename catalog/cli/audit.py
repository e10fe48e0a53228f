"""`catalog audit REF`: for the author of a server, the hints that its tools should declare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.cli import gate, labelling
from catalog.cli.app import new_app
from catalog.cli.gate import Baseline, Reports, SuppressionsFile, WriteBaseline
from catalog.cli.labelling import Overrides
from catalog.cli.options import Json, Slug
from catalog.cli.output import Column, counted, on_terminal, say, write, write_json, write_table
from catalog.cli.terminal import harmless_source
from catalog.errors import ThresholdReached, UsageError
from catalog.severity import SEVERITIES, Severity

if TYPE_CHECKING:
    from catalog.audit.editing.trial import Plan
    from catalog.audit.records import ServerAudit
    from catalog.findings.records import Report
    from catalog.reporting.records import Assessment
    from catalog.reporting.suppressions import Suppression
    from catalog.sources.reference import Reference

app = new_app()
_STATUSES = ("wrong", "missing", "over-broad", "undecided")
_FAIL_ON = f"Exit 10 on: {', '.join(_STATUSES)}; or from a severity on: {', '.join(SEVERITIES[1:])}."


@app.command()
def main(
    ref: Annotated[str, typer.Argument(metavar="REF", help="A folder, archive, package, repository or file.")],
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table, for a pull request.")] = False,
    patch: Annotated[bool, typer.Option("--patch", help="Print the edits as a unified diff; write nothing.")] = False,
    write_edits: Annotated[bool, typer.Option("--write", help="Edit the sources of a local folder in place.")] = False,
    loosen: Annotated[bool, typer.Option("--loosen", help="Also narrow declared hints that warn of too much.")] = False,
    include_review: Annotated[
        bool, typer.Option("--include-review", help="Propose doubtful answers too, where they loosen nothing.")
    ] = False,
    explicit: Annotated[
        bool, typer.Option("--explicit", help="State every known hint, also where its absence says the same.")
    ] = False,
    fail_on: Annotated[str | None, typer.Option("--fail-on", metavar="STATUS,...", help=_FAIL_ON)] = None,
    report: Reports = None,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    suppressions: SuppressionsFile = None,
    overrides: Overrides = None,
    slug: Slug = None,
) -> None:
    """Show the hints that each tool declares, those that follow from what was found, and why. Runs nothing.

    With --patch or --write the hints are put into the registrations (TypeScript, JavaScript, Python). Every edit is
    first tried on a copy: it is kept only if reading the copy gives the proposed hints and nothing else changed.
    """
    from catalog.audit.audit import Strictness
    from catalog.audit.run import audit_reference, folder_of
    from catalog.sources.reference import parse_reference

    if sum((json, markdown, patch)) > 1:
        raise UsageError("--json, --markdown and --patch are three forms of one answer", "Ask for one of them.")
    statuses, threshold = _gated(fail_on)
    reference = parse_reference(ref)
    folder = folder_of(reference) if write_edits else None
    chosen = gate.settings(
        threshold, report, baseline, write_baseline, suppressions,
        in_source=_in_source(reference), is_wanted=bool(statuses),
    )  # fmt: skip
    label = labelling.load_classifier(overrides).classify
    strictness = Strictness(explicit, include_review)
    found = audit_reference(reference, label, strictness, slug, patch or write_edits, loosen)
    _print(found.audit, found.plan, json, markdown, patch)
    remaining = found.audit
    if folder and found.plan:
        from catalog.audit.editing.files import write_files

        write_files(folder, found.plan.before, found.plan.after)
        remaining = audit_reference(reference, label, strictness, slug).audit
    if found.plan:
        _say_edits(found.plan, is_written=write_edits)
    elif any(hint.proposed is not None for tool in found.audit.tools for hint in tool.hints):
        say("--patch shows the edits that declare what is to be declared, in TypeScript, JavaScript and Python")
    _conclude(chosen, reference, remaining, statuses)


def _gated(fail_on: str | None) -> tuple[tuple[str, ...], Severity | None]:
    """Which statuses fail, or from which severity on."""
    words = [w.strip().lower().replace("_", "-") for w in fail_on.split(",")] if fail_on else []
    if len(words) == 1 and words[0] in SEVERITIES:
        return (), next(s for s in SEVERITIES if s == words[0])
    for word in words:
        if word not in _STATUSES:
            raise UsageError(f"--fail-on {word}: no such value", _FAIL_ON)
    return tuple(words), None


def _in_source(reference: Reference) -> Any:
    """Suppressions in comments count in a folder alone: there it is the author who asks."""
    folder = Path(reference.name)

    def comments_at(report: Report) -> Iterable[Suppression]:
        from catalog.extract.tree import SourceTree
        from catalog.reporting.suppressions import comments

        if report.location is None or reference.kind != "local" or not folder.is_dir():
            return ()
        tree = trees.setdefault("", SourceTree(folder))
        path = report.location.path
        return comments(tree.read_text(path).split("\n"), report.location.line) if tree.exists(path) else ()

    trees: dict[str, Any] = {}
    return comments_at


def _conclude(chosen: gate.Settings, reference: Reference, audit: ServerAudit, statuses: Sequence[str]) -> None:
    from catalog.audit.reports import CHECKS, reports
    from catalog.records import Snapshot
    from catalog.reporting.roots import subject_of

    snapshot = Snapshot(audit.server, tuple(t.tool for t in audit.tools), audit.gaps, audit.completeness)
    assessment = gate.conclude("audit", chosen, lambda: ([subject_of(reference, snapshot)], reports(audit)))
    gate.fail(assessment)
    _fail_on_statuses(assessment, {CHECKS[s]: s for s in statuses})


def _fail_on_statuses(assessment: Assessment | None, gated: dict[str, str]) -> None:
    """Exit code 10 where a new, unsuppressed report has one of the statuses."""
    judged = assessment.judged if assessment else ()
    left = [j.report for j in judged if j.state == "new" and j.report.check in gated]
    if left:
        tools = {r.tool for r in left}
        words = " or ".join(gated.values())
        raise ThresholdReached(f"{counted(len(tools), 'tool')} with {words} hints, for example {left[0].tool}")


def _print(audit: ServerAudit, plan: Plan | None, json: bool, markdown: bool, patch: bool) -> None:
    if json:
        write_json(audit.to_json() | ({"edits": _edits(plan)} if plan else {}))
    elif markdown:
        from catalog.audit.markdown import table
        from catalog.site.markdown import inline

        write(table(audit, inline))
    elif patch and plan:
        from catalog.audit.editing.files import unified_diff

        text = unified_diff(plan.before, plan.after)
        write(harmless_source(text) if on_terminal() else text)
    else:
        _show(audit)


def _show(audit: ServerAudit) -> None:
    from catalog.audit.markdown import changes, declared, why
    from catalog.audit.records import STATUSES

    ordered = sorted(audit.tools, key=lambda t: STATUSES.index(t.status))
    rows = [[t.status, t.tool.name, _place(t.tool.location), declared(t), changes(t), why(t)] for t in ordered]
    columns = (
        Column("status"),
        Column("tool", wraps=True),
        Column("registered at", wraps=True, is_extra=True),
        Column("declares", wraps=True),
        Column("to declare", wraps=True),
        Column("why", shrinks=True),
    )
    write_table(columns, rows)
    counts = [f"{n} {status}" for status, n in audit.counts().items() if n]
    say(f"{audit.server.name}: {counted(len(audit.tools), 'tool')}: {', '.join(counts)}")
    if audit.gaps:
        say(f"incomplete: {counted(len(audit.gaps), 'gap')}; it may have tools that are not listed")


def _place(location: Any) -> str:
    return f"{location.path}:{location.line}" if location else ""


def _edits(plan: Plan) -> list[dict[str, Any]]:
    outcomes = [*((wish, "edited", None) for wish in plan.edited), *((w, "refused", why) for w, why in plan.refused)]
    return [
        {"tool": wish.tool.name, "hints": {**wish.hints}, "outcome": outcome, "reason": reason}
        for wish, outcome, reason in outcomes
    ]


def _say_edits(plan: Plan, is_written: bool) -> None:
    verb = "edited" if is_written else "would edit"
    say(f"{verb} {counted(len(plan.edited), 'tool')} in {counted(len(plan.after), 'file')}")
    for wish, reason in plan.refused:
        say(f"left as it is: {wish.tool.name} ({_place(wish.tool.location)}): {reason}")
