"""Which rules hold for a reading, and the quotes they rest on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from classifier.clauses import load_grammar
from classifier.lexicon import load_lexicon
from classifier.reading import Reading, server_words
from classifier.roles import load_roles
from classifier.rules.load import load_rules
from classifier.rules.patterns import PhraseIndex
from classifier.rules.records import PLACES, Match, Place, Rule, Span
from classifier.text import Word

_ENDS = frozenset(".!?。！？")
_SENTENCE_END = re.compile(r"[.!?]\s|[。！？]")
_WORDED: tuple[Place, ...] = ("text", "first", "name", "title")


Found = dict[int, tuple[int, int]]  # owner -> first and last word or part; parameters: its number, the value's number


@dataclass(slots=True)
class Matcher:
    """Rules compiled: a definition costs a look-up per word. Owner 2n is rule n's `when`, 2n+1 its `unless`."""

    rules: tuple[Rule, ...]
    phrases: dict[Place, PhraseIndex] = field(default_factory=dict)
    literals: dict[Place, dict[str, list[int]]] = field(default_factory=dict)

    def match(self, reading: Reading) -> list[Match]:
        """The rules that hold, in the order of their ids."""
        hits = self._find_hits(reading)
        touched = sorted({owner >> 1 for found in hits.values() for owner in found if not owner & 1})
        matches: list[Match] = []
        for n in touched:
            rule = self.rules[n]
            denied = any(2 * n + 1 in hits[place] for place in rule.unless)
            if not denied and all(2 * n in hits[place] for place in rule.when):
                spans = tuple(_span(reading, place, *hits[place][2 * n]) for place in rule.when)
                matches.append(Match(rule, spans))
        return matches

    def _find_hits(self, reading: Reading) -> dict[Place, Found]:
        hits: dict[Place, Found] = {place: {} for place in PLACES}
        named: tuple[tuple[Place, list[Word]], ...] = (("name", reading.words), ("title", reading.title))
        for place, words in named:
            index = self.phrases.get(place)
            if index and words:
                hits[place] = index.find([w.word for w in words])
        self._find_text(reading, hits)
        self._find_parameters(reading, hits)
        names = self.literals.get("server")
        if names:
            for word in server_words(reading.definition.server):
                for owner in names.get(word, ()):
                    hits["server"][owner] = 0, 0
        return hits

    def _find_text(self, reading: Reading, hits: dict[Place, Found]) -> None:
        """Looks at the words alone; punctuation does not part a phrase."""
        at = [i for i, part in enumerate(reading.text) if part[0].isalnum()]
        words = [reading.text[i] for i in at]
        text, opening = self.phrases.get("text"), self.phrases.get("first")
        if text:
            for owner, (first, last) in text.find(words).items():
                if not _is_denied(words, first) and not _crosses_sentence(reading, at[first], at[last]):
                    hits["text"][owner] = at[first], at[last]
        if opening:
            for owner, (first, last) in opening.find(words[: reading.first_words]).items():
                hits["first"][owner] = at[first], at[last]

    def _find_parameters(self, reading: Reading, hits: dict[Place, Found]) -> None:
        by_name, by_role = self.literals.get("parameter", {}), self.literals.get("role", {})
        by_value = self.literals.get("value", {})
        roles = load_roles()
        for number, p in enumerate(reading.parameters):
            for owner in by_name.get(p.key, ()):
                hits["parameter"].setdefault(owner, (number, 0))
            for role in roles.get(p.key, ()):
                for owner in by_role.get(role, ()):
                    hits["role"].setdefault(owner, (number, 0))
            for n, value in enumerate(p.values):
                for owner in by_value.get(value.lower(), ()):
                    hits["value"].setdefault(owner, (number, n))


def _span(reading: Reading, place: Place, first: int, last: int) -> Span:
    """The quote of a hit."""
    if place in ("text", "first"):
        return Span("description", first, last, None, "")
    if place in ("name", "title"):
        words = reading.words if place == "name" else reading.title
        return Span(place, words[first].start, words[last].end, None, "")
    if place == "server":
        return Span("server", 0, len(reading.definition.server or ""), None, "")
    p = reading.parameters[first]
    if place == "value":
        return Span("inputSchema", 0, 0, f"{p.values_pointer}/{last}", p.values[last])
    return Span("inputSchema", 0, 0, p.pointer, p.name)


def _crosses_sentence(reading: Reading, first: int, last: int) -> bool:
    """Whether a sentence ends between two parts of the description: words of two sentences say nothing together."""
    between = reading.text[first + 1 : last]
    if not any(part in _ENDS for part in between):
        return False
    text = reading.definition.description or ""
    start, end = reading.span(first, last)
    return _SENTENCE_END.search(text[start:end]) is not None


def _is_denied(words: Sequence[str], first: int) -> bool:
    negation = load_grammar().negation
    return any(word in negation for word in words[max(0, first - 2) : first])


@lru_cache(maxsize=1)
def load_matcher() -> Matcher:
    """The rules that ship, compiled once."""
    return compile_matcher(load_rules())


def compile_matcher(rules: tuple[Rule, ...]) -> Matcher:
    """Compiles rules; the order of `rules` is the order of the matches."""
    lexicon = load_lexicon()
    matcher = Matcher(rules)
    for n, rule in enumerate(rules):
        for owner, places in ((2 * n, rule.when), (2 * n + 1, rule.unless)):
            for place, patterns in places.items():
                for pattern in patterns:
                    if place in _WORDED:
                        matcher.phrases.setdefault(place, PhraseIndex()).add(pattern, owner, lexicon)
                    else:
                        matcher.literals.setdefault(place, {}).setdefault(pattern, []).append(owner)
    return matcher
