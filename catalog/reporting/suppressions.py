"""Suppressions: reports that their owner accepts, each with a reason and, where it should not last, an end.

A file under the owner's version control may silence anything. A comment in a source silences only what is about that
source, and only where its author asked (`catalog audit` of a folder): a stranger's comment silences nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from catalog.errors import InvalidInput
from catalog.findings.records import Report

_KEYS = frozenset({"check", "server", "tool", "reason", "until"})
_COMMENT = re.compile(r"catalog:ignore\[(?P<check>[\w*?-]+)\](?: until (?P<until>\d{4}-\d\d-\d\d))?: *(?P<reason>.*\S)")
_MAX_LINE = 2_000


@dataclass(frozen=True, slots=True)
class Suppression:
    """Globs for check, server and tool, the reason, and the last day on which it holds (None: no end)."""

    check: str
    reason: str
    server: str = "*"
    tool: str = "*"
    until: date | None = None
    in_source: bool = False

    def covers(self, report: Report) -> bool:
        return (
            fnmatchcase(report.check, self.check)
            and fnmatchcase(report.server or "", self.server)
            and fnmatchcase(report.tool or "", self.tool)
        )


@dataclass(frozen=True, slots=True)
class Suppressions:
    """What is accepted on `today`, and where it was read from."""

    items: tuple[Suppression, ...] = ()
    today: date = date.max
    source: str = ""

    def covering(self, report: Report, in_source: Iterable[Suppression] = ()) -> Suppression | None:
        """The first suppression in force that covers the report, those at its place in the source after the file's."""
        return next((s for s in (*self.items, *in_source) if not self._is_over(s) and s.covers(report)), None)

    def notes(self, reports: Sequence[Report], command: str) -> tuple[str, ...]:
        """A sentence for each suppression that expired though its report is still there, or that covers nothing.

        The file serves all commands and servers, so that what covers nothing of one command's may be needed yet.
        """
        return tuple(self._notes(reports, command))

    def _notes(self, reports: Sequence[Report], command: str) -> Iterable[str]:
        for item in self.items:
            covers = any(item.covers(r) for r in reports)
            what = f"{self.source}: the suppression of {item.check} for {item.server}/{item.tool}"
            if covers and self._is_over(item):
                yield f"{what} ended on {item.until} and no longer counts"
            elif not covers:
                yield f"{what} covers nothing that catalog {command} found here"

    def _is_over(self, item: Suppression) -> bool:
        return item.until is not None and item.until < self.today


def read_suppressions(path: Path, today: date) -> Suppressions:
    """The `[[ignore]]` tables of a TOML file. InvalidInput names the table and the key that is wrong."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read as suppressions: {error}", _EXAMPLE) from None
    tables = raw.get("ignore", [])
    if set(raw) - {"ignore"} or not isinstance(tables, list):
        raise InvalidInput(f"{path} holds more than [[ignore]] tables", _EXAMPLE)
    items = tuple(_item(f"{path}: [[ignore]] number {n}", table) for n, table in enumerate(tables, 1))
    return Suppressions(items, today, str(path))


def comments(lines: Sequence[str], line: int) -> tuple[Suppression, ...]:
    """Suppressions in the comment on a line (counted from 1) or on the line above it; none for what is malformed."""
    found = []
    for number in (line - 1, line):
        text = lines[number - 1] if 1 <= number <= len(lines) else ""
        match = _COMMENT.search(text[:_MAX_LINE])
        if match:
            with suppress(ValueError):  # a day that no calendar has
                until = date.fromisoformat(match["until"]) if match["until"] else None
                found.append(Suppression(match["check"], match["reason"], until=until, in_source=True))
    return tuple(found)


def _item(where: str, table: Any) -> Suppression:
    if not isinstance(table, dict):
        raise InvalidInput(f"{where} is no table", _EXAMPLE)
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise InvalidInput(f"{where} has the unknown key {unknown[0]}", f"Known: {', '.join(sorted(_KEYS))}.")
    texts = {key: table.get(key, "*") for key in ("check", "server", "tool", "reason")}
    for key, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            raise InvalidInput(f"{where}: {key} is no text", _EXAMPLE)
    if "check" not in table or "reason" not in table:
        raise InvalidInput(f"{where} lacks {'check' if 'check' not in table else 'reason'}", _EXAMPLE)
    until = table.get("until")
    if until is not None and type(until) is not date:
        raise InvalidInput(f"{where}: until is no date", "Write it without quotes: until = 2027-03-31")
    return Suppression(texts["check"], texts["reason"], texts["server"], texts["tool"], until)


_EXAMPLE = (
    'For example: [[ignore]] check = "tool-risk" server = "npm-*" tool = "delete_*" reason = "asked each time" '
    "until = 2027-03-31 (one key a line)."
)
