"""`catalog crawl [SOURCE]`: many servers, resumable."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Db, JsonLines, database, one_of
from catalog.cli.output import say, write, write_json_line
from catalog.cli.terminal import harmless
from catalog.crawl.coordinator import Coordinator, Event, Tally
from catalog.crawl.engines import Engine, open_engine
from catalog.crawl.schedule import Manners
from catalog.errors import InvalidInput, SourceError, UsageError
from catalog.sources.reference import parse_reference
from catalog.sources.registry import DEFAULT_REGISTRY, walk
from catalog.store.queue import CrawlQueue, Wanted
from catalog.store.write import StoreWriter

app = new_app()
_BATCH = 500


@app.command()
def main(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[registry:|FILE]",
            help="A registry (registry:URL for another one), or a file with one reference a line. Left out: go on.",
        ),
    ] = None,
    registry_url: Annotated[str, typer.Option(help="The registry's address.")] = DEFAULT_REGISTRY,
    since: Annotated[str | None, typer.Option(help="Only entries updated since then (RFC 3339).")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many servers.")] = None,
    revisit: Annotated[
        float | None, typer.Option(metavar="DAYS", help="Also visit what was last seen so long ago.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that fetch, read and label.")] = 2
    * (os.cpu_count() or 1),
    engine: Annotated[str, typer.Option(help="local, or dask.")] = "local",
    scheduler: Annotated[str | None, typer.Option(help="Address of the Dask scheduler.")] = None,
    per_host: Annotated[int, typer.Option(min=1, help="Downloads at once from one host.")] = 4,
    interval: Annotated[float, typer.Option(min=0, help="Seconds between two downloads from one host.")] = 0.0,
    contact: Annotated[str | None, typer.Option(help="Who crawls: an address in the user agent.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of the HTTP cache; beside the catalogue by default.")
    ] = None,
    json: JsonLines = False,
    db: Db = None,
) -> None:
    """Visit many servers: those of a registry, of a file, or what the last crawl left.

    Stopped anywhere, the next crawl goes on where this one was. What fails is kept with its reason and tried again.
    """
    chosen = one_of(engine, ("local", "dask"), "--engine")
    path = database(context, db)
    os.environ["CATALOG_HTTP_CACHE"] = str(cache or path.with_suffix(".http-cache"))
    if contact:
        os.environ["CATALOG_CONTACT"] = contact
    local_or_dask: Engine = "dask" if chosen == "dask" else "local"
    # The engine first: its workers read their code while the registry is walked.
    with StoreWriter(path) as store, open_engine(local_or_dask, workers, scheduler) as executor:
        queue = CrawlQueue(store)
        broken_off = _fill(queue, source, registry_url, since, limit)
        if revisit is not None:
            say(f"{queue.revisit(datetime.now(UTC), timedelta(days=revisit))} known servers are due again")
        if not queue.counts().get("pending"):
            queue.recover(datetime.now(UTC))
        total = queue.counts().get("pending", 0)
        with _show(total, json) as show:
            tally = Coordinator(store, queue, Manners(per_host, interval), show).crawl(executor, workers + 2, limit)
        _conclude(tally, queue)
    if broken_off is not None:
        raise SourceError(
            f"the registry was not read to its end: {broken_off.message}",
            broken_off.hint or "What was listed before is visited. The next `catalog crawl registry:` reads it again.",
        )


def _fill(
    queue: CrawlQueue, source: str | None, registry_url: str, since: str | None, limit: int | None
) -> SourceError | None:
    """Queues what the source names. A registry that breaks off is no reason to leave alone what it had listed: its
    error is returned, for the end of the crawl."""
    if source is None:
        return None
    is_registry = source.startswith("registry:")
    url = source.removeprefix("registry:") or registry_url
    wanted = _of_registry(url, since, limit) if is_registry else _of_file(Path(source))
    added, broken_off = 0, None
    while True:
        batch: list[Wanted] = []
        try:
            batch.extend(islice(wanted, _BATCH))
        except SourceError as error:
            broken_off = error
        added += queue.add(batch, datetime.now(UTC))
        if broken_off or len(batch) < _BATCH:
            break
    if broken_off and not added:
        raise broken_off
    say(f"{added} servers are due")
    return broken_off


def _of_registry(url: str, since: str | None, limit: int | None) -> Iterator[Wanted]:
    for entry in walk(url, since, limit, say):
        if not entry.candidates:
            say(f"{harmless(entry.name)}: names nothing that can be read")
            continue
        candidates = tuple((str(c.reference), c.why) for c in entry.candidates)
        stamp = f"{entry.version} {entry.updated_at}"
        yield Wanted(entry.candidates[0].reference.identity, candidates, stamp)


def _of_file(path: Path) -> Iterator[Wanted]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", "Name a text file with one reference a line.") from None
    for line in lines:
        text = line.partition("#")[0].strip() if not line.startswith("http") else line.strip()
        if not text:
            continue
        reference = parse_reference(text)
        if reference.kind in ("stdio", "registry", "config"):
            raise UsageError(f"{text}: a crawl only reads", "Ingest it on its own.")
        yield Wanted(reference.identity, ((str(reference), "it is in the list"),), str(reference.version))


@contextmanager
def _show(total: int, json: bool) -> Iterator[Callable[[Event], None]]:
    """Prints each event; on a terminal with done, rate and time left above."""
    started, done = time.monotonic(), 0

    def line(event: Event) -> None:
        if json:
            write_json_line(event.to_json())
        else:
            more = f" {event.tools} tools, {event.changes} changes" if event.outcome == "read" else f" {event.message}"
            write(harmless(f"{event.outcome} {event.reference}{more}".rstrip().splitlines()[0]) + "\n")

    if not sys.stderr.isatty():
        yield line
        return
    from rich.console import Console

    with Console(stderr=True).status("crawling") as status:

        def lively(event: Event) -> None:
            nonlocal done
            line(event)
            done += event.outcome not in ("retry", "rate_limited")
            rate = done / max(0.001, time.monotonic() - started)
            left = max(0, total - done) / rate if rate else 0
            status.update(f"{done} of {total} servers, {rate:.1f} a second, {left / 60:.0f} minutes left")

        yield lively


def _conclude(tally: Tally, queue: CrawlQueue) -> None:
    said = ", ".join(f"{n} {outcome}" for outcome, n in sorted(tally.outcomes.items())) or "nothing was due"
    states = ", ".join(f"{n} {state}" for state, n in sorted(queue.counts().items())) or "empty"
    say(f"visited: {said}; queue: {states}")
