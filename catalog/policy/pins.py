"""Digests of tool definitions: how a policy remembers what it was made for."""

from __future__ import annotations

import hashlib
import json

from catalog.records import Tool


def definition_digest(tool: Tool) -> str:
    """`sha256:` and 64 hex digits over what a client sees of the tool; where it stands in the source does not count."""
    seen = {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "annotations": dict(tool.annotations),
    }
    text = json.dumps(seen, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=dict)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
