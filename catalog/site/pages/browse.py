"""Browsing: the way to the lists by risk, category, capability and source, and the three legs of exfiltration."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.site.pages import Page, Site
from catalog.site.plan import Plan
from catalog.site.render import render
from catalog.store.read import StoreReader
from classifier.records import CAPABILITIES, RISKS


def browse_pages(site: Site, plan: Plan, store: StoreReader) -> Iterator[Page]:
    """The overview of risks and the page about exfiltration."""
    yield _risk_overview(site, plan)
    yield _exfiltration(site, plan)


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
