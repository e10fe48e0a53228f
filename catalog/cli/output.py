"""What commands print: data on standard output, talk on standard error, rich only where a terminal shows it."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import typer

from catalog.cli.terminal import harmless


def write(text: str) -> None:
    """One piece of standard output; ends the command quietly where the reader has gone."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def write_json(value: Any, indent: int | None = 2) -> None:
    """One JSON document, readable, in UTF-8."""
    write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def say(text: str) -> None:
    """One line of talk on standard error."""
    sys.stderr.write(harmless(text) + "\n")
