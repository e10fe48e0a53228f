"""How a policy remembers the definitions that it was made for."""

from __future__ import annotations

from catalog.records import Tool
from catalog.store import digest


def definition_digest(tool: Tool) -> str:
    """`sha256:` and the digest that the store keeps of a definition, 64 hex digits."""
    return f"sha256:{digest.definition_digest(tool)}"
