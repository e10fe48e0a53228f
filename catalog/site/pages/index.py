"""The front page: every server with its counts."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.site.pages import Page, Site
from catalog.site.render import render
from catalog.store.read import StoredServer


def index_page(site: Site, servers: Sequence[StoredServer]) -> Page:
    path = "index.html"
    return Page(path, render("index.html", path, site=site, servers=servers))
