"""`catalog classify FILE|-`: the second half of the path alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from catalog.cli import labelling
from catalog.cli.app import new_app
from catalog.cli.labelling import Overrides
from catalog.cli.options import JsonLines
from catalog.cli.output import say, write_json_line
from catalog.errors import InvalidInput, SourceError, SourceNotFound
from catalog.sources.definitions import parse_json, raw_tools
from classifier.records import Definition

app = new_app()
BATCH = 512


@app.command()
def main(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="Tool definitions: JSON Lines, or any form of FILE.json.")
    ],
    json: JsonLines = False,
    overrides: Overrides = None,
) -> None:
    """Label tool definitions: one JSON line out per definition, in the same order.

    A line may carry server, name, title, description, inputSchema and annotations. The output is JSON with and
    without --json.
    """
    label = labelling.load_classifier(overrides).classify
    definitions = _definitions(file)
    count = 0
    while batch := list(islice(definitions, BATCH)):
        for answer in label(batch):
            write_json_line(answer.to_json())
        count += len(batch)
    if not count:
        say(f"no definitions in {file}")
        raise typer.Exit(3)


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
