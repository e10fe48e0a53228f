"""Cedar policy statements: https://docs.cedarpolicy.com (language version 4, read 2026-11)."""

from __future__ import annotations

from catalog.policy.cedar import statements
from catalog.policy.export import Document, Export
from catalog.policy.records import Policy


def write(policy: Policy, server: str) -> Export:
    permits, losses = statements(policy)
    return Export((Document(f"{server}.cedar", "\n".join(permits) + "\n"),), tuple(losses))
