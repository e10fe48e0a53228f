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
_MAX_VERBS = 2000  # names are strangers' text: what is counted stays bounded


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
        if verb and (verb in self.verbs or len(self.verbs) < _MAX_VERBS):
            self.verbs[verb] += 1

    def _annotations(self, text: str, category: Category | None) -> None:
        said = json.loads(text)
        known = [(hint, said[hint]) for hint in _HINTS if isinstance(said.get(hint), bool)]
        self.annotated += bool(known)
        for hint, value in known:
            self.hints[f"{hint}/{str(value).lower()}/{category or 'none'}"] += 1

    def to_json(self) -> dict[str, Any]:
        return {"hints": dict(self.hints), "verbs": dict(self.verbs), "annotated": self.annotated}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Tally:
        return cls(Counter(raw["hints"]), Counter(raw["verbs"]), raw["annotated"])
