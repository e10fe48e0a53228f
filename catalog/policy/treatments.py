"""The table of data/policy/recommendation.toml: which class a label is in, and what that class calls for."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from catalog.policy.records import Strength, Window
from classifier.records import Capability, Category
from classifier.resources import data_path

Do = Literal["allow", "limit", "approve", "hide"]


@dataclass(frozen=True, slots=True)
class Treatment:
    """What one class of label calls for. `says` is the reason; where `do` is limit, `max` calls per `window`."""

    name: str
    says: str
    do: Do
    max: int | None = None
    window: Window | None = None


@cache
def table() -> dict[str, Any]:
    return tomllib.loads(data_path("policy/recommendation.toml").read_text("utf-8"))


def class_of(category: Category, capabilities: Sequence[Capability], needs_review: bool) -> str:
    """The name of the label's class. A capability that the table does not foresee never makes the class milder."""
    held = set(capabilities)
    if needs_review:
        return "needs_review"
    if category == "Read":
        if not held:
            return "read"
        return "read_sensitive" if held <= {"private_data", "untrusted_content"} else "read_guarded"
    if category != "Write" or "financial" in held:
        return "critical"
    return "write_reaching" if held & {"execute", "communicate", "access_control"} else "write"


@cache
def treatment(name: str, strength: Strength) -> Treatment:
    row = table()["class"][name]
    return Treatment(name, row["says"], **row[strength])


def amount_caps(strength: Strength) -> tuple[int, int]:
    """The most that one call may name, and one day's calls together."""
    row = table()["amounts"][strength]
    return row["call"], row["day"]
