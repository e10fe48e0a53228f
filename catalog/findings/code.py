"""What a tool's handler visibly does, held against what its definition says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from catalog.records import Fact, Tool
from classifier.records import Classification

SHARED = 3  # tools that reach one place in the code: from here on it is a helper, which says nothing of any of them
_WRITING_SQL = r"(?i)\s*(?:INSERT|UPDATE|DELETE|DROP|TRUNCATE|ALTER)\b"
_DELETING_SQL = r"(?i)\s*(?:DELETE|DROP|TRUNCATE)\b"
_CHANGING_METHOD = r"(?:DELETE|PUT|PATCH)\b"
_CHANGING_PROGRAM = r"(?i)\s(?:rm|rmdir|del|mkfs|shutdown|kill|killall|pkill|dd|shred)\b"
# Files that come and go with the work: nobody asked for them and nobody misses them.
_PASSING = r"(?i)temp|tmp|cache|log\b|logs\b|logger|history|session|mkd|makedirs|create_dir|\block"


def find_in_code(tools: Sequence[tuple[Tool, Classification | None]]) -> Iterator[tuple[Tool, tuple[Fact, ...]]]:
    """Tools whose code does what their definition denies, with the telling facts.

    Denied is change, by a read-only hint or by an answer that is sure to be Read; or deletion, by a hint.
    """
    reached = Counter(fact.location for tool, _ in tools for fact in set(tool.facts))
    for tool, label in tools:
        denied = _denies(tool, label)
        if denied is None or not tool.facts:
            continue
        own = [f for f in tool.facts if reached[f.location] < SHARED]
        telling = tuple(f for f in own if (_deletes(f) if denied == "deletion" else _changes(f)))
        if telling:
            yield tool, telling


def _denies(tool: Tool, label: Classification | None) -> str | None:
    if tool.annotations.get("readOnlyHint") is True:
        return "change"
    if label is not None and label.category == "Read" and not label.needs_review:
        return "change"
    if tool.annotations.get("destructiveHint") is False and label is not None and label.category != "Destructive":
        return "deletion"
    return None


def _changes(fact: Fact) -> bool:
    if fact.kind == "payment":
        return not re.search(r"\.(?:list|retrieve|search|get)\w*$", fact.detail)
    if fact.kind == "http":
        return re.match(_CHANGING_METHOD, fact.detail) is not None
    if fact.kind == "sql":
        return re.match(_WRITING_SQL, fact.detail) is not None and not re.search(_PASSING, fact.detail)
    if fact.kind == "process":
        return re.search(_CHANGING_PROGRAM, fact.detail) is not None
    return fact.kind in ("file_write", "file_delete", "email") and not re.search(
        _PASSING, f"{fact.detail} {fact.location.path}"
    )


def _deletes(fact: Fact) -> bool:
    """Deletion of something of the user's: files that the handler made itself cannot be told apart, so not files."""
    if fact.kind == "http":
        return fact.detail.startswith("DELETE")
    return (
        fact.kind == "sql" and re.match(_DELETING_SQL, fact.detail) is not None and not re.search(_PASSING, fact.detail)
    )
