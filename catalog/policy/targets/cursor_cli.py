"""Cursor CLI permissions: https://cursor.com/docs/cli/reference/permissions (read 2026-11).

`permissions.allow` and `permissions.deny` with entries `Mcp(SERVER:TOOL)`; deny wins, everything else asks.
"""

from __future__ import annotations

import json

from catalog.policy.export import Document, Export, Loss, coarse, shared_losses
from catalog.policy.jsonc import edit_list
from catalog.policy.records import Policy


def write(policy: Policy, server: str) -> Export:
    rules, losses = _rules(policy, server)
    text = json.dumps({"permissions": rules}, indent=2, ensure_ascii=False) + "\n"
    return Export((Document(".cursor/cli.json", text),), tuple(losses))


def merge(existing: str, policy: Policy, server: str) -> str:
    """Puts this server's entries in the place of the older ones; everything else stays."""
    rules, _ = _rules(policy, server)

    def ours(item: object) -> bool:
        return isinstance(item, str) and item.startswith(f"Mcp({server}:")

    return edit_list(
        edit_list(existing, ("permissions", "allow"), ours, rules["allow"]),
        ("permissions", "deny"),
        ours,
        rules["deny"],
    )


def _rules(policy: Policy, server: str) -> tuple[dict[str, list[str]], list[Loss]]:
    allow: list[str] = []
    deny: list[str] = []
    losses = shared_losses(policy)
    for tool, rule in coarse(policy).items():
        losses += rule.losses
        if any(mark in server + tool for mark in "*:?[](),"):
            losses.append(Loss(tool, "a name with one of * : ? [ ] ( ) , cannot be written; it asks"))
        elif rule.action == "allow":
            allow.append(f"Mcp({server}:{tool})")
        elif rule.action in ("deny", "hide"):
            deny.append(f"Mcp({server}:{tool})")
    if "*" in policy.hide:
        deny.append(f"Mcp({server}:*)")
    else:
        losses.append(Loss(None, f"asks about tools that the policy does not list, whose default is {policy.default}"))
    return {"allow": allow, "deny": deny}, losses
