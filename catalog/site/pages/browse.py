"""Browsing: servers by name, risk, category, capability and source, and the three legs of exfiltration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalog.site import vocabulary
from catalog.site.pages import Page, Site
from catalog.site.pages.paging import slices
from catalog.site.plan import Plan
from catalog.site.render import render
from catalog.store.read import StoreReader
from classifier.records import CAPABILITIES, RISKS

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of servers: where it lies, which servers it has (`column` > 0, or a source kind), and in what order."""

    stem: str
    title: str
    lead: str
    column: str | None = None
    kind: str | None = None


def listings(plan: Plan) -> list[Listing]:
    found = [Listing("servers/index", "Servers A to Z", "Every server that was read, with what its tools can do.")]
    found += [
        Listing(f"risk/{risk}", f"{risk.capitalize()} risk", vocabulary.RISKS[risk], column=risk)
        for risk in reversed(RISKS)
    ]
    found += [
        Listing(f"category/{name.lower()}", f"{name} tools", f"A {name} tool {text}.", column=name.lower())
        for name, text in vocabulary.CATEGORIES.items()
    ]
    found += [
        Listing(
            f"capability/{c}",
            vocabulary.CAPABILITIES[c][0],
            "A tool with this capability {}. Not: {}.".format(*vocabulary.capability_meanings()[c]),
            column=c,
        )
        for c in CAPABILITIES
    ]
    kinds = [row[0] for row in plan.rows("SELECT DISTINCT kind FROM server ORDER BY kind")]
    return found + [
        Listing(f"source/{kind}", f"Servers from {kind}", f"Servers whose tools were read from {kind}.", kind=kind)
        for kind in kinds
    ]


def browse_pages(site: Site, plan: Plan, store: StoreReader) -> Iterator[Page]:
    """All lists, page by page, then the overview of risks and the page about exfiltration."""
    for listing in listings(plan):
        yield from _list_pages(site, plan, listing)
    yield _risk_overview(site, plan)
    yield _exfiltration(site, plan)


def _list_pages(site: Site, plan: Plan, listing: Listing) -> Iterator[Page]:
    where, values = "1", []
    if listing.column:
        where = f"{listing.column} > 0"  # a name of the literal tables above
    if listing.kind:
        where, values = "kind = ?", [listing.kind]
    order = f"{listing.column} DESC, slug" if listing.column else "name COLLATE NOCASE, slug"
    total = plan.count(f"server WHERE {where}", *values)
    tools = int(next(plan.rows(f"SELECT total({listing.column or 'tools'}) FROM server WHERE {where}", *values))[0])
    rows = plan.rows(f"SELECT * FROM server WHERE {where} ORDER BY {order}", *values)
    for page in slices(listing.stem, total, PAGE_SIZE):
        servers = [row for _, row in zip(range(page.size), rows, strict=False)]
        yield Page(
            page.path,
            render(
                "list.html", page.path, site=site, listing=listing, page=page, servers=servers, total=total, tools=tools
            ),
        )


def _risk_overview(site: Site, plan: Plan) -> Page:
    def counts(columns: tuple[str, ...]) -> dict[str, tuple[int, int]]:
        sql = ", ".join(f"total({c}), total({c} > 0)" for c in columns)
        row = [int(n) for n in next(plan.rows(f"SELECT {sql} FROM server"))]
        return {c: (row[2 * i], row[2 * i + 1]) for i, c in enumerate(columns)}

    path = "risk/index.html"
    kinds = [tuple(row) for row in plan.rows("SELECT kind, count(*) FROM server GROUP BY kind ORDER BY kind")]
    text = render(
        "risk.html", path, site=site, risks=counts(tuple(reversed(RISKS))),
        categories=counts(("read", "write", "destructive")),
        capabilities=counts(CAPABILITIES), kinds=kinds, unlabelled=counts(("unlabelled", "review")),
    )  # fmt: skip
    return Page(path, text)


def _exfiltration(site: Site, plan: Plan) -> Page:
    legs = ("private_data", "untrusted_content", "communicate")
    path = "exfiltration.html"
    carriers = "SELECT slug, name, {leg} AS count FROM server WHERE {leg} > 0 ORDER BY {leg} DESC, slug LIMIT 12"
    all_three = " AND ".join(f"{leg} > 0" for leg in legs)
    shown = list(plan.rows(f"SELECT * FROM server WHERE {all_three} ORDER BY communicate DESC, slug LIMIT 100"))
    text = render(
        "exfiltration.html", path, site=site, legs=legs,
        counts={leg: plan.count(f"server WHERE {leg} > 0") for leg in legs},
        carriers={leg: list(plan.rows(carriers.format(leg=leg))) for leg in legs},
        complete=shown, complete_count=plan.count(f"server WHERE {all_three}"), total=plan.count("server"),
    )  # fmt: skip
    return Page(path, text)
