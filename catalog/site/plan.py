"""What the whole catalogue looks like to pages that show more than one server: see `planning`, which makes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.site.actions import action_of
from catalog.site.planning import RELATED
from catalog.site.tally import Tally

PART_TOOLS = 8000  # tools that one part of the search index holds, about
_PARTS_MAX = 256


@dataclass(frozen=True, slots=True)
class Relative:
    """A tool elsewhere that does the same."""

    server_slug: str
    server_name: str
    name: str
    risk: str | None


class Plan:
    """The plan, open for reading."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str, *values: object) -> Iterator[sqlite3.Row]:
        yield from self._connection.execute(sql, values)

    def column(self, sql: str, *values: object) -> sqlite3.Cursor:
        """The rows as bare tuples, for long columns of numbers."""
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return cursor.execute(sql, values)

    def count(self, sql: str, *values: object) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {sql}", values).fetchone()[0])

    def tally(self) -> Tally:
        return Tally.from_json(json.loads(next(self.rows("SELECT value FROM note WHERE name = 'tally'"))[0]))

    def server(self, slug: str) -> sqlite3.Row:
        return next(self.rows("SELECT * FROM server WHERE slug = ?", slug))

    def kinds(self) -> list[str]:
        """The kinds of source that there are servers of."""
        return [row[0] for row in self.rows("SELECT DISTINCT kind FROM server ORDER BY kind")]

    def parts(self) -> int:
        """Into how many parts the search index is cut: a power of two, by the number of tools."""
        tools = next(self.rows("SELECT total(tools) FROM server"))[0]
        parts = 1
        while parts < _PARTS_MAX and tools > parts * PART_TOOLS * 1.5:
            parts *= 2
        return parts

    def servers_of_part(self, part: int, parts: int) -> Iterator[sqlite3.Row]:
        yield from self.rows(
            "SELECT slug, digest, changed_at FROM server WHERE hash % ? = ? ORDER BY slug", parts, part
        )

    def fingerprints(self) -> Iterator[tuple[str, str]]:
        """`(slug, digest)` of every server by slug, the digest covering what its pages say of other servers."""
        yield from self.column("SELECT slug, shared FROM server ORDER BY slug")

    def relatives(self, slug: str, name: str) -> list[Relative]:
        """Up to six tools of other servers with the same verb and object."""
        key = action_of(name)
        if not key:
            return []
        sql = "SELECT slug, server, name, risk FROM action WHERE key = ? ORDER BY rank, slug, name LIMIT ?"
        found = [Relative(*row) for row in self.rows(sql, key, RELATED)]
        return sorted((r for r in found if r.server_slug != slug), key=lambda r: (r.server_slug, r.name))[: RELATED - 1]
