"""The sitemap, cut as the search index is: below 50,000 addresses a file, each with its real date of change."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from catalog.site import urls
from catalog.site.pages import Site


def part_path(part: int) -> str:
    return f"sitemaps/{part}.xml"


def sitemap(site: Site, entries: Iterable[tuple[str, str | None, str]]) -> str:
    """`entries` are (server slug, tool name or None for the server itself, ISO time of the last change)."""
    lines = []
    for slug, name, changed_at in entries:
        path = urls.server_path(slug) if name is None else urls.tool_path(slug, name)
        lines.append(f"<url><loc>{escape(site.base_url + path)}</loc><lastmod>{changed_at}</lastmod></url>\n")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{''.join(lines)}</urlset>\n"
