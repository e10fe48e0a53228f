"""The page of a tool, with its machine twins."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from catalog.policy.records import Policy
from catalog.site import fragments, urls, words
from catalog.site.effects import effect, tool_policy
from catalog.site.highlight import highlighted
from catalog.site.hints import hints_of
from catalog.site.markdown import tool_markdown
from catalog.site.pages import Page, Site
from catalog.site.parameters import Parameters, parameters_of
from catalog.site.patterns import enabled
from catalog.site.render import json_for_script, pretty_json, render_framed
from catalog.site.targets import target_boxes
from catalog.site.views import ServerView
from catalog.site.visible import short, shown
from catalog.store.read import StoredTool

_MAX_RELATED = 6
_MAX_CHANGES = 12
MAX_DESCRIPTION = 6000  # characters on the page; the twins have the rest
_NEAR = 120  # neighbours in name order among which related tools are looked for


def tool_pages(site: Site, view: ServerView, stored: StoredTool) -> Iterator[Page]:
    """The tool's HTML page and its JSON and Markdown twins."""
    name = stored.tool.name
    policy = tool_policy(view, name)
    document = policy.to_json()
    policy_text = pretty_json(document)
    path = urls.tool_path(view.slug, name)
    parameters = parameters_of(stored.tool.input_schema)
    pairs = words.questions(view, stored, policy, parameters_line(parameters))
    does = words.does(view, stored)
    text = render_framed(
        "tool.html", path, *_head(view, stored, does, pairs), site=site, view=view, server=view.stored, stored=stored,
        tool=stored.tool,        label=stored.classification, does=does, parameters=parameters, policy_text=policy_text,
        effect=effect(policy, name), targets=target_boxes(policy, policy_text, view.slug, name), questions=pairs,
        changes=[c for c in view.changes if c.change.tool == name][:_MAX_CHANGES], name=Markup(shown(name[:600])),
        hints=hints_of(stored.tool.annotations, stored.classification), own=urls.segment(name),
        **_pieces(view, stored, urls.root_of(path)), rows=fragments.parameter_rows(parameters),
    )  # fmt: skip
    yield Page(path, text)
    yield Page(urls.tool_path(view.slug, name, ".json"), pretty_json(twin(view, stored, policy)) + "\n")
    yield Page(urls.tool_path(view.slug, name, ".md"), tool_markdown(view, stored, does, document, pairs))


def _head(view: ServerView, stored: StoredTool, does: str, pairs: Sequence[tuple[str, str]]) -> tuple[str, str, Markup]:
    """Title, summary and the links and data of the page's head."""
    label, own = stored.classification, urls.segment(stored.tool.name)
    risk = f"{label.risk} risk" if label else "not labelled"
    head = Markup(
        f'<link rel="alternate" type="application/json" href="{own}.json">\n'
        f'<link rel="alternate" type="text/markdown" href="{own}.md">\n'
        f'<script type="application/ld+json">{json_for_script(words.json_ld(pairs))}</script>\n'
    )
    return f"{short(stored.tool.name, 80)} of {short(view.name, 60)}: {risk}", short(does, 300), head


def _pieces(view: ServerView, stored: StoredTool, root: str) -> dict[str, Markup]:
    """The repeated pieces of the page as HTML."""
    label = stored.classification
    attacks = enabled(label.category, label.capabilities) if label else ()
    siblings = [
        fragments.tool_link(root, view.slug, t.tool.name, t.classification.risk if t.classification else None)
        for t in siblings_of(view, stored)
    ]
    relatives = [
        fragments.tool_link(root, r.server_slug, r.name, r.risk, r.server_name)
        for r in view.relatives(stored.tool.name)
    ]
    text = stored.tool.description or ""
    marked = highlighted("description", text[:MAX_DESCRIPTION], label.evidence if label else ())
    return {
        "description": fragments.pieces(marked),
        "cut": fragments.cut_note(len(text), MAX_DESCRIPTION, urls.segment(stored.tool.name)),
        "capabilities": fragments.capability_meanings(label.capabilities if label else (), root),
        "attacks": fragments.attack_links(attacks, root) if attacks else Markup(""),
        "siblings": Markup("".join(siblings)),
        "relatives": Markup("".join(relatives)),
        "server_name": Markup(shown(short(view.name, 200))),
        "server_url": Markup(urls.server_path(view.slug)),
        "view_counts": view.counts,
        "view_note": view.note,
    }


def siblings_of(view: ServerView, stored: StoredTool) -> list[StoredTool]:
    """Tools of the same server that share most words of the name, at most six, out of those whose names are near."""
    own = _words(stored.tool.name)
    place = _place(view.by_name, stored)
    near = view.by_name[max(0, place - _NEAR // 2) : place + _NEAR // 2 + 1]
    ranked = sorted((-len(own & _words(other.tool.name)), i) for i, other in enumerate(near) if other is not stored)
    return [near[i] for _, i in ranked[:_MAX_RELATED]]


def _place(tools: Sequence[StoredTool], stored: StoredTool) -> int:
    return bisect_left(tools, stored.tool.name, key=lambda t: t.tool.name)


def twin(view: ServerView, stored: StoredTool, policy: Policy) -> dict[str, Any]:
    """The page's facts as JSON, as `schemas/tool.json` describes them."""
    return {
        "server": view.slug,
        "name": stored.tool.name,
        "definition": stored.tool.to_json(),
        "label": stored.classification.to_json() if stored.classification else None,
        "policy": policy.to_json(),
        "source": view.stored.server.source.to_json(),
        "complete": not view.gaps,
        "first_seen_at": stored.first_seen_at,
        "changed_at": stored.changed_at,
        "digest": stored.digest,
    }


def parameters_line(parameters: Parameters) -> str:
    """What the tool accepts, in a sentence; never a number where the schema was not seen."""
    if parameters.rows is None:
        return "Unknown: its input schema was not seen."
    if not parameters.count:
        return "None."
    names = ", ".join(row.name for row in parameters.rows if row.depth == 0)[:400]
    return f"{parameters.count}, of which {parameters.required_count} must be given: {names}."


@lru_cache(maxsize=8192)
def _words(name: str) -> frozenset[str]:
    return frozenset(name[:200].lower().replace("-", "_").split("_"))
