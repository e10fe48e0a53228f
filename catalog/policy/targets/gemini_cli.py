"""Gemini CLI policy files: https://geminicli.com/docs/reference/policy-engine/ (read 2026-11).

Rules with `mcpName`, `toolName`, a decision and a priority from 0 to 999; the highest priority that matches decides.
A denied tool without an arguments pattern disappears from the model's view. Patterns see the arguments as one text,
in which a nested key cannot be told from an outer one, so conditions on arguments are not written as patterns.
"""

from __future__ import annotations

import json

from catalog.policy.export import Action, Document, Export, Loss, coarse, shared_losses
from catalog.policy.records import Policy

_DECISIONS: dict[Action, str] = {"allow": "allow", "ask": "ask_user", "deny": "deny", "hide": "deny"}
_TOOL_PRIORITY, _DEFAULT_PRIORITY = 500, 400


def write(policy: Policy, server: str) -> Export:
    losses = shared_losses(policy)
    if "_" in server:
        losses.append(Loss(None, f"Gemini CLI misreads server names with an underscore: {server}"))
    rules: list[str] = []
    for tool, rule in coarse(policy).items():
        losses += rule.losses
        if "*" in tool and rule.action in ("allow", "ask"):
            losses.append(Loss(tool, "a name with * would match other tools; it is left to the default"))
            continue
        rules.append(_rule(server, tool, _DECISIONS[rule.action], _TOOL_PRIORITY))
    default = "deny" if "*" in policy.hide else policy.default
    rules.append(_rule(server, "*", default, _DEFAULT_PRIORITY))
    return Export((Document(f".gemini/policies/{server}.toml", "\n".join(rules)),), tuple(losses))


def _rule(server: str, tool: str, decision: str, priority: int) -> str:
    pairs = {"mcpName": server, "toolName": tool, "decision": decision}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=True)}" for key, value in pairs.items()]
    return "\n".join(["[[rule]]", *lines, f"priority = {priority}", ""])
