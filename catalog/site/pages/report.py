"""The state of the catalogue as a page, each chart beside its table."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.site.charts import bars
from catalog.site.pages import Page, Site
from catalog.site.plan import Plan
from catalog.site.render import pretty_json, render
from catalog.site.report import figures
from catalog.store.read import StoreReader
from classifier.records import RISKS


def report_pages(site: Site, plan: Plan, store: StoreReader) -> Iterator[Page]:
    """`report.html` and its figures as `report.json`."""
    data = figures(plan, store)
    charts = {
        "risks": bars("Tools by risk", [(r.capitalize(), data["totals"][r], f"risk-{r}") for r in reversed(RISKS)]),
        "stacks": bars(
            "Chance that a stack holds a destroying or executing tool, in per cent",
            [
                (f"{s['servers']} server{'s' * (s['servers'] > 1)}", _per_cent(s["chance"]), "plain")
                for s in data["stacks"]
            ],
            " %",
        ),
        "verbs": bars("Verbs of destructive tools", [(verb, count, "plain") for verb, count in data["verbs"]]),
        "tools": bars("Tools per server", [(_rank(p), n, "plain") for p, n in data["tools_per_server"]]),
        "tokens": bars("Tokens per server", [(_rank(p), n, "plain") for p, n in data["tokens_per_server"]]),
        "grades": bars("Servers by grade", [(f"Grade {g}", n, "plain") for g, n in sorted(data["grades"].items())]),
    }
    yield Page("report.html", render("report.html", "report.html", site=site, data=data, charts=charts))
    yield Page("report.json", pretty_json(data) + "\n")


def _rank(percentile: int) -> str:
    return "Median" if percentile == 50 else f"{percentile}th percentile"


def _per_cent(chance: float) -> float:
    """One decimal, and never 100 where it is not certain."""
    return 100.0 if chance >= 1 else min(99.9, round(100 * chance, 1))
