"""What every kind of source offers: one function from a reference to what was fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from catalog.records import Gap, Root, Server, Tool
from catalog.sources.reference import Reference


@dataclass(frozen=True, slots=True)
class Revision:
    """What fetching would bring. Equal `content`: nothing new; `validator` asks the host whether that still holds."""

    content: str
    validator: str = ""

    @classmethod
    def parse(cls, text: str) -> Revision:
        """Reads what `str` wrote."""
        return cls(*text.split("\n", 1))

    def __str__(self) -> str:
        return f"{self.content}\n{self.validator}" if self.validator else self.content


@dataclass(frozen=True, slots=True)
class Fetched:
    """A source at hand: either its tree (a folder, or files in memory), or its definitions when it states them itself.

    `revision` is what `catalog.sources.revision` would have answered at that moment, None where it answers nothing.
    """

    server: Server
    root: Root | None = None
    tools: tuple[Tool, ...] = ()
    gaps: tuple[Gap, ...] = ()
    revision: Revision | None = None


class Fetch(Protocol):
    """Brings a reference to this machine.

    `work_dir` is an empty folder that its owner removes afterwards; nothing is written outside it. Raises a SourceError
    or InvalidInput that says what failed and what to do.
    """

    def __call__(self, reference: Reference, work_dir: Path, slug: str) -> Fetched: ...
