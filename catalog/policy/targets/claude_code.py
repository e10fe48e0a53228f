"""Claude Code permissions in settings.json: https://code.claude.com/docs/en/permissions (read 2026-11).

Lists `allow`, `ask`, `deny` of rules `mcp__SERVER__TOOL`; judged in the order deny, ask, allow. A denied tool
disappears from the model's view. A tool that no rule names is asked about, so default deny cannot be said.
"""

from __future__ import annotations

import json
import re

from catalog.policy.export import Action, Document, Export, Loss, coarse, shared_losses
from catalog.policy.jsonc import edit_list
from catalog.policy.records import Policy

_LISTS: dict[Action, str] = {"allow": "allow", "ask": "ask", "deny": "deny", "hide": "deny"}
_STRICTNESS = ("allow", "ask", "deny")


def write(policy: Policy, server: str) -> Export:
    rules, losses = _rules(policy, server)
    text = json.dumps({"permissions": rules}, indent=2, ensure_ascii=False) + "\n"
    return Export((Document(".claude/settings.json", text),), tuple(losses))


def merge(existing: str, policy: Policy, server: str) -> str:
    """Puts this server's rules in the place of the older ones; everything else stays."""
    rules, _ = _rules(policy, server)
    prefix = f"mcp__{_name(server)}"

    def ours(item: object) -> bool:
        return isinstance(item, str) and (item == prefix or item.startswith(f"{prefix}__"))

    text = existing
    for name in _STRICTNESS:
        text = edit_list(text, ("permissions", name), ours, rules.get(name, []))
    return text


def _rules(policy: Policy, server: str) -> tuple[dict[str, list[str]], list[Loss]]:
    losses = shared_losses(policy)
    chosen: dict[str, str] = {}
    for tool, rule in coarse(policy).items():
        losses += rule.losses
        entry, wanted = f"mcp__{_name(server)}__{_name(tool)}", _LISTS[rule.action]
        if entry in chosen:
            losses.append(Loss(tool, f"cannot be told from another tool: both are {entry}"))
            wanted = max(wanted, chosen[entry], key=_STRICTNESS.index)
        chosen[entry] = wanted
    if "*" in policy.hide:
        chosen[f"mcp__{_name(server)}"] = "deny"
    elif policy.default == "deny":
        losses.append(Loss(None, "asks about tools that the policy does not list instead of denying them"))
    else:
        chosen[f"mcp__{_name(server)}"] = "allow"  # ask and deny go before it
    rules = {name: [entry for entry, wanted in chosen.items() if wanted == name] for name in _STRICTNESS}
    return {name: entries for name, entries in rules.items() if entries}, losses


def _name(text: str) -> str:
    """A name as Claude Code writes it: anything but letters, digits, `_` and `-` becomes `_`."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", text)
