"""What the store remembers of earlier states, as records: apart, so that a question about the present starts fast."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.changes import Change
from catalog.records import Tool
from classifier.records import Classification


@dataclass(frozen=True, slots=True)
class PastDefinition:
    """A definition that stood from one snapshot until another (None: until now), with the answer it had then."""

    tool: Tool
    classification: Classification | None
    digest: str
    from_at: str
    until_at: str | None
    from_version: str | None


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """One moment of a server, with the numbers of tools that it held and of changes that it brought."""

    id: int
    version: str | None
    ref: str | None
    commit: str | None
    completeness: float | None
    taken_at: str
    tool_count: int
    change_count: int


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A change as it was recorded; `at` is ISO 8601, UTC; `version` the server's after it."""

    id: int
    server_slug: str
    server_name: str
    at: str
    version: str | None
    change: Change
