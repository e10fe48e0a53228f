"""What a handler visibly does, told from its source text: facts beside a definition, without judgement.

A reader hands over the text of a handler and of what it calls; the patterns are data, by language.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache

from catalog.records import Fact, Location
from classifier.resources import data_path

MAX_TEXT = 60_000  # characters of one handler that are looked at
MAX_FACTS = 24  # of one tool
MAX_DETAIL = 200
_NEAR = 300  # characters behind a call in which its URL or argument is looked for
_URL = re.compile(r"https?://([\w.-]{1,120})")
_TEXT = re.compile(r"""["'`]([^"'`\n]{1,80})["'`]""")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of visible effect and how it is written."""

    kind: str
    pattern: re.Pattern[str]
    detail: str
    upper: bool = False
    host: bool = False
    argument: bool = False


@lru_cache(maxsize=16)
def patterns(language: str) -> tuple[Pattern, ...]:
    """The patterns of a language, those for every language last. Unknown languages have only the latter."""
    with data_path("extract", "facts.toml").open("rb") as file:
        known = tomllib.load(file)
    return tuple(
        Pattern(
            each["kind"], re.compile(each["pattern"]), each["detail"],
            each.get("upper", False), each.get("host", False), each.get("argument", False),
        )
        for each in [*known.get(language, ()), *known["any"]]
    )  # fmt: skip


def visible(language: str, text: str, path: str, line: int) -> list[Fact]:
    """The facts in one function's text, in the order of the text. `line` is the line that the text starts on."""
    text = text[:MAX_TEXT]
    found: list[tuple[int, Fact]] = []
    for pattern in patterns(language):
        for match in pattern.pattern.finditer(text):
            at = Location(path, line + text.count("\n", 0, match.start()))
            found.append((match.start(), Fact(pattern.kind, _detail(pattern, match, text), at)))
            if len(found) >= MAX_FACTS * 4:
                break
    found.sort(key=lambda each: each[0])
    return [fact for _, fact in found]


def distinct(facts: list[Fact]) -> tuple[Fact, ...]:
    """One fact for each kind and detail, the first of them, at most `MAX_FACTS`."""
    kept: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        kept.setdefault((fact.kind, fact.detail), fact)
    return tuple(kept.values())[:MAX_FACTS]


def _detail(pattern: Pattern, match: re.Match[str], text: str) -> str:
    detail = match.expand(pattern.detail)
    if pattern.upper:
        detail = detail.upper()
    behind = text[match.end() : match.end() + _NEAR]
    extra = (
        _URL.search(behind) if pattern.host else _TEXT.search(behind.partition("\n\n")[0]) if pattern.argument else None
    )
    if extra is not None:
        detail = f"{detail} {extra.group(1)}"
    return " ".join(detail.split())[:MAX_DETAIL]
