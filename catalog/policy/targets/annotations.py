"""A plain annotation-override file: server, tool, MCP `ToolAnnotations` (revision 2025-11-25)."""

from __future__ import annotations

import json

from catalog.policy.export import Document, Export
from catalog.policy.hints import hints, rules_left_out
from catalog.policy.records import Policy


def write(policy: Policy, server: str) -> Export:
    given, losses = hints(policy)
    text = json.dumps({server: given}, indent=2, ensure_ascii=False) + "\n"
    return Export((Document(f"{server}-annotations.json", text),), (*losses, *rules_left_out(policy)))
