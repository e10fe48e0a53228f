"""A server as its pages see it: read once, shared by the server's page and those of its tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from catalog.policy.recommend import recommend
from catalog.policy.records import STRENGTHS, Policy, Strength
from catalog.records import Gap
from catalog.site.found import with_findings
from catalog.site.fragments import server_counts, server_note
from catalog.site.grade import Grade, grade_of
from catalog.site.plan import Plan, Relative
from catalog.store.past import StoredChange, StoredSnapshot
from catalog.store.read import Filters, StoredServer, StoredTool, StoreReader
from classifier.records import CAPABILITIES

_MAX_CHANGES = 200


@dataclass(frozen=True, slots=True)
class ServerView:
    """`tools` are present ones, riskiest first; `gone` removed ones. `changes` are newest first, the first reading left
    out. `tokens` is the size of all definitions in characters over four. `by_name` are the present tools in name order;
    `relatives` finds a tool's like elsewhere; `note` and `counts` are HTML.
    """

    stored: StoredServer
    tools: list[StoredTool]
    gone: list[StoredTool]
    gaps: tuple[Gap, ...]
    snapshots: list[StoredSnapshot]
    changes: list[StoredChange]
    policies: dict[Strength, Policy]
    grade: Grade
    tokens: int
    capability_counts: dict[str, int]
    by_name: list[StoredTool]
    relatives: Callable[[str], list[Relative]]

    note: Markup
    counts: Markup

    @property
    def slug(self) -> str:
        return self.stored.server.slug

    @property
    def name(self) -> str:
        return self.stored.server.name


def server_view(store: StoreReader, plan: Plan, slug: str) -> ServerView:
    """Everything about one server. Raises NothingFound when the slug is unknown."""
    stored = store.server(slug)
    tools = list(store.tools(Filters(server=slug, removed=True)))
    present = with_findings(slug, [t for t in tools if t.removed_at is None])
    row = plan.server(slug)
    snapshots = store.snapshots(slug)
    unread = stored.tool_count / (stored.tool_count + stored.gap_count) if stored.gap_count else None
    labelled = [(t.tool, t.classification) for t in present if t.classification]
    return ServerView(
        stored=stored,
        tools=present,
        gone=[t for t in tools if t.removed_at is not None],
        gaps=store.gaps(slug) if stored.gap_count else (),
        snapshots=snapshots,
        changes=list(store.changes(server=slug, limit=_MAX_CHANGES)) if len(snapshots) > 1 else [],
        policies={strength: recommend(slug, labelled, strength, pins=False) for strength in STRENGTHS},
        grade=grade_of(
            stored.tool_count, stored.risks["critical"], stored.risks["high"], stored.risks["medium"],
            stored.needs_review + stored.unlabelled, unread,
        ),
        tokens=row["tokens"],
        capability_counts={c: row[c] for c in CAPABILITIES},
        note=server_note(stored),
        counts=server_counts(stored),
        by_name=sorted(present, key=lambda t: t.tool.name),
        relatives=lambda name: plan.relatives(slug, name),
    )  # fmt: skip
