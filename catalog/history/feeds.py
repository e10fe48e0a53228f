"""Recorded changes as feeds: Atom (RFC 4287) and JSON Feed 1.1. Deterministic: no clock is read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from catalog.store.past import StoredChange

TITLE = "Changes of MCP tools"
_ATOM = "http://www.w3.org/2005/Atom"
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def json_feed(changes: Sequence[StoredChange], base_url: str = "") -> dict[str, Any]:
    """A JSON Feed; each item carries the whole change under `_change`."""
    feed: dict[str, Any] = {"version": "https://jsonfeed.org/version/1.1", "title": TITLE}
    if base_url:
        feed["home_page_url"] = base_url
    feed["items"] = [
        {
            "id": _id(stored),
            "title": _title(stored),
            "content_text": stored.change.message,
            "date_published": stored.at,
            "tags": [stored.change.severity, stored.change.kind],
            "_change": {"server": stored.server_slug, "version": stored.version, **stored.change.to_json()},
        }
        for stored in changes
    ]
    return feed


def atom_feed(changes: Sequence[StoredChange], base_url: str = "") -> str:
    """An Atom document. What XML cannot hold is left out of texts."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _child(feed, "id", base_url or "urn:mcp-tool-catalog:changes")
    _child(feed, "title", TITLE)
    _child(feed, "updated", changes[0].at if changes else "1970-01-01T00:00:00+00:00")
    author = ET.SubElement(feed, f"{{{_ATOM}}}author")
    _child(author, "name", "mcp-tool-catalog")
    for stored in changes:
        entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        _child(entry, "id", _id(stored))
        _child(entry, "title", _title(stored))
        _child(entry, "updated", stored.at)
        _child(entry, "content", stored.change.message)
        for term in (stored.change.severity, stored.change.kind):
            ET.SubElement(entry, f"{{{_ATOM}}}category", term=term)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, encoding="unicode") + "\n"


def _child(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = _NOT_IN_XML.sub("\ufffd", text)


def _id(stored: StoredChange) -> str:
    return f"urn:mcp-tool-catalog:change:{stored.server_slug}:{stored.id}"


def _title(stored: StoredChange) -> str:
    subject = f"{stored.server_name}/{stored.change.tool}" if stored.change.tool else stored.server_name
    return f"[{stored.change.severity}] {subject}: {stored.change.kind.replace('_', ' ')}"
