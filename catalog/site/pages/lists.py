"""Lists of servers, a hundred to a page. Each page is a unit of the build: it is rendered when a row on it differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from catalog.site.listings import Listing, listings
from catalog.site.pages import Page, Site
from catalog.site.pages.paging import slices
from catalog.site.plan import Plan
from catalog.site.render import render

PAGE_SIZE = 100


def list_keys(plan: Plan) -> Iterator[tuple[str, str]]:
    """`(key, digest)` of every page of every list. The key is the list's stem and the page's number."""
    for listing in listings(plan.kinds()):
        where, values = listing.where
        rows = plan.column(f"SELECT face FROM server WHERE {where} ORDER BY {listing.order}", *values)
        head = _counts(plan, listing)
        for page in slices(listing.stem, head[0], PAGE_SIZE):
            shown = (rows.fetchmany(page.size), page.count, head if page.number == 1 else ())
            yield f"{listing.stem}:{page.number}", hashlib.blake2b(repr(shown).encode(), digest_size=12).hexdigest()


def list_page(site: Site, plan: Plan, key: str) -> Iterator[Page]:
    """The page of a key that `list_keys` gave."""
    stem, _, number = key.rpartition(":")
    listing = next(found for found in listings(plan.kinds()) if found.stem == stem)
    where, values = listing.where
    total, tools = _counts(plan, listing)
    page = slices(stem, total, PAGE_SIZE)[int(number) - 1]
    sql = f"SELECT * FROM server WHERE {where} ORDER BY {listing.order} LIMIT {page.size} OFFSET {page.offset}"
    servers = list(plan.rows(sql, *values))
    text = render(
        "list.html", page.path, site=site, listing=listing, page=page, servers=servers, total=total, tools=tools
    )
    yield Page(page.path, text)


def _counts(plan: Plan, listing: Listing) -> tuple[int, int]:
    """How many servers a list has, and how many tools they have that belong on it."""
    where, values = listing.where
    row = next(plan.rows(f"SELECT count(*), total({listing.column or 'tools'}) FROM server WHERE {where}", *values))
    return int(row[0]), int(row[1])
