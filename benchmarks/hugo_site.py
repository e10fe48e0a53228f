"""A Hugo site with the content of ours: every fact of each tool's and server's page, and the same twins and badges.

Hugo is given what it could not work out (sentences, policies, their forms for other programs) as front matter, in JSON,
which it reads fastest. Its templates (`benchmarks/hugo`) write the same sections as ours. Not asked of it: lists,
search index, attack patterns, report, feed, which our build makes besides.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from catalog.policy.targets import TARGETS
from catalog.site import vocabulary, words
from catalog.site.effects import effect, tool_policy
from catalog.site.highlight import highlighted
from catalog.site.pages.server import attacks_of, twin
from catalog.site.pages.tool import parameters_line
from catalog.site.pages.tool import twin as tool_twin
from catalog.site.parameters import parameters_of
from catalog.site.patterns import enabled, patterns
from catalog.site.plan import Plan
from catalog.site.planning import make_plan
from catalog.site.targets import SHOWN
from catalog.site.urls import tool_path
from catalog.site.views import ServerView, server_view
from catalog.site.visible import short
from catalog.store.read import StoredTool, StoreReader

LAYOUTS = Path(__file__).parent / "hugo"
CONFIG = {
    "baseURL": "https://tools.example/", "title": "Catalogue", "uglyURLs": True,
    "disableKinds": ["taxonomy", "term", "RSS", "sitemap", "robotsTXT", "404"],
    "mediaTypes": {"text/markdown": {"suffixes": ["md"]}, "image/svg+xml": {"suffixes": ["svg"]}},
    "outputFormats": {
        "MD": {"mediaType": "text/markdown", "isPlainText": True},
        "BADGE": {"mediaType": "image/svg+xml", "isPlainText": True, "baseName": "badge"},
    },
    "outputs": {"page": ["HTML", "JSON", "MD"], "section": ["HTML", "JSON", "BADGE"], "home": ["HTML"]},
}  # fmt: skip


def make_hugo(db: Path, folder: Path) -> None:
    """Writes content, data and layouts for all servers of a store."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "content/servers").mkdir(parents=True)
    (folder / "data").mkdir()
    shutil.copytree(LAYOUTS, folder / "layouts/_default")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "data/capabilities.json").write_text(json.dumps(vocabulary.CAPABILITIES))
    known = {p.id: {"name": p.name, "summary": p.summary} for p in patterns()}
    (folder / "data/attacks.json").write_text(json.dumps(known))
    with StoreReader(db) as store, tempfile.TemporaryDirectory() as scratch:
        make_plan(store, Path(scratch) / "plan")
        plan = Plan(Path(scratch) / "plan")
        for slug, _ in plan.fingerprints():
            _write_server(server_view(store, plan, slug), folder / "content/servers" / slug)


def _write_server(view: ServerView, folder: Path) -> None:
    folder.mkdir()
    page = {"title": view.name, "description": f"{view.stored.tool_count} tools", "server": _server(view)}
    (folder / "_index.md").write_text(json.dumps(page) + "\n")
    names, source = words.server_words(view), view.stored.server.source.to_json()
    for stored in view.tools:
        (folder / f"{stored.tool.name}.md").write_text(json.dumps(_tool(view, names, source, stored)) + "\n")


def _server(view: ServerView) -> dict[str, Any]:
    return {
        "twin": twin(view), "counts": view.stored.risks, "letter": view.grade.letter,
        "changed": view.stored.changed_at, "attacks": [p.id for p in attacks_of(view)[:10]],
        "snapshots": [{"at": s.taken_at, "version": s.version, "tools": s.tool_count} for s in view.snapshots],
        "tools": [{**_link(view.slug, t), "description": short(t.tool.description)} for t in view.tools],
    }  # fmt: skip


def _tool(view: ServerView, names: words.ServerWords, source: dict[str, Any], stored: StoredTool) -> dict[str, Any]:
    tool, label = stored.tool, stored.classification
    assert label is not None, "the benchmark labels every tool"
    policy, parameters = tool_policy(view, tool.name), parameters_of(tool.input_schema)
    said, does = effect(policy, tool.name), words.does(names.short, stored)
    attacks = enabled(label.category, label.capabilities)
    others = [t for t in view.by_name if t is not stored]
    marked = highlighted("description", tool.description or "", label.evidence)
    exports = [(TARGETS[name].title, TARGETS[name].write(policy, view.slug)) for name in SHOWN]
    pairs = words.questions(names, stored, does, said, parameters_line(parameters))
    return {
        "title": f"{tool.name} of {view.name}: {label.risk} risk", "description": short(does, 300),
        "tool": {
            "twin": tool_twin(view, stored, policy.to_json(), source), "does": does, "effect": said,
            "server": {"name": view.name, "counts": view.stored.risks, "tools": view.stored.tool_count},
            "pieces": [{"text": p.text, "marked": p.marked} for p in marked],
            "parameters": {"count": parameters.count, "required": parameters.required_count},
            "rows": [row._asdict() for row in parameters.rows or ()],
            "targets": [
                {
                    "title": title, "files": [{"path": d.path, "text": d.text} for d in export.documents],
                    "losses": [loss.what for loss in export.losses],
                }
                for title, export in exports
            ],
            "attacks": [p.id for p in attacks[:6]], "more": max(0, len(attacks) - 6),
            "siblings": [_link(view.slug, t) for t in others[:6]],
            "relatives": [
                {"name": r.name, "path": tool_path(r.server_slug, r.name), "risk": r.risk, "server": r.server_name}
                for r in view.relatives(tool.name)
            ],
            "questions": [{"q": question, "a": answer} for question, answer in pairs],
            "ld": words.json_ld(pairs),
        },
    }  # fmt: skip


def _link(slug: str, stored: StoredTool) -> dict[str, str | None]:
    risk = stored.classification.risk if stored.classification else None
    return {"name": stored.tool.name, "path": tool_path(slug, stored.tool.name), "risk": risk}
