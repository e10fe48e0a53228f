"""A classifier small enough to predict, for tests of what is around the real one."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.records import Category, Classification, Definition, Evidence
from classifier.risk import risk_of

_CATEGORIES: tuple[tuple[str, Category], ...] = (("delete", "Destructive"), ("create", "Write"))


class PlainClassifier:
    """Judges by the beginning of the name alone."""

    version = "plain-1"

    def classify(self, definitions: Sequence[Definition]) -> list[Classification]:
        return [self._answer(d) for d in definitions]

    def _answer(self, definition: Definition) -> Classification:
        found: tuple[tuple[str, Category], ...] = tuple(c for c in _CATEGORIES if definition.name.startswith(c[0]))
        word, category = found[0] if found else (definition.name[:3], "Read")
        return Classification(
            server=definition.server,
            name=definition.name,
            category=category,
            risk=risk_of(category, ()),
            capabilities=(),
            confidence=0.9,
            needs_review=False,
            reason=f"The name begins with {word}.",
            evidence=(Evidence("name", word, "plain", 0, len(word)),),
            classifier_version=self.version,
        )
