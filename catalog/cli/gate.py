"""The options of every command that may fail a build, and what they do with what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog import __version__
from catalog.cli.output import counted, say
from catalog.errors import StoreError, ThresholdReached, UsageError
from catalog.severity import Severity, at_least

if TYPE_CHECKING:
    from catalog.findings.records import Report
    from catalog.reporting.judge import Gate
    from catalog.reporting.records import Assessment, Judged, Subject
    from catalog.reporting.suppressions import Suppression

    Found = tuple[Sequence[Subject], Iterable[Report]]

DEFAULT_SUPPRESSIONS = Path("catalog.suppressions.toml")

Reports = Annotated[
    list[Path] | None,
    typer.Option(
        "--report", metavar="FILE", help="Also write .sarif, .json, .xml (JUnit), .md or .html; may be repeated."
    ),
]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="Only what is not in this baseline fails.")
]
WriteBaseline = Annotated[
    Path | None, typer.Option("--write-baseline", metavar="FILE", help="Write what is found as the new baseline.")
]
SuppressionsFile = Annotated[
    Path | None,
    typer.Option("--suppressions", metavar="FILE", help=f"What is accepted; {DEFAULT_SUPPRESSIONS} where it exists."),
]
FailOnUnknown = Annotated[
    bool, typer.Option("--fail-on-unknown", help="Exit 10 also where a server could not be read or resolved.")
]


@dataclass(frozen=True, slots=True)
class Settings:
    """The gate and the files to write, checked before anything is fetched. `gate` is None where none was asked for."""

    gate: Gate | None = None
    reports: tuple[Path, ...] = ()
    write_baseline: Path | None = None


def settings(
    threshold: Severity | None = None,
    reports: Sequence[Path] | None = None,
    baseline: Path | None = None,
    write_baseline: Path | None = None,
    suppressions: Path | None = None,
    fail_on_unknown: bool = False,
    *,
    in_source: Callable[[Report], Iterable[Suppression]] = lambda report: (),
    is_wanted: bool = False,
) -> Settings:
    """The options as one value. UsageError for a report of no known format, InvalidInput for a broken file.

    Where none of them is given nothing will be judged, unless the command says that it `is_wanted` all the same.
    """
    asked = (threshold, reports, baseline, write_baseline, suppressions, fail_on_unknown, is_wanted)
    if not any(asked):
        return Settings()
    from catalog.reporting.baseline import read_baseline
    from catalog.reporting.formats import format_for
    from catalog.reporting.judge import Gate
    from catalog.reporting.suppressions import Suppressions, read_suppressions

    for path in reports or ():
        format_for(path.name)
        if not path.parent.is_dir():
            raise UsageError(f"--report {path}: the folder {path.parent} does not exist")
    accepted = suppressions or (DEFAULT_SUPPRESSIONS if DEFAULT_SUPPRESSIONS.is_file() else None)
    gate = Gate(
        threshold,
        fail_on_unknown,
        read_baseline(baseline) if baseline else frozenset(),
        read_suppressions(accepted, datetime.now(UTC).date()) if accepted else Suppressions(),
        in_source,
    )
    return Settings(gate, tuple(reports or ()), write_baseline)


def conclude(command: str, chosen: Settings, found: Callable[[], Found]) -> Assessment | None:
    """Judges, writes the files that were asked for, says what changed the verdict, and returns the assessment; None,
    and `found` is not called, where nothing of it was asked for.

    `fail` is the step after it, so that a command can finish its talk between the two.
    """
    if chosen.gate is None:
        return None
    from catalog.findings.checks import load_checks
    from catalog.reporting.baseline import write_baseline
    from catalog.reporting.formats import format_for
    from catalog.reporting.judge import judge

    assessment = judge(command, __version__, *found(), load_checks(), chosen.gate)
    for path in chosen.reports:
        _write(path, format_for(path.name)(assessment))
    if chosen.write_baseline:
        count = write_baseline(chosen.write_baseline, assessment.judged)
        say(f"{chosen.write_baseline}: a baseline of {counted(count, 'finding')}")
    for note in assessment.notes:
        say(note)
    for state in ("known", "suppressed"):
        count = sum(j.state == state for j in assessment.judged)
        if count:
            say(f"{counted(count, 'finding')} {'in the baseline' if state == 'known' else 'suppressed'}")
    if left := sum(_is_left_out(one, assessment) for one in assessment.judged):
        grave = f"{counted(left, 'finding')} at {assessment.threshold} or above"
        say(f"not counted by the gate: {grave}, of checks that do not fail a build")
    return assessment


def _is_left_out(one: Judged, assessment: Assessment) -> bool:
    """Whether a report is new and grave enough, and does not fail all the same: its check has false alarms."""
    threshold = assessment.threshold
    return one.state == "new" and not one.fails and threshold is not None and at_least(one.report.severity, threshold)


def fail(assessment: Assessment | None) -> None:
    """ThresholdReached where the gate closes; a baseline that was just written does not open it."""
    if assessment is None:
        return
    if assessment.failing:
        worst = assessment.failing[0].report
        place = "/".join(part for part in (worst.server, worst.tool) if part)
        raise ThresholdReached(
            f"{counted(len(assessment.failing), 'finding')} at {assessment.threshold} or above, for example "
            f"{worst.severity} {worst.check}" + (f" in {place}" if place else "")
        )
    if assessment.fails_on_unknown and assessment.unknown:
        raise ThresholdReached(
            f"{counted(len(assessment.unknown), 'server')} unknown, for example {assessment.unknown[0].server}"
        )


def _write(path: Path, text: str) -> None:
    """All of the file or nothing: a half-written report would read as a clean one."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(f"{path} could not be written: {error.strerror or error}") from None
