"""Labelled tools as tests write them."""

from catalog.records import Tool
from classifier.records import Capability, Category, Classification, Mode
from classifier.risk import risk_of


def labelled(
    name: str,
    category: Category = "Read",
    *capabilities: Capability,
    modes: tuple[Mode, ...] = (),
    needs_review: bool = False,
    properties: dict[str, object] | None = None,
    required: tuple[str, ...] = (),
    description: str | None = None,
) -> tuple[Tool, Classification]:
    schema = {"type": "object", "properties": properties or {}, "required": list(required)}
    risk = risk_of(category, capabilities)
    label = Classification("srv", name, category, risk, tuple(capabilities), 0.97, needs_review, "why", (), modes)
    return Tool(name, description=description, input_schema=schema), label
