"""A rule: when it holds, what it says, and the cases that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from classifier.lexicon import Effect
from classifier.records import Capability

Place = Literal["text", "first", "name", "title", "parameter", "role", "value", "server"]
PLACES: tuple[Place, ...] = ("text", "first", "name", "title", "parameter", "role", "value", "server")


@dataclass(frozen=True, slots=True)
class Case:
    """A definition that a rule must hit, with the exact quotes, or must not hit, with the reason why."""

    definition: Mapping[str, Any]
    quotes: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds when every place of `when` has one of its patterns and no place of `unless` has one.

    `says` is the effect it votes for, None where it speaks only for capabilities. A rule is a vote, not a verdict:
    training decides its weight.
    """

    id: str
    meaning: str
    says: Effect | None
    capabilities: tuple[Capability, ...]
    when: Mapping[Place, tuple[str, ...]]
    unless: Mapping[Place, tuple[str, ...]]
    hits: tuple[Case, ...]
    near_misses: tuple[Case, ...]


class Span(NamedTuple):
    """Where a pattern stood: a JSON Pointer into the schema with the quoted text, or a slice of a text field.

    In the description `start` and `end` are its first and last part, in other fields characters.
    """

    field: str
    start: int
    end: int
    path: str | None
    text: str


class Match(NamedTuple):
    """A rule that held and the quotes it rests on."""

    rule: Rule
    spans: tuple[Span, ...]
