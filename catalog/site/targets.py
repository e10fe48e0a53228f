"""The policy of one tool as other programs take it."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.policy.records import Policy
from catalog.site.views import ServerView
from catalog.store.read import StoredTool


@dataclass(frozen=True, slots=True)
class Rendering:
    """One way to write the policy: for whom, in which file, its text, and what it cannot say."""

    id: str
    title: str
    file: str
    text: str
    note: str


def renderings(view: ServerView, stored: StoredTool, policy: Policy) -> list[Rendering]:
    """For each client or gateway, in a fixed order."""
    return []
