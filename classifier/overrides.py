"""Labels set by hand: a TOML file that its owner keeps under version control.

[[override]]
server = "acme-*"          # glob over the server's name, default "*"
tool = "purge_*"           # glob over the tool's name, default "*"
category = "Destructive"   # optional; left as classified where absent
capabilities = ["execute"] # optional; replaces the classified ones
reason = "Confirmed with the vendor, ticket 123"
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from classifier.errors import InvalidOverrides
from classifier.records import CAPABILITIES, CATEGORIES, Capability, Category, Definition

_KEYS = frozenset({"server", "tool", "category", "capabilities", "reason"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the file. `source` is the file and the entry's number, as people find it."""

    server: re.Pattern[str]
    tool: re.Pattern[str]
    category: Category | None
    capabilities: tuple[Capability, ...] | None
    reason: str
    source: str

    def covers(self, definition: Definition) -> bool:
        return bool(self.tool.match(definition.name) and self.server.match(definition.server or ""))


def _glob(pattern: object, place: str) -> re.Pattern[str]:
    if not isinstance(pattern, str) or len(pattern) > 200:
        raise InvalidOverrides(f"{place}: server and tool are glob patterns of at most 200 characters")
    return re.compile(fnmatch.translate(re.sub(r"\*+", "*", pattern)))


def _parse(raw: Mapping[str, Any], place: str) -> Rule:
    unknown = set(raw) - _KEYS
    if unknown:
        raise InvalidOverrides(f"{place}: unknown key {sorted(unknown)[0]!r}; known are {', '.join(sorted(_KEYS))}")
    category, capabilities, reason = raw.get("category"), raw.get("capabilities"), raw.get("reason")
    if category is None and capabilities is None:
        raise InvalidOverrides(f"{place}: needs a category, capabilities, or both")
    if category is not None and category not in CATEGORIES:
        raise InvalidOverrides(f"{place}: category {category!r} is not one of {', '.join(CATEGORIES)}")
    if capabilities is not None and (not isinstance(capabilities, list) or set(capabilities) - set(CAPABILITIES)):
        raise InvalidOverrides(f"{place}: capabilities must be a list of {', '.join(CAPABILITIES)}")
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidOverrides(f"{place}: needs a reason, so that the next reader knows why")
    held = None if capabilities is None else tuple(c for c in CAPABILITIES if c in capabilities)
    server, tool = _glob(raw.get("server", "*"), place), _glob(raw.get("tool", "*"), place)
    return Rule(server, tool, cast("Category | None", category), held, reason.strip(), place)


def load_overrides(path: Path) -> tuple[Rule, ...]:
    """The entries in the order they stand; the last one that covers a tool wins. Raises InvalidOverrides, OSError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidOverrides(f"{path}: not valid TOML: {error}") from error
    entries = raw.get("override", [])
    if not isinstance(entries, list) or set(raw) - {"override"}:
        raise InvalidOverrides(f"{path}: holds only [[override]] entries")
    return tuple(_parse(entry, f"{path.name}#{number}") for number, entry in enumerate(entries, 1))


def find_override(rules: tuple[Rule, ...], definition: Definition) -> Rule | None:
    """The last entry that covers the definition."""
    return next((rule for rule in reversed(rules) if rule.covers(definition)), None)
