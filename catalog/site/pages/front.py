"""The front page, the newest changes with their feed, and how it all works."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import escape

from catalog.site import grade, urls
from catalog.site.charts import bars
from catalog.site.pages import Page, Site
from catalog.site.plan import Plan
from catalog.site.render import render
from catalog.site.visible import plain, short
from catalog.store.past import StoredChange
from catalog.store.read import StoreReader
from classifier.records import RISKS

_NEWEST = 200
_FEED = 60


def front_pages(site: Site, plan: Plan, store: StoreReader) -> Iterator[Page]:
    changes = list(store.changes(limit=_NEWEST))
    yield _index(site, plan, changes)
    yield Page("changes.html", render("changes.html", "changes.html", site=site, changes=changes))
    yield Page("changes.atom", feed(site, changes[:_FEED], _newest(plan)))
    yield Page(
        "about.html",
        render("about.html", "about.html", site=site, weights=grade.WEIGHTS, once=grade.ONCE, bands=grade.BANDS,
               uncertain=grade.UNCERTAIN, unread=grade.UNREAD),
    )  # fmt: skip
    yield Page("404.html", render("404.html", "404.html", site=site))


def _index(site: Site, plan: Plan, changes: list[StoredChange]) -> Page:
    columns = ("tools", *reversed(RISKS), "unlabelled", "review")
    row = next(plan.rows(f"SELECT count(*), {', '.join(f'total({c})' for c in columns)}, total(gaps > 0) FROM server"))
    totals = {name: int(value) for name, value in zip(("servers", *columns, "gaps"), row, strict=True)}
    text = render(
        "index.html",
        "index.html",
        site=site,
        totals=totals,
        chart=bars("Tools by risk", [(r.capitalize(), totals[r], f"risk-{r}") for r in reversed(RISKS)]),
        riskiest=list(plan.rows("SELECT * FROM server WHERE critical > 0 ORDER BY critical DESC, slug LIMIT 12")),
        newest=list(plan.rows("SELECT * FROM server ORDER BY first_seen_at DESC, slug LIMIT 12")),
        servers=list(plan.rows("SELECT * FROM server ORDER BY name COLLATE NOCASE, slug LIMIT 60")),
        changes=changes[:8],
    )
    return Page("index.html", text)


def _newest(plan: Plan) -> str:
    return str(next(plan.rows("SELECT coalesce(max(changed_at), '1970-01-01T00:00:00+00:00') FROM server"))[0])


def feed(site: Site, changes: list[StoredChange], updated: str) -> str:
    """The newest changes as an Atom feed. Without a base URL its links are relative to the feed."""
    entries = []
    for c in changes:
        about = f"{plain(c.server_name)}: {plain(c.change.tool)}" if c.change.tool else plain(c.server_name)
        link = urls.server_path(c.server_slug)
        entries.append(
            f"<entry><id>urn:mcp-tool-catalog:change:{escape(urls.segment(c.server_slug))}:{c.id}</id>"
            f"<title>{escape(short(about, 120))} ({c.change.severity})</title><updated>{c.at}</updated>"
            f'<link href="{escape(site.base_url + link)}"/>'
            f"<summary>{escape(short(c.change.message, 300))}</summary></entry>\n"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{escape(site.base_url) or 'urn:mcp-tool-catalog:changes'}</id><title>{escape(site.name)}: changes</title>"
        f"<updated>{updated}</updated><author><name>{escape(site.name)}</name></author>"
        f'<link rel="self" href="{escape(site.base_url)}changes.atom"/>\n{"".join(entries)}</feed>\n'
    )
