"""What the last build left: a line per unit with its files, in the order in which a build meets its units.

Servers come last and by slug, in the file as in a build, so they are compared in one pass of both, none in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii
from pathlib import Path

from catalog.site.units import Unit


def state_line(unit: Unit, files: list[str]) -> str:
    return f"{_head(unit)}{json.dumps(files)}]\n"


def _head(unit: Unit) -> str:
    return f'["{unit.kind}", {encode_basestring_ascii(unit.key)}, "{unit.fingerprint}", '


class OldState:
    """The last build's lines, asked for one unit after the other."""

    def __init__(self, lines: Iterator[str], gone: Path) -> None:
        """`gone` is a file of this build's own for the paths of files that are no more."""
        self._gone = gone.open("w+", encoding="utf-8")
        self._others: dict[str, str] = {}  # lines by unit, of all but servers
        self._replaced: dict[str, str] = {}  # lines of units that are being rendered anew
        self._live: set[str] = set()  # files of all units but servers: one may have taken over another's
        self._lines = lines
        self._next = next(lines, None)
        while self._next is not None and not self._next.startswith('["server", '):
            kind, key, _, _ = json.loads(self._next)
            self._others[f"{kind}:{key}"] = self._next
            self._next = next(lines, None)

    def line(self, unit: Unit) -> str | None:
        """The line of a unit that need not be rendered. Servers have to be asked for by slug."""
        line = self._server_line(unit) if unit.kind == "server" else self._others.pop(unit.name, None)
        if line is None:
            return None
        if unit.fingerprint and line.startswith(_head(unit)):
            if unit.kind != "server":
                self._live.update(json.loads(line)[3])
            return line
        self._replaced[unit.name] = line
        return None

    def _server_line(self, unit: Unit) -> str | None:
        head = _head(unit)
        while self._next is not None:
            line = self._next
            slug = unit.key if line.startswith(head) else json.loads(line)[1]
            if slug > unit.key:
                return None
            self._next = next(self._lines, None)
            if slug == unit.key:
                return line
            self._forget(line)
        return None

    def keep(self, unit: Unit, files: list[str]) -> None:
        """Notes what a unit's new files leave behind of its old ones."""
        if unit.kind != "server":
            self._live.update(files)
        line = self._replaced.pop(unit.name, None)
        if line is not None:
            gone = set(json.loads(line)[3]) - set(files)
            self._gone.writelines(f"{path}\n" for path in sorted(gone))

    def stale(self) -> Iterator[str]:
        """Files of units that are no more, and those that units left behind. Ends the comparison."""
        for line in self._others.values():
            self._forget(line)
        while self._next is not None:
            self._forget(self._next)
            self._next = next(self._lines, None)
        self._gone.seek(0)
        for line in self._gone:
            path = line.rstrip("\n")
            if path not in self._live:
                yield path
        self._gone.close()

    def _forget(self, line: str) -> None:
        self._gone.writelines(f"{path}\n" for path in json.loads(line)[3])
