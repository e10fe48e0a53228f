"""The page of a server: what the whole of it can do, its tools riskiest first, its policies, what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from catalog.policy.records import Strength
from catalog.site import urls
from catalog.site.charts import badge, bars
from catalog.site.pages import Page, Site
from catalog.site.patterns import Pattern, patterns
from catalog.site.render import pretty_json, render
from catalog.site.views import ServerView
from catalog.site.visible import plain
from classifier.records import Finding

LEGS = ("private_data", "untrusted_content", "communicate")
GRADE_COLOURS = {"A": "#1f6b43", "B": "#3d6b1f", "C": "#6b5800", "D": "#8a4a00", "E": "#9a3a10", "F": "#9b1c2e"}
_STRENGTHS: tuple[tuple[Strength, str], ...] = (
    ("recommended", "Recommended: reads open, changes limited, harm asks a person"),
    ("strict", "Strict: harm hidden, changes ask a person"),
    ("permissive", "Permissive: more is open, harm still asks"),
)


def server_pages(site: Site, view: ServerView) -> Iterator[Page]:
    """The server's HTML page, its JSON twin and its badge."""
    path = urls.server_path(view.slug)
    counted = [(c, n) for c, n in view.capability_counts.items() if n]
    text = render(
        "server.html",
        path,
        site=site,
        view=view,
        server=view.stored,
        tools=view.tools,
        gone=view.gone,
        gaps=view.gaps,
        snapshots=view.snapshots,
        changes=view.changes,
        note=view.note,
        chart=_chart(view),
        capabilities=counted,
        legs=[leg for leg in LEGS if view.capability_counts[leg]],
        findings=findings_of(view),
        policies=[(s, title, pretty_json(view.policies[s].to_json())) for s, title in _STRENGTHS],
        attacks=attacks_of(view),
        badge_alt=_badge_text(view),
        json_ld=_json_ld(site, view, path),
    )
    yield Page(path, text)
    yield Page(urls.server_path(view.slug, ".json"), pretty_json(twin(view)) + "\n")
    letter = view.grade.letter
    yield Page(
        urls.server_path(view.slug, "/badge.svg"),
        badge("MCP tools", _badge_words(view), GRADE_COLOURS.get(letter or "", "#4d5560")),
    )


def findings_of(view: ServerView) -> list[tuple[str, Finding]]:
    """Every tool's findings, in the order of the tools."""
    return [(t.tool.name, f) for t in view.tools if t.classification for f in t.classification.findings]


def attacks_of(view: ServerView) -> list[Pattern]:
    """Patterns that one tool alone gives access for, or all of whose legs the server's tools have together."""
    labels = {(t.classification.category, t.classification.capabilities) for t in view.tools if t.classification}
    held = [{category, *capabilities} for category, capabilities in labels]
    together = {word for label in held for word in label}
    return [
        p
        for p in patterns()
        if any(need <= label for need in p.needs for label in held) or (p.legs and together.issuperset(p.legs))
    ]


def twin(view: ServerView) -> dict[str, Any]:
    """The page's facts as JSON, as `schemas/server.json` describes them."""
    stored = view.stored
    return {
        **stored.server.to_json(),
        "tool_count": stored.tool_count,
        "risks": stored.risks,
        "categories": stored.categories,
        "capabilities": view.capability_counts,
        "unlabelled": stored.unlabelled,
        "needs_review": stored.needs_review,
        "complete": not view.gaps,
        "gaps": [gap.to_json() for gap in view.gaps],
        **view.grade.to_json(),
        "tokens": view.tokens,
        "first_seen_at": stored.first_seen_at,
        "changed_at": stored.changed_at,
        "policies": {strength: policy.to_json() for strength, policy in view.policies.items()},
        "tools": [
            {
                "name": t.tool.name,
                "page": urls.tool_path(view.slug, t.tool.name),
                "category": t.classification.category if t.classification else None,
                "risk": t.classification.risk if t.classification else None,
                "capabilities": list(t.classification.capabilities) if t.classification else [],
                "confidence": t.classification.confidence if t.classification else None,
                "needs_review": t.classification.needs_review if t.classification else True,
            }
            for t in view.tools
        ],
    }


def _chart(view: ServerView) -> Markup:
    rows = [(risk.capitalize(), float(count), f"risk-{risk}") for risk, count in view.stored.risks.items()]
    if view.stored.unlabelled:
        rows.append(("Not labelled", float(view.stored.unlabelled), "risk-unknown"))
    return bars("Tools by risk", rows)


def _badge_words(view: ServerView) -> str:
    risks, letter = view.stored.risks, view.grade.letter
    if not letter:
        return "no tools found"
    return f"grade {letter}, {risks['critical']} critical" if risks["critical"] else f"grade {letter}"


def _badge_text(view: ServerView) -> str:
    return f"MCP tools: {_badge_words(view)}"


def _json_ld(site: Site, view: ServerView, path: str) -> dict[str, Any]:
    identity = view.stored.server
    out: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "name": plain(identity.name),
        "applicationCategory": "MCP server",
        "description": plain(identity.description) or f"MCP server with {view.stored.tool_count} tools found",
    }
    if identity.version:
        out["softwareVersion"] = plain(identity.version)
    if site.base_url:
        out["url"] = f"{site.base_url}{path}"
    return out
