"""Attack patterns: one page each, and all of them by framework."""

from __future__ import annotations

import json
from collections.abc import Iterator

from catalog.site.pages import Page, Site
from catalog.site.patterns import Pattern, names, patterns
from catalog.site.plan import Plan
from catalog.site.render import pretty_json, render
from catalog.store.read import StoreReader

FRAMEWORKS = (
    ("owasp_mcp", "OWASP MCP Top 10", "https://owasp.org/www-project-mcp-top-10/"),
    ("owasp_llm", "OWASP Top 10 for LLM applications", "https://genai.owasp.org/llm-top-10/"),
    ("atlas", "MITRE ATLAS", "https://atlas.mitre.org/techniques/"),
)
_COLUMNS = {"Read": "read", "Write": "write", "Destructive": "destructive"}


def attack_pages(site: Site, plan: Plan, store: StoreReader) -> Iterator[Page]:
    frameworks = [
        (title, url, [(i, name, [p for p in patterns() if i in getattr(p, key)]) for i, name in names(key).items()])
        for key, title, url in FRAMEWORKS
    ]
    path = "attacks/index.html"
    yield Page(path, render("attacks.html", path, site=site, patterns=patterns(), frameworks=frameworks))
    for pattern in patterns():
        path = f"attacks/{pattern.id}.html"
        ids = [(title, url, [(i, names(key)[i]) for i in getattr(pattern, key)]) for key, title, url in FRAMEWORKS]
        yield Page(
            path,
            render(
                "attack.html", path, site=site, pattern=pattern, ids=ids,
                policy=pretty_json(json.loads(pattern.policy)),
                servers=list(_carriers(plan, pattern)),
            ),
        )  # fmt: skip


def _carriers(plan: Plan, pattern: Pattern) -> Iterator[tuple[str, str, int]]:
    """Servers with the most tools of the strongest word that the pattern asks for; at most twelve."""
    words = sorted({_COLUMNS.get(w, w) for need in pattern.needs for w in need} - {"read", "write"}) or list(
        pattern.legs
    )
    if not words:
        return
    score = " + ".join(words[:3])
    where = " AND ".join(f"{leg} > 0" for leg in pattern.legs) if pattern.legs and not pattern.needs else f"{score} > 0"
    for row in plan.rows(f"SELECT slug, name, {score} FROM server WHERE {where} ORDER BY 3 DESC, slug LIMIT 12"):
        yield row[0], row[1], row[2]
