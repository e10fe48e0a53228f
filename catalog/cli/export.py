"""`catalog export`: the whole catalogue as a file for other programs. Columns: docs/data.md."""

from __future__ import annotations

import csv as csv_module
import json as json_module
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Db, database, one_of
from catalog.cli.output import say
from catalog.cli.terminal import csv_cell
from catalog.errors import UsageError
from catalog.history.bulk import COLUMNS, rows
from catalog.store.read import StoreReader

app = new_app()
_FORMATS = ("jsonl", "csv", "parquet")


@app.command()
def main(
    context: typer.Context,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE|-", help="Its ending tells the format.")] = "-",
    format: Annotated[str | None, typer.Option("--format", help="jsonl, csv or parquet.")] = None,
    removed: Annotated[bool, typer.Option(help="Also tools that have vanished.")] = False,
    db: Db = None,
) -> None:
    """Write every tool with its definition, label and source, one a row."""
    form = one_of(format or Path(output).suffix.lstrip(".") or "jsonl", _FORMATS, "--format")
    with StoreReader(database(context, db)) as store:
        number = _write(form or "jsonl", output, rows(store, removed))
    say(f"{number} tools")


def _write(form: str, output: str, table: Iterator[dict[str, Any]]) -> int:
    if form == "parquet":
        return _parquet(output, table)
    if output == "-":
        return _text(form, sys.stdout, table)
    with Path(output).open("w", encoding="utf-8", newline="") as file:
        return _text(form, file, table)


def _text(form: str, file: IO[str], table: Iterator[dict[str, Any]]) -> int:
    number = 0
    writer = csv_module.DictWriter(file, list(COLUMNS), lineterminator="\n") if form == "csv" else None
    if writer:
        writer.writeheader()
    for number, row in enumerate(table, 1):  # noqa: B007 (the last number is the answer)
        if writer:
            writer.writerow({k: csv_cell(_cell(v)) for k, v in row.items()})
        else:
            file.write(json_module.dumps(row, ensure_ascii=False) + "\n")
    return number


def _cell(value: Any) -> Any:
    return json_module.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _parquet(output: str, table: Iterator[dict[str, Any]]) -> int:
    if output == "-":
        raise UsageError("Parquet cannot be written to standard output", "Name a file with -o.")
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise UsageError("Parquet needs pyarrow", "pip install 'mcp-tool-catalog[parquet]'") from None
    import pandas

    frame = pandas.DataFrame([{k: _cell(v) for k, v in row.items()} for row in table], columns=list(COLUMNS))
    frame.to_parquet(output, index=False)
    return len(frame)
