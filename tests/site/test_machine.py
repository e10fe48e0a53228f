"""What programs read: twins against their schemas, the feed, the sitemap, HTML that parses strictly."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import jsonschema
import pytest

from catalog.site.pages.search import file_of, words_of
from tests.site.catalogue import hostile, notes, other


@pytest.fixture
def site(built) -> Path:
    return built(notes(), other(), hostile(), base_url="https://tools.example/x")


def test_every_page_is_valid_html(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        tree = parser.parse(page.read_text("utf-8"))
        ids = [e.get("id") for e in tree.iter() if e.get("id")]
        assert len(ids) == len(set(ids)), page
        assert len(tree.findall(".//h1")) == 1, page


@pytest.mark.parametrize(
    ("kind", "pattern"), [("tool", "servers/*/*.json"), ("server", "servers/*.json"), ("index", "index.json")]
)
def test_twins_validate_against_their_schema(site: Path, kind: str, pattern: str) -> None:
    schema = json.loads((site / f"schemas/{kind}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    found = list(site.glob(pattern))
    assert found
    for path in found:
        jsonschema.validate(json.loads(path.read_text("ascii")), schema)


def test_every_policy_of_the_twins_validates_against_the_published_schema(site: Path) -> None:
    schema = json.loads((site / "schemas/policy.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    tools = [json.loads(path.read_text())["policy"] for path in site.glob("servers/*/*.json")]
    servers = [json.loads(path.read_text())["policies"].values() for path in site.glob("servers/*.json")]
    policies = [*tools, *(policy for three in servers for policy in three)]
    assert len(policies) > 8
    for policy in policies:
        jsonschema.validate(policy, schema)


def test_the_sitemap_holds_every_server_and_tool_page_with_its_date(site: Path) -> None:
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    parts = [loc.text or "" for loc in ElementTree.parse(site / "sitemap.xml").iter(f"{space}loc")]
    urls = [
        u
        for p in parts
        for u in ElementTree.parse(site / p.removeprefix("https://tools.example/x/")).iter(f"{space}url")
    ]
    listed = {(u.findtext(f"{space}loc") or "").removeprefix("https://tools.example/x/") for u in urls}
    assert listed == {str(p.relative_to(site)) for p in site.glob("servers/*/*.html")}
    assert all(u.findtext(f"{space}lastmod") == "2026-01-05T12:00:00+00:00" for u in urls)


def test_the_feed_is_xml(site: Path) -> None:
    assert ElementTree.parse(site / "changes.atom").getroot().tag.endswith("feed")


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert not re.findall(r'(?:src|srcset|poster|data)="https?:', text)
        assert not re.findall(r'<link [^>]*rel="(?:stylesheet|preload|icon)"[^>]*href="https?:', text)


def test_markdown_twins_do_not_let_a_description_out_of_its_fence(site: Path) -> None:
    text = (site / "servers/npm-notes/manage_note.md").read_text()
    assert "Lists, adds or deletes" in text and "Recommended policy" in text
    hostile_pages = [p.read_text("utf-8") for p in (site / "servers/hostile").glob("*.md")]
    assert len(hostile_pages) == 6
    assert not any("\u202e" in page or "\x1b" in page for page in hostile_pages)


def test_words_are_cut_as_people_search() -> None:
    assert words_of("getUserByID send_mail2") >= {"get", "user", "id", "send", "mail"}
    assert words_of("削除する") == {"削除", "除す", "する"}
    assert file_of("survey") == "su"
    assert file_of("削除") == "524a-9664"


def test_the_printed_policy_is_what_policy_show_prints(site: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "catalog",
        "--db",
        str(tmp_path / "c.db"),
        "policy",
        "show",
        "npm-notes/manage_note",
    ]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    page = (site / "servers/npm-notes/manage_note.html").read_text("utf-8")
    found = re.search(r'id="policy">.*?<code>(.*?)</code>', page, re.DOTALL)
    assert found and html.unescape(found[1]).strip() == printed.strip()
