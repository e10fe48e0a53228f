"""Feeds: what readers of feeds are told of changes, whatever the names hold."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

from catalog.changes import Change
from catalog.history.feeds import atom_feed, json_feed
from catalog.store.past import StoredChange

CHANGE = Change("category_raised", "critical", "get\x1b<b>", "turned & \u202e burned \x00", "Read", "Destructive")
STORED = StoredChange(7, "notes", "Notes <3", "2026-01-05T12:00:00+00:00", "2.0", CHANGE)
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def test_the_atom_feed_is_well_formed_whatever_the_texts_hold() -> None:
    feed = ET.fromstring(atom_feed([STORED]))
    (entry,) = feed.findall("a:entry", ATOM)
    assert entry.findtext("a:title", namespaces=ATOM) == "[critical] Notes <3/get\ufffd<b>: category raised"
    assert [c.get("term") for c in entry.findall("a:category", ATOM)] == ["critical", "category_raised"]
    assert feed.findtext("a:updated", namespaces=ATOM) == STORED.at


def test_the_json_feed_carries_the_whole_change() -> None:
    feed = json.loads(json.dumps(json_feed([STORED], "https://site.example/")))
    (item,) = feed["items"]
    assert item["_change"]["after"] == "Destructive"
    assert item["id"] == "urn:mcp-tool-catalog:change:notes:7"


def test_feeds_without_changes_are_valid_and_always_the_same() -> None:
    assert json_feed([])["items"] == []
    assert atom_feed([]) == atom_feed([])
    assert ET.fromstring(atom_feed([])).findtext("a:updated", namespaces=ATOM) == "1970-01-01T00:00:00+00:00"
