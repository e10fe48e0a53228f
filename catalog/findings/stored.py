"""Findings about what is stored: worked out when they are asked for, so that new checks speak of old servers too."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from catalog.findings.code import find_in_code
from catalog.findings.find import Labelled, find_in_server, find_in_tool, in_order, reports_on_code
from catalog.findings.records import Report
from catalog.store.read import Filters, StoredTool, StoreReader

if TYPE_CHECKING:
    from catalog.history.lock import LockedTool


def findings_of_server(
    store: StoreReader, slug: str, locked: dict[str, LockedTool] | None = None
) -> tuple[Report, ...]:
    """Every finding about a stored server's present tools, gravest first. NothingFound where it is unknown."""
    stored = store.server(slug)
    return find_in_server(stored.server, _present(store, slug), store.gaps(slug), stored.completeness, locked)


def findings_of_tool(store: StoreReader, stored: StoredTool, skip: Collection[str] = ()) -> tuple[Report, ...]:
    """Every finding about one stored tool, gravest first. Its server's tools are read only where its code tells."""
    slug, tool = stored.server_slug, stored.tool
    found = list(find_in_tool(slug, tool, stored.classification, skip))
    if any(find_in_code([(tool, stored.classification)])):
        found += [r for r in reports_on_code(slug, _present(store, slug)) if r.tool == tool.name]
    return in_order(found)


def _present(store: StoreReader, slug: str) -> list[Labelled]:
    return [(t.tool, t.classification) for t in store.tools(Filters(server=slug))]
