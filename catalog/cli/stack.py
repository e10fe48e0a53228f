"""`catalog stack`: the servers that this machine's clients are configured with, and what they can do together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from catalog.cli import gate
from catalog.cli.app import new_app
from catalog.cli.gate import Baseline, FailOnUnknown, Reports, SuppressionsFile, WriteBaseline
from catalog.cli.options import Db, Json, database, one_of
from catalog.cli.output import say, write_json
from catalog.cli.running import Sandbox
from catalog.errors import InvalidInput, NothingFound, UsageError
from classifier.records import RISKS

if TYPE_CHECKING:
    from catalog.pipeline import Failed, Ingested
    from catalog.reporting.records import Subject
    from catalog.sources.reference import Reference
    from catalog.stack.discover import Discovery
    from catalog.stack.gather import Reading
    from catalog.stack.legs import Legs
    from catalog.stack.records import Entry, Stack
    from catalog.stack.surroundings import Surroundings

app = new_app()
Strength = Literal["strict", "recommended", "permissive"]


@app.command()
def main(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Configuration files, as with --config.")
    ] = None,
    config: Annotated[
        list[Path] | None, typer.Option("--config", metavar="FILE", help="Only this configuration file. Repeatable.")
    ] = None,
    client: Annotated[
        list[str] | None, typer.Option("--client", metavar="NAME", help="Only this client's files. Repeatable.")
    ] = None,
    as_: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="NAME=REF", help="What a server is that cannot be told. Repeatable."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing: only what is stored.")] = False,
    run: Annotated[
        bool, typer.Option("--run", help="Start the servers that cannot be read, as the client would.")
    ] = False,
    sandbox: Sandbox = "auto",
    max_age: Annotated[
        float, typer.Option("--max-age", metavar="DAYS", min=0, help="Read again what was read longer ago.")
    ] = 7,
    policy: Annotated[bool, typer.Option("--policy", help="Show the policy for each client's own settings.")] = False,
    target: Annotated[str | None, typer.Option("--target", help="Write the policy for this program instead.")] = None,
    strength: Annotated[Strength, typer.Option(help="How much the policy leaves open.")] = "strict",
    write: Annotated[bool, typer.Option("--write", help="Write what --policy shows; old files are kept.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Also draw the legs as a picture.")] = None,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", metavar="RISK", help="Exit 10 from this risk of a tool or severity of a problem on."),
    ] = None,
    fail_on_unknown: FailOnUnknown = False,
    report: Reports = None,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    suppressions: SuppressionsFile = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Find the servers that clients are configured with, read them, and show what they can do together.

    Nothing is started without --run, no file is changed without --write, and no secret is ever printed or stored.
    """
    from catalog.stack.gather import gather
    from catalog.stack.legs import analyse
    from catalog.stack.reports import reports, tool_reports
    from catalog.stack.surroundings import Surroundings

    threshold = next((r for r in RISKS if r == one_of(fail_on, RISKS, "--fail-on")), None)
    config = [*(files or []), *(config or [])]
    if (write or target) and not policy:
        raise UsageError("--write and --target belong to --policy", "Add --policy, or leave them out.")
    chosen = gate.settings(threshold, report, baseline, write_baseline, suppressions, fail_on_unknown)
    around, store = Surroundings.here(), database(context, db)
    found = discovered(around, config, client or [])
    reading = _reading(store, offline, run, sandbox, max_age)
    stack = gather(found, around, store, datetime.now(UTC), reading, _named(as_ or []))
    legs = analyse(stack)
    problems = reports(stack, legs)
    if svg is not None:
        _draw(svg, stack, legs)
    if policy:
        from catalog.cli.stack_policy import show_policies

        show_policies(stack, legs, store, around, target, strength, write, json)
    elif json:
        from catalog.stack.summary import to_json

        write_json(to_json(stack, legs, problems))
    else:
        from catalog.cli.stack_view import show

        show(stack, legs, offline, str(around.home))
    gate.fail(gate.conclude("stack", chosen, lambda: (_subjects(stack), [*problems, *tool_reports(stack)])))
    broken = [file for file in stack.files if file.problem is not None]
    if config and broken:
        raise InvalidInput(f"{broken[0].path}: {broken[0].problem}", "Its servers were not looked at.")


def discovered(around: Surroundings, config: Sequence[Path], client: Sequence[str]) -> Discovery:
    """What the options ask for. NothingFound where no client keeps a file here."""
    from catalog.stack.clients import find_client
    from catalog.stack.discover import discover, discover_in

    if config and client:
        raise UsageError("--config and --client exclude each other", "A file is read by itself, whoever's it is.")
    if config:
        return discover_in([path.expanduser() for path in config], around)
    found = discover(around, [find_client(name) for name in client] if client else None)
    if not found.files:
        raise NothingFound(
            "No configuration of an MCP client was found here. That does not mean that no server is running.",
            "Name a file with --config FILE; docs/stack.md lists the places that are looked at.",
        )
    return found


def _named(pairs: Sequence[str]) -> dict[str, Reference]:
    from catalog.sources.reference import parse_reference

    named = {}
    for pair in pairs:
        name, equals, reference = pair.partition("=")
        if not equals or not name:
            raise UsageError("--as needs a name and a reference", "Write --as NAME=npm:PACKAGE, for example.")
        named[name] = parse_reference(reference)
    return named


def _reading(store: Path, offline: bool, run: bool, sandbox: str, max_age_days: float) -> Reading:
    from datetime import timedelta

    from catalog.cli.running import SANDBOXES
    from catalog.stack.gather import Reading

    if sandbox not in SANDBOXES:
        raise UsageError(f"--sandbox {sandbox}: no such value", f"Accepted: {', '.join(SANDBOXES)}.")

    def read(wanted: Sequence[tuple[Reference, str]]) -> Iterator[Ingested | Failed]:
        yield from _ingested(wanted, store)

    def start(entry: Entry, slug: str) -> Ingested | Failed:
        from catalog.stack.start import reference_of, starter

        fetch = starter(entry, sandbox)  # type: ignore[arg-type]
        return next(iter(_ingested([(reference_of(entry), slug)], store, fetch)))

    return Reading(None if offline else read, start if run else None, timedelta(days=max_age_days))


def _ingested(
    wanted: Sequence[tuple[Reference, str]], store: Path, fetch: object = None
) -> Iterator[Ingested | Failed]:
    from catalog.cli import labelling
    from catalog.cli.ingest import progress
    from catalog.pipeline import ingest
    from catalog.sources import fetch as by_kind
    from catalog.store.write import StoreWriter

    label = labelling.load_classifier().classify
    with StoreWriter(store) as writer, progress(len(wanted)) as observer:
        yield from ingest(wanted, label, writer, lambda: datetime.now(UTC), observer, fetch or by_kind)  # type: ignore[arg-type]


def _draw(path: Path, stack: Stack, legs: Legs) -> None:
    from catalog.stack.picture import picture

    try:
        path.write_text(picture(stack, legs), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}", "Name another file with --svg.") from error
    say(f"wrote {path}")


def _subjects(stack: Stack) -> list[Subject]:
    from catalog.reporting.records import Subject

    broken = [Subject(f.path, f.path, problem=f.problem) for f in stack.files if f.problem is not None]
    return [
        Subject(
            m.key,
            str(m.reference or m.key),
            tuple(t.name for t in m.tools),
            len(m.gaps),
            (m.why or "nothing is known of it") if m.state == "unknown" else None,
            location=m.active[0][0].location,
        )
        for m in stack.members
        if m.state != "off"
    ] + broken
