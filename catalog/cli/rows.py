"""Tools as rows: the same columns wherever tools are listed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalog.cli.output import Column, write_csv, write_json_line, write_table
from catalog.store.read import StoredTool

_COLUMNS = (
    Column("risk"),
    Column("category"),
    Column("server", wraps=True),
    Column("tool", wraps=True),
    Column("capabilities", wraps=True),
    Column("confidence", is_number=True),
    Column("description", shrinks=True, is_extra=True),
)
_DESCRIPTION_CHARS = 80


def write_tools(tools: Iterable[StoredTool], json: bool, csv: bool) -> int:
    """Prints tools in the form asked for and gives their number."""
    if json:
        count = 0
        for count, tool in enumerate(tools, 1):  # noqa: B007 (the last number is the answer)
            write_json_line(tool_row(tool))
        return count
    rows = [_cells(tool, csv) for tool in tools]
    if csv:
        write_csv([c.title for c in _COLUMNS], rows)
    elif rows:
        write_table(_COLUMNS, rows)
    return len(rows)


def tool_row(stored: StoredTool) -> dict[str, Any]:
    """A tool in one line of JSON: its address and its answer."""
    answer = stored.classification
    location = stored.tool.location
    return {
        "server": stored.server_slug,
        "name": stored.tool.name,
        "title": stored.tool.title,
        "description": stored.tool.description,
        "category": answer.category if answer else None,
        "risk": answer.risk if answer else None,
        "capabilities": list(answer.capabilities) if answer else [],
        "confidence": answer.confidence if answer else None,
        "needs_review": answer.needs_review if answer else True,
        "location": location.to_json() if location else None,
        "removed_at": stored.removed_at,
    }


def _cells(stored: StoredTool, whole: bool) -> list[object]:
    answer = stored.classification
    description = " ".join((stored.tool.description or "").split())
    short = (
        description if whole or len(description) <= _DESCRIPTION_CHARS else description[: _DESCRIPTION_CHARS - 1] + "…"
    )
    if answer is None:
        return ["?", "not labelled", stored.server_slug, stored.tool.name, "", "", short]
    confidence = f"{answer.confidence:.2f}" + (" review" if answer.needs_review else "")
    capabilities = " ".join(answer.capabilities)
    return [answer.risk, answer.category, stored.server_slug, stored.tool.name, capabilities, confidence, short]
