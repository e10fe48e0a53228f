"""Reads data/rules: one file per rule."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifier.resources import data_path
from classifier.rules.records import PLACES, Case, Place, Rule


class InvalidRule(ValueError):
    """A rule file does not say what a rule must say. The message names the file."""


def _patterns(raw: Mapping[str, Any], path: Path) -> dict[Place, tuple[str, ...]]:
    unknown = set(raw) - set(PLACES)
    if unknown:
        raise InvalidRule(f"{path.name}: unknown place {sorted(unknown)[0]!r}; known are {', '.join(PLACES)}")
    return {place: tuple(raw[place]) for place in PLACES if place in raw}


def _case(raw: Mapping[str, Any]) -> Case:
    definition = {k: v for k, v in raw.items() if k not in ("quotes", "why", "parameters")}
    if "parameters" in raw:
        properties = {k: v if isinstance(v, dict) else {"type": v} for k, v in raw["parameters"].items()}
        definition["inputSchema"] = {"type": "object", "properties": properties}
    return Case(definition, tuple(raw.get("quotes", ())), raw.get("why", ""))


def load_rule(path: Path) -> Rule:
    """One rule file. Raises InvalidRule where a part is missing."""
    with path.open("rb") as file:
        raw = tomllib.load(file)
    try:
        rule = Rule(
            id=raw["id"],
            meaning=raw["meaning"],
            says=raw.get("says"),
            capabilities=tuple(raw.get("capabilities", ())),
            when=_patterns(raw["when"], path),
            unless=_patterns(raw.get("unless", {}), path),
            hits=tuple(_case(c) for c in raw["hits"]),
            near_misses=tuple(_case(c) for c in raw["near_misses"]),
        )
    except KeyError as error:
        raise InvalidRule(f"{path.name}: {error.args[0]!r} is missing") from error
    if rule.id != path.stem:
        raise InvalidRule(f"{path.name}: the file must carry the rule's id, {rule.id!r}")
    if not rule.when:
        raise InvalidRule(f"{path.name}: `when` is empty")
    return rule


def load_rules(folder: Path | None = None) -> tuple[Rule, ...]:
    """All rules in the order of their ids."""
    return tuple(load_rule(path) for path in sorted((folder or data_path("rules")).glob("*.toml")))
