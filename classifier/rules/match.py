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
from classifier.rules.records import Match, Place, Rule, Span
from classifier.text import Word

_ENDS = frozenset(".!?。！？")
_SENTENCE_END = re.compile(r"[.!?]\s|[。！？]")
_WORDED: tuple[Place, ...] = ("text", "first", "name", "title")


@dataclass(slots=True)
class Matcher:
    """Rules compiled: a definition costs a look-up per word. Owner 2n is rule n's `when`, 2n+1 its `unless`."""

    rules: tuple[Rule, ...]
    phrases: dict[Place, PhraseIndex] = field(default_factory=dict)
    literals: dict[Place, dict[str, list[int]]] = field(default_factory=dict)

    def match(self, reading: Reading) -> list[Match]:
        """The rules that hold, in the order of their ids."""
        hits = self._find_hits(reading)
        touched = sorted({owner >> 1 for owner, _ in hits if not owner & 1})
        found: list[Match] = []
        for n in touched:
            rule = self.rules[n]
            spans = [hits.get((2 * n, place)) for place in rule.when]
            if all(spans) and not any((2 * n + 1, place) in hits for place in rule.unless):
                found.append(Match(rule, tuple(span for span in spans if span)))
        return found

    def _find_hits(self, reading: Reading) -> dict[tuple[int, Place], Span]:
        hits: dict[tuple[int, Place], Span] = {}
        named: tuple[tuple[Place, list[Word]], ...] = (("name", reading.words), ("title", reading.title))
        for place, words in named:
            index = self.phrases.get(place)
            if index and words:
                for owner, (first, last) in index.find([w.word for w in words]).items():
                    hits[owner, place] = Span(place, words[first].start, words[last].end, None, "")
        self._find_text(reading, hits)
        self._find_parameters(reading, hits)
        self._find_server(reading, hits)
        return hits

    def _find_server(self, reading: Reading, hits: dict[tuple[int, Place], Span]) -> None:
        names = self.literals.get("server")
        if names:
            whole = Span("server", 0, len(reading.definition.server or ""), None, "")
            for word in server_words(reading.definition.server):
                for owner in names.get(word, ()):
                    hits.setdefault((owner, "server"), whole)

    def _find_text(self, reading: Reading, hits: dict[tuple[int, Place], Span]) -> None:
        """Looks at the words alone; punctuation does not part a phrase."""
        at = [i for i, part in enumerate(reading.text) if part[0].isalnum()]
        if not at:
            return
        words = [reading.text[i] for i in at]
        text, opening = self.phrases.get("text"), self.phrases.get("first")
        if text:
            for owner, (first, last) in text.find(words).items():
                if not _is_denied(words, first) and not _crosses_sentence(reading, at[first], at[last]):
                    hits[owner, "text"] = Span("description", at[first], at[last], None, "")
        if opening:
            for owner, (first, last) in opening.find(words[: reading.first_words]).items():
                hits[owner, "first"] = Span("description", at[first], at[last], None, "")

    def _find_parameters(self, reading: Reading, hits: dict[tuple[int, Place], Span]) -> None:
        by_name, by_role = self.literals.get("parameter", {}), self.literals.get("role", {})
        by_value = self.literals.get("value", {})
        roles = load_roles()
        for p in reading.parameters:
            for owner in by_name.get(p.key, ()):
                hits.setdefault((owner, "parameter"), Span("inputSchema", 0, 0, p.pointer, p.name))
            for role in roles.get(p.key, ()):
                for owner in by_role.get(role, ()):
                    hits.setdefault((owner, "role"), Span("inputSchema", 0, 0, p.pointer, p.name))
            for n, value in enumerate(p.values):
                for owner in by_value.get(value.lower(), ()):
                    hits.setdefault((owner, "value"), Span("inputSchema", 0, 0, f"{p.values_pointer}/{n}", value))


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
