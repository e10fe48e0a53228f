"""For programs: the index of servers, JSON Schemas, llms.txt, robots.txt and the sitemap's own pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from xml.sax.saxutils import escape

from catalog.site import urls
from catalog.site.pages import Page, Site
from catalog.site.pages.sitemap import part_path
from catalog.site.plan import Plan
from catalog.site.render import compact_json
from catalog.site.visible import plain, short
from catalog.store.read import StoreReader
from classifier.records import CAPABILITIES, RISKS
from classifier.resources import data_path

_SCHEMAS = ("index", "server", "tool")


def machine_pages(site: Site, plan: Plan, store: StoreReader) -> Iterator[Page]:
    yield Page("index.json", _index(site, plan))
    for name in _SCHEMAS:
        text = (files("catalog.site") / "schemas" / f"{name}.json").read_text("utf-8")
        yield Page(f"schemas/{name}.json", text)
    yield Page("schemas/policy.json", data_path("policy/policy.schema.json").read_text("utf-8"))
    yield Page("llms.txt", _llms(site, plan))
    if site.base_url:
        yield Page("robots.txt", f"User-agent: *\nAllow: /\nSitemap: {site.base_url}sitemap.xml\n")
        yield Page("sitemap.xml", _sitemap(site, plan))


def _index(site: Site, plan: Plan) -> str:
    """Every server on its own line, so that the file can be read line by line and differs little between builds."""
    head = {"name": site.name, "base_url": site.base_url or None, "schema": "schemas/index.json"}
    lines = ",\n".join(compact_json(_entry(row)) for row in plan.rows("SELECT * FROM server ORDER BY slug"))
    return f'{json.dumps(head)[:-1]}, "servers": [\n{lines}\n]}}\n'


def _entry(row: Any) -> dict[str, Any]:
    return {
        "slug": row["slug"],
        "name": row["name"],
        "reference": row["reference"],
        "version": row["version"],
        "page": urls.server_path(row["slug"]),
        "data": urls.server_path(row["slug"], ".json"),
        "tools": row["tools"],
        "risks": {risk: row[risk] for risk in reversed(RISKS)},
        "capabilities": {c: row[c] for c in CAPABILITIES if row[c]},
        "unlabelled": row["unlabelled"],
        "needs_review": row["review"],
        "complete": not row["gaps"],
        "grade": row["grade"],
        "tokens": row["tokens"],
        "changed_at": row["changed_at"],
    }


def _llms(site: Site, plan: Plan) -> str:
    tools = int(next(plan.rows("SELECT total(tools) FROM server"))[0])
    lines = [
        f"# {site.name}", "",
        f"> What {tools} tools of {plan.count('server')} MCP servers can do, with evidence, risk and a policy for each."
        " Labels are computed and can be wrong; what is not listed has not been found to be safe.", "",
        "Every server and tool page has a twin: replace `.html` by `.json` or, for tools, `.md`;"
        " `servers/SLUG/index.html` has `servers/SLUG.json`.", "",
        "## Data", "",
        "- [All servers](index.json): one line each",
        "- [JSON Schemas](schemas/index.json): also schemas/server.json, schemas/tool.json and schemas/policy.json",
        "- [Changes](changes.atom): Atom feed", "- [Figures](report.json): the state of the catalogue", "",
        "## Pages", "",
        "- [Risk levels](risk/index.html)", "- [Attack patterns](attacks/index.html)",
        "- [How labels and grades are made](about.html)", "", "## Servers with the most critical tools", "",
    ]  # fmt: skip
    for row in plan.rows(
        "SELECT slug, name, critical, tools FROM server WHERE tools > 0 ORDER BY critical DESC, slug LIMIT 50"
    ):
        name = plain(row[1]).replace("[", "(").replace("]", ")")
        lines.append(f"- [{short(name, 80)}]({urls.server_path(row[0], '.json')}): {row[3]} tools, {row[2]} critical")
    return "\n".join(lines) + "\n"


def _sitemap(site: Site, plan: Plan) -> str:
    parts = plan.parts()
    names = "".join(
        f"<sitemap><loc>{escape(site.base_url + part_path(part))}</loc></sitemap>\n" for part in range(parts)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{names}</sitemapindex>\n'
