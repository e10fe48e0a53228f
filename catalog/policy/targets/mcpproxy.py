"""mcpproxy-go: `annotation_overrides` of a server in mcp_config.json.

https://github.com/smart-mcp-proxy/mcpproxy-go docs/configuration/upstream-servers.md (read 2026-11): a map from tool
name, or `*`, to annotations; at most 100 entries.
"""

from __future__ import annotations

import json

from catalog.policy.export import Document, Export, Loss
from catalog.policy.hints import hints, rules_left_out
from catalog.policy.records import Policy

MAX_ENTRIES = 100
_UNKNOWN = {"readOnlyHint": False, "destructiveHint": True}


def write(policy: Policy, server: str) -> Export:
    given, losses = hints(policy)
    losses += rules_left_out(policy)
    if given.pop("*", None) is not None:
        losses.append(Loss("*", "a tool named * cannot be told from all tools"))
    kept = dict(list(given.items())[: MAX_ENTRIES - 1])
    losses += [Loss(name, f"only {MAX_ENTRIES} entries are possible") for name in given if name not in kept]
    overrides = {"*": _UNKNOWN, **kept}
    document = {"mcpServers": [{"name": server, "annotation_overrides": overrides}]}
    return Export(
        (Document("mcp_config.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n"),), tuple(losses)
    )
