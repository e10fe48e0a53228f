"""The words for categories, capabilities and risks, as every page says them."""

from __future__ import annotations

import tomllib
from functools import cache

from classifier.records import Capability, Category, Risk
from classifier.resources import data_path

CAPABILITIES: dict[Capability, tuple[str, str]] = {
    "execute": ("Execute", "runs code, commands, queries or workflows"),
    "financial": ("Money", "moves money, or changes what is paid"),
    "communicate": ("Communicate", "delivers content to other people or outside places"),
    "access_control": ("Access", "reads or changes who has access, secrets included"),
    "private_data": ("Private data", "returns content private to a person or organisation"),
    "untrusted_content": ("Strangers' text", "returns text that strangers wrote and that could carry instructions"),
}
CATEGORIES: dict[Category, str] = {
    "Read": "returns information and leaves everything as it was",
    "Write": "creates or changes something that outlives the call; what was there before is not lost for good",
    "Destructive": "deletes, overwrites or ends something for good, or takes free commands that could",
}
RISKS: dict[Risk, str] = {
    "critical": "Destroys, or moves money.",
    "high": "Changes something by running code, reaching other people or touching access.",
    "medium": "Any other change; or reads private data, secrets or strangers' text.",
    "low": "Reads, and nothing else that was found.",
}


@cache
def capability_meanings() -> dict[str, tuple[str, str]]:
    """`(what it means, what it does not mean)` of each capability, from data/capabilities.toml."""
    document = tomllib.loads(data_path("capabilities.toml").read_text("utf-8"))
    return {row["id"]: (row["meaning"], row["not"]) for row in document["capability"]}
