"""Counts over the whole catalogue that need more than one server's row: declared hints, verbs, labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from catalog.site.actions import verb_of
from catalog.store.overview import ToolOverview
from classifier.records import Category

_HINTS = ("readOnlyHint", "destructiveHint")


@dataclass(slots=True)
class Tally:
    """`hints` counts `hint/value/category`; `verbs` the first word of the names of destructive tools."""

    hints: Counter[str] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    annotated: int = 0

    def add(self, tools: Iterable[ToolOverview]) -> None:
        for tool in tools:
            if tool.category == "Destructive":
                self._verb(tool.name)
            if tool.annotations != "{}":
                self._annotations(tool.annotations, tool.category)

    def _verb(self, name: str) -> None:
        verb = verb_of(name)
        if verb:  # one of a few known words, whatever strangers call their tools
            self.verbs[verb] += 1

    def _annotations(self, text: str, category: Category | None) -> None:
        said = json.loads(text)
        known = [(hint, said[hint]) for hint in _HINTS if isinstance(said.get(hint), bool)]
        self.annotated += bool(known)
        for hint, value in known:
            self.hints[f"{hint}/{str(value).lower()}/{category or 'none'}"] += 1

    def change(self, other: Tally, by: int) -> None:
        """Adds (`by` 1) or takes away (-1) what another tally counted."""
        for mine, its in ((self.hints, other.hints), (self.verbs, other.verbs)):
            for key, count in its.items():
                mine[key] += by * count
                if not mine[key]:
                    del mine[key]
        self.annotated += by * other.annotated

    def to_json(self) -> dict[str, Any]:
        return {"hints": dict(self.hints), "verbs": dict(self.verbs), "annotated": self.annotated}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Tally:
        return cls(Counter(raw["hints"]), Counter(raw["verbs"]), raw["annotated"])
