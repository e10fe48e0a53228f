"""The pages of a server's tools, with their machine twins.

Most pages of a catalogue are these, so their speed is the build's: the template is rendered once per shape
(`render_framed`), what tools of a server share is made once per server, and the rest is plain strings.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from catalog.site import fragments, items, urls, words
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
from catalog.site.visible import short, shown, shown_block
from catalog.store.read import StoredTool
from classifier.records import Category, Classification, Risk

_MAX_RELATED = 6
_MAX_CHANGES = 12
_MAX_ITEMS = 20  # pieces of evidence, findings
_MAX_MODES = 60
MAX_DESCRIPTION = 6000  # characters on the page; the twins have the rest
_NEAR = 120  # neighbours in name order among which related tools are looked for
_ROOT = urls.root_of(urls.tool_path("a", "b"))


@dataclass(frozen=True, slots=True)
class LabelShape:
    category: Category
    risk: Risk
    review: bool
    override: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What a tool's page has. Pages of one shape differ in their texts alone; `label` is None where there is none."""

    label: LabelShape | None
    subtitle: bool
    description: bool
    conditional: bool
    location: bool
    evidence: bool
    findings: bool
    modes: bool
    schema: Literal["unseen", "empty", "seen", "cut"]
    hints: bool
    attacks: bool
    siblings: bool
    relatives: bool
    changes: bool


