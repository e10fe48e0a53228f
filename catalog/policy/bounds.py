"""Rules about the paths and hosts that a user names, in operators that every regular-expression gateway knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from catalog.errors import UsageError
from catalog.policy.numbers import is_number
from catalog.policy.records import Condition, Guard
from catalog.policy.shape import place_lists, place_parameters
from catalog.records import Tool

GuardKind = Literal["require", "deny_if"]
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Folders under which files may lie, hosts (`example.com`, `example.com:8443`) which may be reached over HTTPS, and
    the most that one call may pay, in whole units of the currency.

    Symbolic links are the server's affair: the rules see the text of the argument only. Raises UsageError for a host
    that is none, an empty path, and an amount that is negative.
    """

    paths: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    max_amount: float | None = None

    def __post_init__(self) -> None:
        if self.max_amount is not None and not (is_number(self.max_amount) and self.max_amount >= 0):
            raise UsageError(f"not an amount: {self.max_amount}")
        for host in self.hosts:
            if not _HOST.match(host):
                raise UsageError(f"not a host: {host!r}", "Write it as example.com or example.com:8443.")
        for path in self.paths:
            if not path.strip() or "\x00" in path or ".." in re.split(r"[/\\]", path):
                raise UsageError(f"not a folder that can be named: {path!r}", "Write it in full, without '..'.")


def bound_guards(tool: Tool, bounds: Bounds) -> list[tuple[GuardKind, Guard]]:
    """The guards for every parameter of `tool` that names a path or URL. A list of places cannot be checked: closed."""
    guards: list[tuple[GuardKind, Guard]] = []
    if bounds.paths:
        told = f"Only paths under {', '.join(bounds.paths)} are allowed."
        for path in place_parameters(tool, "paths"):
            guards.append(("require", Guard((Condition(path, "regex", folder_pattern(bounds.paths)),), told)))
            guards.append(("deny_if", Guard((Condition(path, "regex", r"(^|[/\\])\.\.([/\\]|$)"),), told)))
        guards += [("deny_if", Guard((Condition(p, "exists", True),), told)) for p in place_lists(tool, "paths")]
    if bounds.hosts:
        told = f"Only {', '.join(bounds.hosts)} may be reached."
        for path in place_parameters(tool, "hosts"):
            guards.append(("require", Guard((Condition(path, "regex", host_pattern(bounds.hosts)),), told)))
        guards += [("deny_if", Guard((Condition(p, "exists", True),), told)) for p in place_lists(tool, "hosts")]
    return guards


def folder_pattern(folders: tuple[str, ...]) -> str:
    """Matches a folder itself and everything below it."""
    roots = "|".join(re.escape(folder.rstrip("/")) for folder in folders)
    return rf"\A({roots})(/[^\x00]*)?\z"


def host_pattern(hosts: tuple[str, ...]) -> str:
    """Matches HTTPS URLs of exactly these hosts: no user part, no look-alike suffix, no other port."""
    names = "|".join(re.escape(host) for host in hosts)
    return rf"(?i)\Ahttps://({names})([/?#][^\\\s]*)?\z"
