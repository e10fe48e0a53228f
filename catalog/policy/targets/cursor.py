"""Cursor permissions.json: https://cursor.com/docs/reference/permissions (read 2026-11).

`mcpAllowlist` names tools as `SERVER:TOOL` that run without approval; every other tool asks.
"""

from __future__ import annotations

import json

from catalog.policy.export import Document, Export, Loss, coarse, shared_losses
from catalog.policy.jsonc import edit_list
from catalog.policy.records import Policy


def write(policy: Policy, server: str) -> Export:
    entries, losses = _entries(policy, server)
    text = json.dumps({"mcpAllowlist": entries}, indent=2, ensure_ascii=False) + "\n"
    return Export((Document(".cursor/permissions.json", text),), tuple(losses))


def merge(existing: str, policy: Policy, server: str) -> str:
    """Puts this server's entries in the place of the older ones; everything else stays."""
    entries, _ = _entries(policy, server)
    return edit_list(
        existing, ("mcpAllowlist",), lambda item: isinstance(item, str) and item.startswith(f"{server}:"), entries
    )


def _entries(policy: Policy, server: str) -> tuple[list[str], list[Loss]]:
    entries: list[str] = []
    losses = shared_losses(policy)
    for tool, rule in coarse(policy).items():
        losses += rule.losses
        if rule.action == "allow" and any(mark in server + tool for mark in "*:?[]()"):
            losses.append(Loss(tool, "a name with one of * : ? [ ] ( ) cannot be written; it asks"))
        elif rule.action == "allow":
            entries.append(f"{server}:{tool}")
        elif rule.action in ("deny", "hide"):
            losses.append(Loss(tool, "asks before each call; an allow list cannot deny a tool"))
    losses.append(Loss(None, f"asks about tools that the policy does not list, whose default is {policy.default}"))
    return entries, losses
