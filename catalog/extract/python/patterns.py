"""The registration patterns of `data/extract/python.toml`, loaded once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from catalog.extract.python.values import External
from classifier.resources import data_path


@dataclass(frozen=True, slots=True)
class Patterns:
    """What the data file says, in the shape the reader asks for it."""

    search: re.Pattern[str]
    words: tuple[str, ...]
    servers: dict[str, str]
    entries: frozenset[str]
    foreign: frozenset[str]
    methods: dict[str, str]
    calls: dict[str, str]
    injected_annotations: frozenset[str]
    injected_defaults: frozenset[str]
    types: dict[str, dict[str, Any]]
    constraints: dict[str, str]
    facts: dict[str, str]
    http_libraries: frozenset[str]
    http_clients: frozenset[str]
    http_verbs: frozenset[str]
    sql_methods: frozenset[str]

    def is_foreign(self, name: External) -> bool:
        return name.first in self.foreign

    def style_of(self, name: External) -> str | None:
        """The style of a server class, None for anything else."""
        return self.servers.get(name.dotted) or (None if self.is_foreign(name) else self.servers.get(name.last))

    def verb_of(self, name: External) -> str | None:
        """What calling an external name does, None where it does nothing of interest. The longest ending counts."""
        if self.is_foreign(name):
            return None
        parts = name.dotted.split(".")
        for start in range(len(parts)):
            verb = self.calls.get(".".join(parts[start:]))
            if verb is not None:
                return verb
        return "tool" if name.last == "tool" and "mcp" in name.first else None


@cache
def load() -> Patterns:
    raw = tomllib.loads(data_path("extract", "python.toml").read_text(encoding="utf-8"))
    return Patterns(
        search=re.compile("|".join(f"(?:{p})" for p in raw["search"]["registration"]), re.MULTILINE),
        words=tuple(raw["search"]["words"]),
        servers={name: entry["style"] for entry in raw["server"] for name in entry["names"]},
        entries=frozenset(raw["search"]["entries"]),
        foreign=frozenset(raw["foreign"]["packages"]),
        methods=raw["methods"],
        calls={name: entry["verb"] for entry in raw["call"] for name in entry["names"]},
        injected_annotations=frozenset(raw["injected"]["annotations"]),
        injected_defaults=frozenset(raw["injected"]["defaults"]),
        types=raw["types"],
        constraints=raw["constraints"],
        facts={name: entry["kind"] for entry in raw["fact"] for name in entry["names"]},
        http_libraries=frozenset(raw["fact_http"]["libraries"]),
        http_clients=frozenset(raw["fact_http"]["clients"]),
        http_verbs=frozenset(raw["fact_http"]["verbs"]),
        sql_methods=frozenset(raw["fact_sql"]["methods"]),
    )
