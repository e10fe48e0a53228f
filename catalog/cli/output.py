"""What commands print: data on standard output, talk on standard error, rich only where a terminal shows it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from catalog.cli.terminal import csv_cell, harmless, json_text, width_of

_NARROWEST = 12  # columns that a shrinking or folded cell always gets
_ROOMY = 100  # a narrower terminal needs its width for names
RISK_STYLES = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "green"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `is_number` aligns right; on a narrow terminal `shrinks` is cut, `wraps` is folded
    and `is_extra` left out."""

    title: str
    is_number: bool = False
    shrinks: bool = False
    wraps: bool = False
    is_extra: bool = False


def write(text: str) -> None:
    """One piece of standard output; ends the command quietly where the reader has gone."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def write_json(value: Any) -> None:
    """One JSON document, readable, in UTF-8."""
    write(json_text(value, indent=2) + "\n")


def write_json_line(value: Any) -> None:
    """One line of JSON Lines."""
    write(json_text(value) + "\n")


def write_csv(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """CSV with a header; every cell is made harmless for terminals and spreadsheets."""
    import csv
    import io

    for row in (titles, *rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([csv_cell(cell) for cell in row])
        write(line.getvalue())


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 tool`, `2 tools`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def say(text: str) -> None:
    """One line of talk on standard error."""
    sys.stderr.write(harmless(text) + "\n")


def on_terminal() -> bool:
    """Whether standard output is a terminal, or FORCE_COLOR asks to act as if."""
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def write_table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """A table. On a terminal in colour and fitted to its width, otherwise aligned text with nothing cut."""
    cells = [["" if c is None else harmless(str(c)) for c in row] for row in rows]
    if on_terminal() and _rich_table(columns, cells):
        return
    titles = [c.title for c in columns]
    widths = [max(map(width_of, column)) for column in zip(titles, *cells, strict=True)]
    for row in (titles, *cells):
        padded = [
            " " * (width - width_of(cell)) + cell if column.is_number else cell + " " * (width - width_of(cell))
            for cell, width, column in zip(row, widths, columns, strict=True)
        ]
        write("  ".join(padded).rstrip() + "\n")


def write_facts(heading: Sequence[str], facts: Iterable[tuple[str, Sequence[str]]]) -> None:
    """A heading and labelled facts, each of one or more lines; facts without lines are left out.

    The words of the heading stand beside each other; a risk among them is shown in its colour.
    """
    shown = [(label, [harmless(line) for line in lines]) for label, lines in facts if lines]
    width = max((len(label) for label, _ in shown), default=0)
    if on_terminal():
        _rich_facts([harmless(word) for word in heading], shown, width)
        return
    write("  ".join(harmless(word) for word in heading) + "\n")
    for label, lines in shown:
        for index, line in enumerate(lines):
            write(f"  {label if index == 0 else '':<{width}}  {line}\n")


def _rich_table(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> bool:
    """Prints the table, without its extra columns on a narrow terminal; False where the others find no room."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if console.width < _ROOMY:
        kept = [n for n, c in enumerate(columns) if not c.is_extra]
        columns, cells = [columns[n] for n in kept], [[row[n] for n in kept] for row in cells]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    natural = [max(map(width_of, column)) for column in zip((c.title for c in columns), *cells, strict=True)]
    room = console.width - sum(w for w, c in zip(natural, columns, strict=True) if not c.shrinks) - 2 * len(columns)
    least = sum(min(w, _NARROWEST) if c.wraps or c.shrinks else w for w, c in zip(natural, columns, strict=True))
    if console.width < least + 2 * len(columns):
        return False
    for column, width in zip(columns, natural, strict=True):
        table.add_column(
            column.title,
            justify="right" if column.is_number else "left",
            no_wrap=not column.wraps,
            overflow="ellipsis" if column.shrinks else "fold",
            min_width=None if column.shrinks or column.wraps else width,
            max_width=max(room, _NARROWEST) if column.shrinks else None,
        )
    for row in cells:
        table.add_row(*[Text(cell, style=RISK_STYLES.get(cell, "")) for cell in row])
    console.print(table)
    return True


def _rich_facts(heading: Sequence[str], facts: Sequence[tuple[str, Sequence[str]]], width: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text("  ").join(Text(w, style=RISK_STYLES.get(w, "bold")) for w in heading))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=width + 2, justify="left")
    grid.add_column(overflow="fold")
    for label, lines in facts:
        for index, line in enumerate(lines):
            grid.add_row(Text("  " + (label if index == 0 else ""), style="dim"), Text(line))
    console.print(grid)
