"""The page of a server: counts, its tools riskiest first, its whole policy, what could not be read."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.policy.recommend import recommend
from catalog.records import Gap
from catalog.site import urls
from catalog.site.pages import Page, Site
from catalog.site.render import render
from catalog.store.read import StoredServer, StoredTool


def server_page(site: Site, server: StoredServer, tools: Sequence[StoredTool], gaps: Sequence[Gap]) -> Page:
    slug = server.server.slug
    policy = recommend(slug, [(t.tool, t.classification) for t in tools if t.classification]).to_json()
    path = urls.server_path(slug)
    return Page(path, render("server.html", path, site=site, server=server, tools=tools, gaps=gaps, policy=policy))
