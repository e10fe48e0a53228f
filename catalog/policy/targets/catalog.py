"""The catalogue's own language (docs/policy.md), which loses nothing."""

from __future__ import annotations

import json

from catalog.policy.export import Document, Export
from catalog.policy.records import Policy


def write(policy: Policy, server: str) -> Export:
    return Export((Document("policy.json", json.dumps(policy.to_json(), indent=2, ensure_ascii=False) + "\n"),))
