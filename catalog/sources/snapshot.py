"""A file with tool definitions, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from catalog.errors import InvalidInput, SourceError, SourceNotFound
from catalog.records import Server, Source
from catalog.sources.definitions import read_definitions
from catalog.sources.interface import Fetched
from catalog.sources.reference import Reference

MAX_BYTES = 64_000_000


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """The definitions of the file; nothing is written to `work_dir`."""
    text = read_text(reference.name)
    tools, gaps = read_definitions(text, "standard input" if reference.name == "-" else reference.name)
    return Fetched(Server(slug, slug, Source("snapshot", reference.identity)), None, tools, gaps)


def read_text(name: str) -> str:
    """The text of a file, or of standard input for "-", at most MAX_BYTES of UTF-8."""
    try:
        if name == "-":
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SourceNotFound(f"{name} does not exist") from None
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise SourceError(f"{name} is larger than the {MAX_BYTES} bytes that are read")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{name} is not UTF-8 text") from None
