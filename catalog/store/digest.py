"""Digests that say whether two definitions or snapshots are the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from catalog.records import Snapshot, Tool

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def canonical_json(value: Any) -> str:
    """ASCII JSON with sorted keys and no spaces: equal values give equal text, lone surrogates stay escaped."""
    return _encode(value)


def definition_digest(tool: Tool) -> str:
    """SHA-256 (hex) over what a client sees of a tool: name, title, description, input schema, annotations."""
    seen = [tool.name, tool.title, tool.description, tool.input_schema, dict(tool.annotations)]
    return _sha256(canonical_json(seen))


def snapshot_digest(snapshot: Snapshot) -> str:
    """SHA-256 (hex) over everything a snapshot says, whatever the order of its tools and gaps."""
    # The canonical JSON of snapshot.to_json() with both lists sorted, put together so that each part is encoded once.
    gaps = ",".join(sorted(canonical_json(g.to_json()) for g in snapshot.gaps))
    tools = ",".join(sorted(canonical_json(t.to_json()) for t in snapshot.tools))
    server, completeness = canonical_json(snapshot.server.to_json()), canonical_json(snapshot.completeness)
    return _sha256(f'{{"completeness":{completeness},"gaps":[{gaps}],"server":{server},"tools":[{tools}]}}')


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
