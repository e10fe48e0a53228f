"""Label files: one definition with its label a line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from classifier.errors import InvalidLabels
from classifier.records import CAPABILITIES, CATEGORIES, Capability, Category, Definition

OWN_PREFIX = "own-"  # the servers of definitions that were written for the project


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """A definition and what careful readers said of it. `maybe` are capabilities on which they could differ."""

    definition: Definition
    category: Category
    capabilities: tuple[Capability, ...]
    unsure: bool = False
    maybe: tuple[Capability, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether the definition was written for the project, to teach one clear point."""
        return self.group.startswith(OWN_PREFIX)

    @property
    def group(self) -> str:
        """The server: rows of one server never stand on both sides of a split."""
        return self.definition.server or ""


def parse_row(raw: Mapping[str, Any]) -> LabelledRow:
    """Reads `label` or `gold` beside the definition. Raises InvalidLabels."""
    label = raw.get("label") or raw.get("gold")
    if not isinstance(label, Mapping) or label.get("category") not in CATEGORIES:
        raise InvalidLabels(f"row {raw.get('name')!r} has no label.category of {', '.join(CATEGORIES)}")
    known = set(CAPABILITIES)
    held = [c for c in label.get("capabilities") or () if c in known]
    maybe = [c for c in label.get("capabilities_maybe") or () if c in known]
    return LabelledRow(
        Definition.from_json(raw),
        cast(Category, label["category"]),
        tuple(cast("list[Capability]", held)),
        bool(label.get("unsure")),
        tuple(cast("list[Capability]", maybe)),
    )


def load_labels(path: Path) -> list[LabelledRow]:
    """The rows of a file in order. Raises InvalidLabels with the line number, OSError where it cannot be read."""
    rows: list[LabelledRow] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
            if not isinstance(raw, Mapping):
                raise InvalidLabels("not a JSON object")
            rows.append(parse_row(raw))
        except (ValueError, InvalidLabels) as error:
            raise InvalidLabels(f"{path}:{number}: {error}. Each line is a definition with a `label`.") from error
    return rows


def definition_digest(definition: Definition) -> str:
    """A short digest of what the model sees of a definition, so that labels can be kept without their texts."""
    seen = [
        definition.name,
        definition.title,
        definition.description,
        definition.input_schema,
    ]
    text = json.dumps(seen, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def drop_repeats(rows: Iterable[LabelledRow]) -> list[LabelledRow]:
    """The rows without exact repeats of server and definition; the first of each is kept."""
    seen: set[tuple[str, str]] = set()
    kept: list[LabelledRow] = []
    for row in rows:
        key = (row.group, definition_digest(row.definition))
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def label_without_text(row: LabelledRow) -> dict[str, Any]:
    """A label that can be published where the definition's text is someone else's: digest, server, name, label."""
    label: dict[str, Any] = {"category": row.category, "capabilities": list(row.capabilities), "unsure": row.unsure}
    if row.maybe:
        label["capabilities_maybe"] = list(row.maybe)
    return {
        "digest": definition_digest(row.definition),
        "server": row.definition.server,
        "name": row.definition.name,
        "label": label,
    }
