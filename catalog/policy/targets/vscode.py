"""VS Code settings: https://code.visualstudio.com/docs/agents/approvals (read 2026-11).

In `chat.tools.eligibleForAutoApproval`, `false` makes a tool ask every time. `true` only lets a person choose "always
allow" in the dialogue; nothing can be allowed or denied from the settings. Tools of MCP servers are named
`SERVER/TOOL`.
"""

from __future__ import annotations

import json

from catalog.policy.export import Document, Export, Loss, coarse, shared_losses
from catalog.policy.jsonc import edit_members
from catalog.policy.records import Policy

KEY = "chat.tools.eligibleForAutoApproval"


def write(policy: Policy, server: str) -> Export:
    entries, losses = _entries(policy, server)
    text = json.dumps({KEY: entries}, indent=2, ensure_ascii=False) + "\n"
    return Export((Document(".vscode/settings.json", text),), tuple(losses))


def merge(existing: str, policy: Policy, server: str) -> str:
    """Puts this server's entries in the place of the older ones; everything else stays."""
    entries, _ = _entries(policy, server)
    return edit_members(existing, (KEY,), lambda key: key.startswith(f"{server}/"), entries)


def _entries(policy: Policy, server: str) -> tuple[dict[str, bool], list[Loss]]:
    entries: dict[str, bool] = {}
    losses = shared_losses(policy)
    for tool, rule in coarse(policy).items():
        entries[f"{server}/{tool}"] = rule.action == "allow"
        losses += rule.losses
        if rule.action == "allow":
            losses.append(Loss(tool, "a person must choose 'always allow' once; settings cannot allow a tool"))
        elif rule.action in ("deny", "hide"):
            losses.append(Loss(tool, "asks before each call; settings cannot deny a tool"))
    losses.append(Loss(None, f"asks about tools that the policy does not list, whose default is {policy.default}"))
    return entries, losses