class _Shared:
    """What the pages of one server's tools have in common."""

    def __init__(self, view: ServerView) -> None:
        self.view = view
        self.names = words.server_words(view)
        self.source = view.stored.server.source.to_json()
        self.links = [fragments.tool_link(_ROOT, view.slug, t.tool.name, _risk(t)) for t in view.by_name]
        self.words = [_words(t.tool.name) for t in view.by_name]
        self.categories = [t.classification.category if t.classification else None for t in view.by_name]
        self.texts: dict[str, str] = {
            "server_name": shown(short(view.name, 200)),
            "slug": shown(view.slug),
            "server_url": urls.server_path(view.slug),
            "counts": view.counts,
            "note": view.note,
            "tool_count": str(view.stored.tool_count),
        }

    def siblings(self, stored: StoredTool) -> str:
        """Links to at most six tools, of those near by name: most shared words first, then the same category."""
        place = bisect_left(self.view.by_name, stored.tool.name, key=lambda t: t.tool.name)
        own, first = self.words[place], max(0, place - _NEAR // 2)
        near = enumerate(self.words[first : place + _NEAR // 2 + 1], first)
        category = self.categories[place]
        ranked = sorted((-len(own & other), self.categories[i] != category, i) for i, other in near if i != place)
        return "".join([self.links[i] for _, _, i in ranked[:_MAX_RELATED]])


def tool_pages(site: Site, view: ServerView) -> Iterator[Page]:
    """Each present tool's HTML page and its JSON and Markdown twins."""
    shared = _Shared(view)
    for stored in view.tools:
        yield from _pages(site, shared, stored)


def _pages(site: Site, shared: _Shared, stored: StoredTool) -> Iterator[Page]:
    view, name = shared.view, stored.tool.name
    policy = tool_policy(view, name)
    document = policy.to_json()
    policy_text = pretty_json(document)
    parameters = parameters_of(stored.tool.input_schema)
    said, does = effect(policy, name), words.does(shared.names.short, stored)
    pairs = words.questions(shared.names, stored, does, said, parameters_line(parameters))
    parts = _parts(shared, stored, parameters)
    texts = {
        **shared.texts, **parts, **_head(stored, shared.names.shorter, does, pairs), "does": shown(does),
        "effect": shown(said), "policy": shown_block(policy_text), "questions": items.question_boxes(pairs),
        "targets": target_boxes(policy, policy_text, view.slug, name),
    }  # fmt: skip
    path = texts["path"] = urls.tool_path(view.slug, name)
    yield Page(path, render_framed("tool.html", path, site, _shape(stored, parameters, parts), texts))
    stem = path.removesuffix(".html")
    yield Page(f"{stem}.json", pretty_json(twin(view, stored, document, shared.source)) + "\n")
    yield Page(f"{stem}.md", tool_markdown(view, stored, does, policy_text, pairs))


def _shape(stored: StoredTool, parameters: Parameters, parts: dict[str, str]) -> Shape:
    tool, label = stored.tool, stored.classification
    rows = parameters.rows
    return Shape(
        LabelShape(label.category, label.risk, label.needs_review, label.override is not None) if label else None,
        bool(parts["subtitle"]), bool(tool.description), bool(tool.conditional), bool(tool.location),
        bool(parts["evidence"]), bool(parts["findings"]), bool(parts["modes"]),
        "unseen" if rows is None else "empty" if not rows else "cut" if parameters.omitted else "seen",
        bool(parts["hints"]), bool(parts["attacks"]), bool(parts["siblings"]), bool(parts["relatives"]),
        bool(parts["changes"]),
    )  # fmt: skip


def _head(stored: StoredTool, server: str, does: str, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What stands in the page's head."""
    label, name = stored.classification, stored.tool.name
    risk = f"{label.risk} risk" if label else "not labelled"
    return {
        "title": shown(f"{short(name, 80)} of {server}: {risk}"),
        "summary": shown(short(does, 300)),
        "own": urls.segment(name),
        "json_ld": json_for_script(words.json_ld(pairs)),
        "name": shown(name[:600]),
        "short_name": shown(short(name, 100)),
    }


def _parts(shared: _Shared, stored: StoredTool, parameters: Parameters) -> dict[str, str]:
    """The parts of the page that tell of the tool, each empty where there is nothing to tell."""
    tool, view = stored.tool, shared.view
    text = tool.description or ""
    label = stored.classification
    marked = highlighted("description", text[:MAX_DESCRIPTION], label.evidence if label else ())
    changes = [c for c in view.changes if c.change.tool == tool.name][:_MAX_CHANGES] if view.changes else []
    return {
        "subtitle": shown(tool.title) if tool.title and tool.title != tool.name else "",
        "description": fragments.pieces(marked),
        "cut": fragments.cut_note(len(text), MAX_DESCRIPTION, urls.segment(tool.name)),
        "conditional": shown(tool.conditional),
        "parameters": _parameter_count(parameters),
        "rows": fragments.parameter_rows(parameters),
        "location": f"{shown(tool.location.path)}:{tool.location.line}" if tool.location else "",
        "first_seen": items.date(stored.first_seen_at),
        "changed": items.date(stored.changed_at),
        "hints": items.hint_rows(hints_of(tool.annotations, label)) if tool.annotations else "",
        "siblings": shared.siblings(stored),
        "relatives": "".join(
            [
                fragments.tool_link(_ROOT, r.server_slug, r.name, r.risk, r.server_name)
                for r in view.relatives(tool.name)
            ]
        ),
        "changes": items.change_items(changes),
        **(_label_parts(label, parameters) if label else _UNLABELLED),
    }


_UNLABELLED = dict.fromkeys(
    ("confidence", "reason", "override", "evidence", "findings", "modes", "capabilities", "attacks"), ""
)


def _label_parts(label: Classification, parameters: Parameters) -> dict[str, str]:
    named = [row.name for row in parameters.rows] if parameters.rows is not None else None
    attacks = tuple(p for p in enabled(label.category, label.capabilities) if p.fits(named))
    override = label.override
    return {
        "confidence": f"{label.confidence * 100:.0f}",
        "reason": shown(label.reason),
        "override": f"{shown(override.reason)} The classifier had said {override.category}." if override else "",
        "evidence": items.evidence_items(label.evidence[:_MAX_ITEMS]),
        "findings": items.finding_items(label.findings[:_MAX_ITEMS]),
        "modes": items.mode_rows(label.modes[:_MAX_MODES], _ROOT),
        "capabilities": fragments.capability_meanings(label.capabilities, _ROOT),
        "attacks": fragments.attack_links(attacks, _ROOT) if attacks else "",
    }


def _parameter_count(parameters: Parameters) -> str:
    if parameters.rows is None:
        return "schema not seen"
    return f"{parameters.count}, {parameters.required_count} required" if parameters.count else "0"


def _risk(stored: StoredTool) -> Risk | None:
    return stored.classification.risk if stored.classification else None


def twin(view: ServerView, stored: StoredTool, policy: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    """The page's facts as JSON, as `schemas/tool.json` describes them. `policy` and `source` are JSON already."""
    return {
        "server": view.slug,
        "name": stored.tool.name,
        "definition": stored.tool.to_json(),
        "label": stored.classification.to_json() if stored.classification else None,
        "policy": policy,
        "source": source,
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
    names = ", ".join([row.name for row in parameters.rows if row.depth == 0])[:400]
    return f"{parameters.count}, of which {parameters.required_count} must be given: {names}."


@lru_cache(maxsize=8192)
def _words(name: str) -> frozenset[str]:
    return frozenset(name[:200].lower().replace("-", "_").split("_"))
