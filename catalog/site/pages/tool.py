"""The page of a tool, with its machine twin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.policy.recommend import recommend
from catalog.site import urls, words
from catalog.site.highlight import Piece, highlighted
from catalog.site.pages import Page, Site
from catalog.site.parameters import Parameters, parameters_of
from catalog.site.render import pretty_json, render
from catalog.store.read import StoredServer, StoredTool

_MAX_RELATED = 8


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool's template shows beside the stored tool itself."""

    does: str
    description: tuple[Piece, ...]
    parameters: Parameters
    policy_effect: str
    questions: list[tuple[str, str]]
    json_ld: dict[str, Any]


def tool_pages(site: Site, server: StoredServer, stored: StoredTool, siblings: Sequence[StoredTool]) -> Iterator[Page]:
    """The tool's HTML page and its JSON twin."""
    label = stored.classification
    policy = recommend(stored.server_slug, [(stored.tool, label)] if label else []).to_json()
    path = urls.tool_path(stored.server_slug, stored.tool.name)
    related = related_tools(stored, siblings)
    yield Page(
        path,
        render(
            "tool.html", path, site=site, server=server, stored=stored, policy=policy, related=related,
            page=_context(server, stored),
        ),
    )  # fmt: skip
    yield Page(urls.tool_path(stored.server_slug, stored.tool.name, ".json"), pretty_json(twin(stored, policy)) + "\n")


def related_tools(stored: StoredTool, siblings: Sequence[StoredTool]) -> list[StoredTool]:
    """Tools of the same server that share most words of the name, at most eight."""
    own = set(stored.tool.name.lower().replace("-", "_").split("_"))

    def kinship(other: StoredTool) -> tuple[int, str]:
        return -len(own & set(other.tool.name.lower().replace("-", "_").split("_"))), other.tool.name

    others = [s for s in siblings if s.tool.name != stored.tool.name]
    return sorted(others, key=kinship)[:_MAX_RELATED]


def twin(stored: StoredTool, policy: dict[str, Any]) -> dict[str, Any]:
    """The page's facts as JSON: what `catalog risk SERVER/TOOL --json` prints, with the definition."""
    label = stored.classification.to_json() if stored.classification else None
    return {"server": stored.server_slug, "definition": stored.tool.to_json(), "label": label, "policy": policy}


def _context(server: StoredServer, stored: StoredTool) -> ToolContext:
    label = stored.classification
    pairs = words.questions(server, stored)
    return ToolContext(
        does=words.does(server, stored),
        description=highlighted("description", stored.tool.description or "", label.evidence if label else ()),
        parameters=parameters_of(stored.tool.input_schema),
        policy_effect=words.policy_effect(label),
        questions=pairs,
        json_ld=words.json_ld(pairs),
    )
