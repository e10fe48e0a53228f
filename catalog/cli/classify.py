"""`catalog classify FILE|-`: the second half of the path alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from catalog.cli import labelling
from catalog.cli.app import new_app
from catalog.cli.labelling import Overrides
from catalog.cli.options import Db, JsonLines, database
from catalog.cli.output import say, write_json_line
from catalog.errors import InvalidInput, SourceError, SourceNotFound, UsageError
from catalog.sources.definitions import parse_json, raw_tools
from catalog.store.read import Filters, StoreReader
from classifier.records import Classification, Definition

app = new_app()
BATCH = 512


@app.command()
def main(
    context: typer.Context,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE|-", help="Tool definitions: JSON Lines, or any form of FILE.json.")
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Label everything in the store anew; fetch nothing.")
    ] = False,
    json: JsonLines = False,
    overrides: Overrides = None,
    db: Db = None,
) -> None:
    """Label tool definitions: one JSON line out per definition, in the same order.

    A line may carry server, name, title, description, inputSchema and annotations. The output is JSON with and
    without --json.
    """
    if stored == (file is not None):
        raise UsageError("Name a FILE (or -), or --stored", "`catalog classify -` reads standard input.")
    label = labelling.load_classifier(overrides).classify
    if file is None:
        _relabel(database(context, db), label)
        return
    definitions = _definitions(file)
    count = 0
    while batch := list(islice(definitions, BATCH)):
        for answer in label(batch):
            write_json_line(answer.to_json())
        count += len(batch)
    if not count:
        say(f"no definitions in {file}")
        raise typer.Exit(3)


def _relabel(path: Path, label: Callable[[Sequence[Definition]], Sequence[Classification]]) -> None:
    """One line per server whose labels changed, each server in its own transaction."""
    from catalog.store.write import StoreWriter

    relabelled = 0
    with StoreReader(path) as reader, StoreWriter(path) as writer:
        for slug in [s.server.slug for s in reader.servers()]:
            tools = list(reader.tools(Filters(server=slug)))
            saved = writer.relabel(slug, label([t.tool.definition(t.server_name) for t in tools]), datetime.now(UTC))
            relabelled += len(saved.relabelled)
            if saved.relabelled:
                moved = sorted({c.tool for c in saved.changes if c.tool})
                write_json_line({"server": slug, "relabelled": len(saved.relabelled), "moved": moved})
    say(f"{relabelled} answers were written")


def _definitions(file: str) -> Iterator[Definition]:
    """Line by line where the first line is a definition, else the whole text as one document."""
    where = "standard input" if file == "-" else file
    lines = _lines(file)
    first = next((line for line in lines if line.strip()), "")
    try:
        value = parse_json(first, where)
    except InvalidInput:
        value = None
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        yield Definition.from_json(value)
        for number, line in enumerate(lines, 2):
            if line.strip():
                yield _definition(parse_json(line, f"{where} line {number}"), f"{where} line {number}")
        return
    for raw, place in raw_tools(first + "".join(lines), where):
        yield _definition(raw, place)


def _definition(raw: object, where: str) -> Definition:
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        raise InvalidInput(f"{where}: a tool definition is an object with a name")
    return Definition.from_json(raw)


def _lines(file: str) -> Iterator[str]:
    try:
        with sys.stdin.buffer if file == "-" else open(file, "rb") as stream:  # noqa: PTH123 (the same for both)
            for line in stream:
                yield line.decode("utf-8-sig")
    except FileNotFoundError:
        raise SourceNotFound(f"{file} does not exist") from None
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is not UTF-8 text") from None
