"""Attack patterns from data/attack_patterns.toml, and which of them a tool or server gives an agent access for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from classifier.records import Classification
from classifier.resources import data_path


@dataclass(frozen=True, slots=True)
class Reference:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """One documented way to abuse what tools can do.

    `needs` lists alternatives; each is a set of categories and capabilities that one tool must all have. `legs` are
    capabilities that the tools of a session must have together. `parameters` are words of which one must be in the name
    of a parameter, where the attack goes through one. `policy` is a policy document, as JSON text.
    """

    id: str
    name: str
    summary: str
    how: str
    needs: tuple[frozenset[str], ...]
    legs: tuple[str, ...]
    stops: str
    policy: str
    owasp_mcp: tuple[str, ...]
    owasp_llm: tuple[str, ...]
    atlas: tuple[str, ...]
    references: tuple[Reference, ...]
    parameters: tuple[str, ...] = ()

    def fits(self, parameters: Sequence[str] | None) -> bool:
        """Whether the tool has a parameter that the attack goes through, or its parameters are not known."""
        if not self.parameters or parameters is None:
            return True
        return any(word in name.lower() for name in parameters for word in self.parameters)

    def enabled_by(self, label: Classification) -> bool:
        """Whether a tool with this label alone gives the access that the attack needs, or one of its legs."""
        return self.met_by(label.category, label.capabilities)

    def met_by(self, category: str, capabilities: Iterable[str]) -> bool:
        held = {category, *capabilities}
        return any(need <= held for need in self.needs) or not held.isdisjoint(self.legs)


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(data_path("attack_patterns.toml").read_text("utf-8"))


@cache
def patterns() -> tuple[Pattern, ...]:
    """All patterns, in the order of the file."""
    return tuple(_pattern(raw) for raw in _document()["pattern"])


@cache
def names(framework: str) -> dict[str, str]:
    """Names by id of a framework: `owasp_mcp`, `owasp_llm` or `atlas`."""
    return dict(_document()["names"][framework])


@cache
def enabled(category: str, capabilities: tuple[str, ...]) -> tuple[Pattern, ...]:
    """The patterns that a tool with this label gives access for, those it suffices for alone first."""
    held = {category, *capabilities}
    found = [p for p in patterns() if p.met_by(category, capabilities)]
    return tuple(sorted(found, key=lambda p: not any(need <= held for need in p.needs)))


def _pattern(raw: dict[str, Any]) -> Pattern:
    return Pattern(
        id=raw["id"],
        name=raw["name"],
        summary=raw["summary"],
        how=raw["how"].strip(),
        needs=tuple(frozenset(need) for need in raw.get("needs", ())),
        legs=tuple(raw.get("legs", ())),
        stops=raw["stops"],
        policy=raw["policy"].strip(),
        owasp_mcp=tuple(raw["owasp_mcp"]),
        owasp_llm=tuple(raw["owasp_llm"]),
        atlas=tuple(raw["atlas"]),
        references=tuple(Reference(r["title"], r["url"]) for r in raw["references"]),
        parameters=tuple(raw.get("parameters", ())),
    )
