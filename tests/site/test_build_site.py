"""Building: what lies where, what is never touched, and that strangers' text stays text."""

from __future__ import annotations

import json
import re
import sqlite3
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from catalog.errors import UsageError
from catalog.policy.recommend import recommend
from catalog.records import Snapshot, Tool
from catalog.site.build import build_site
from catalog.store.read import StoreReader
from tests.site import catalogue
from tests.site.catalogue import hostile, notes, other


class _Attributes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names += [name for name, _ in attrs]


def attributes(page: str) -> list[str]:
    parser = _Attributes()
    parser.feed(page)
    return parser.names


PAGES = ("index.html", "servers/npm-notes/index.html", "servers/npm-notes/check_status.html")


def text(page: Path) -> str:
    """What a reader sees, roughly: tags dropped."""
    return re.sub(r"<[^>]+>", "", page.read_text("utf-8"))


def test_each_server_and_tool_has_a_page(built) -> None:
    site = built(notes(), other())
    assert all((site / page).is_file() for page in PAGES)


def test_two_builds_give_the_same_bytes(built) -> None:
    one = built(notes(), other(), into="one")
    two = built(into="two")
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file())
    assert all((one / f).read_bytes() == (two / f).read_bytes() for f in files)


def test_a_folder_of_other_files_is_refused_and_untouched(built, tmp_path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.txt").write_text("dear")
    with pytest.raises(UsageError):
        built(notes())
    assert [p.name for p in (tmp_path / "site").iterdir()] == ["thesis.txt"]


def test_every_internal_link_resolves(built) -> None:
    site = built(notes(), other(), hostile())
    checked = 0
    for page in site.rglob("*.html"):
        for link in re.findall(r'(?:href|src)="([^"]*)"', page.read_text("utf-8")):
            if re.match(r"[a-z]+:", link) or link.startswith("#"):
                continue
            target = unquote(link.split("#")[0].split("?")[0])
            assert (page.parent / target).is_file(), (page, link)
            checked += 1
    assert checked > 20


def test_the_printed_policy_is_the_recommended_one(built) -> None:
    site = built(notes())
    page = (site / "servers/npm-notes/manage_note.html").read_text("utf-8")
    tool, label = notes()[0].tools[1], notes()[1][1]
    assert json.dumps(recommend("npm-notes", [(tool, label)]).to_json(), indent=2) in page.replace("&#34;", '"')


def test_a_schema_that_was_not_seen_is_said_so(built) -> None:
    site = built(notes())
    assert "schema was not seen" in text(site / "servers/npm-notes/send_note.html")


def test_uncertain_and_overridden_labels_are_marked(built) -> None:
    site = built(notes(), other())
    assert "Needs review" in text(site / "servers/npm-notes/send_note.html")
    assert "Set by hand" in text(site / "servers/npm-door/check-status.html")


def test_what_could_not_be_read_is_on_every_page_of_its_server(built) -> None:
    site = built(notes())
    pages = list((site / "servers/npm-notes").glob("*.html"))
    assert len(pages) == 4
    assert all("Not everything could be read" in text(page) for page in pages)


def test_an_unlabelled_tool_is_never_called_low_risk(tmp_path) -> None:
    path = catalogue.store(tmp_path / "c.db", notes())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE tools SET classification_id = NULL")
    connection.close()
    with StoreReader(path) as store:
        page = build_site(store, tmp_path / "site").directory / "servers/npm-notes/check_status.html"
    assert "Not labelled" in text(page)
    assert "catalog findings" in text(page), "its findings are not on the page, and it says where they are"
    assert "Low risk" not in text(page)


def test_hostile_text_stays_text(built) -> None:
    site = built(hostile())
    pages = [p.read_text("utf-8") for p in site.rglob("*.html")]
    assert len(pages) >= 8
    for page in pages:
        assert "<script>document" not in page
        assert "\x1b" not in page and "\u202e" not in page
        assert not [name for name in attributes(page) if name.startswith("on")]
        assert 'href="javascript' not in page


def test_tools_that_differ_in_case_have_pages_that_do_not(built) -> None:
    site = built(hostile())
    names = [p.name.lower() for p in (site / "servers/hostile").glob("*.html")]
    assert len(names) == len(set(names)) == 7
    assert not (site.parent / "etc").exists()


def test_a_tool_page_stays_small_whatever_its_definition(built) -> None:
    properties = {f"parameter_{i}": {"type": "string", "description": "what it is for " * 40} for i in range(5000)}
    big = Tool("big_tool", description="word " * 100_000, input_schema={"properties": properties})
    snapshot = Snapshot(catalogue.server("npm-big", "Big"), (big,), (), 1.0)
    page = (
        built((snapshot, [catalogue.labelled(big, "Destructive", "execute", server="Big")]))
        / "servers/npm-big/big_tool.html"
    )
    assert page.stat().st_size < 60_000
    assert "There are more parameters" in text(page) and "500,000 characters" in text(page)
