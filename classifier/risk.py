"""The risk table: computed from category and capabilities, never labelled apart."""

from collections.abc import Collection

from classifier.records import Capability, Category, Risk

_RAISES_WRITE = frozenset({"execute", "communicate", "access_control"})
_RAISES_READ = frozenset({"private_data", "access_control", "untrusted_content"})


def risk_of(category: Category, capabilities: Collection[Capability]) -> Risk:
    """critical, high, medium or low, by the published table (docs/labels.md)."""
    held = frozenset(capabilities)
    if category == "Destructive" or (category != "Read" and "financial" in held):
        return "critical"
    if category == "Write":
        return "high" if held & _RAISES_WRITE else "medium"
    return "medium" if held & _RAISES_READ else "low"
