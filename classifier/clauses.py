"""Which verbs a description really uses as commands: at the head of a clause, not denied, not about another moment."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from classifier.lexicon import Lexicon, Verb
from classifier.resources import data_path
from classifier.text import Word

Zone = Literal["main", "first", "later", "guide", "condition", "section", "negated", "passive"]


class Vote(NamedTuple):
    """One verb in the text: what it does, where it stands, how far it may be believed, and what it acts on."""

    verb: Verb
    zone: Zone
    start: int
    end: int
    target: str


@dataclass(frozen=True, slots=True)
class Grammar:
    before_verb: frozenset[str]
    before_third: frozenset[str]
    before_ing: frozenset[str]
    be: frozenset[str]
    negation: frozenset[str]
    negation_two: frozenset[tuple[str, ...]]
    condition: frozenset[str]
    guidance: frozenset[str]
    sections: frozenset[str]
    skip: frozenset[str]
    stop: frozenset[str]
    noun_like: frozenset[str]


@lru_cache(maxsize=1)
def load_grammar() -> Grammar:
    """The small words of data/lexicon/grammar.toml."""
    with data_path("lexicon", "grammar.toml").open("rb") as file:
        raw = tomllib.load(file)
    pairs = frozenset(tuple(p.split()) for p in raw.pop("negation_two"))
    return Grammar(negation_two=pairs, **{key: frozenset(value.split()) for key, value in raw.items()})


_SENTENCE_END = frozenset(".!?。！？;；")
_OPENERS = frozenset("•*-–—:(：、，\"'`[#>→✅|/")
_MAX_VOTES = 60


@dataclass(slots=True)
class _State:
    """Where the reader stands in the text."""

    sentence: int = 0
    guide: bool = False
    section: bool = False
    condition: bool = False
    has_main: bool = False


def match_verb(words: list[Word], i: int, lexicon: Lexicon) -> tuple[Verb, int] | None:
    """The verb or phrasal verb that begins at word `i`, and the index of its last word."""
    word = words[i][0]
    for phrase in lexicon.phrases.get(word, ()):
        last = i + len(phrase.rest)
        if last < len(words) and all(words[i + 1 + k][0] == part for k, part in enumerate(phrase.rest)):
            return phrase, last
    verb = lexicon.verbs.get(word)
    return (verb, i) if verb else None


def find_target(words: list[Word], i: int, grammar: Grammar) -> str:
    """The head noun of what follows a verb: the last noun before a preposition, from word `i` on; '' if none."""
    head = ""
    for word, _, _ in words[i : i + 8]:
        if word in grammar.skip:
            continue
        if word in grammar.stop or not word[0].isalnum():
            if head or word not in ("(", '"', "'", "`"):
                break
            continue
        head = word
    return head


def _is_denied(words: list[Word], i: int, grammar: Grammar) -> bool:
    for k in range(max(0, i - 3), i):
        if words[k][0] in grammar.negation:
            return True
        if k + 1 < i and (words[k][0], words[k + 1][0]) in grammar.negation_two:
            return True
    return False


def _is_command(verb: Verb, prev: str, at_start: bool, grammar: Grammar) -> bool:
    if verb.form == "past":
        return False
    if at_start:
        return True
    if verb.form == "base":
        return prev in grammar.before_verb or prev == ","
    if verb.form == "third":
        return prev in grammar.before_third or prev == ","
    return prev in grammar.before_ing


def read_clauses(words: list[Word], lexicon: Lexicon, grammar: Grammar) -> list[Vote]:
    """The verbs of running text in order, at most 60. `words` is what `text_parts` gives."""
    votes: list[Vote] = []
    state = _State()
    at_start, prev, previous_vote = True, "", -9
    verbs, phrases = lexicon.verbs, lexicon.phrases
    i, size = 0, len(words)
    while i < size:
        word, start, _ = words[i]
        if not word[0].isalnum():
            if word in _SENTENCE_END or word == "\n":
                at_start, prev = True, ""
                state.condition = False
                if word != "\n" or (i + 1 < size and words[i + 1][0] in "\n-*•#"):
                    state.sentence += state.has_main or word != "\n"
                    state.guide = False
                if word == "\n" and i + 1 < size and words[i + 1][0] == "\n":
                    state.section = False
            elif word in _OPENERS:
                at_start = True
            elif word == ",":
                state.condition, prev = False, ","
            i += 1
            continue
        if at_start:
            following = words[i + 1][0] if i + 1 < size else ""
            if following == ":" and word in grammar.sections:
                state.section, state.sentence = True, max(1, state.sentence)
            elif word in grammar.guidance and (state.sentence or state.has_main):
                state.guide = True
        if word in grammar.condition:
            state.condition = True
        found = match_verb(words, i, lexicon) if word in verbs or word in phrases else None
        if found:
            verb, last = found
            zone: Zone | None = None
            if verb.name_only:
                pass
            elif verb.form == "past":
                if prev in grammar.be:
                    zone = "negated" if _is_denied(words, i, grammar) else "passive"
            elif _is_command(verb, prev, at_start, grammar):
                if _is_denied(words, i, grammar) or (
                    prev in ("or", ",", "nor") and votes and votes[-1].zone == "negated" and i - previous_vote < 6
                ):
                    zone = "negated"
                elif state.section:
                    zone = "section"
                elif state.condition:
                    zone = "condition"
                elif state.guide:
                    zone = "guide"
                elif not state.has_main:
                    zone, state.has_main = "main", True
                else:
                    zone = "first" if state.sentence == 0 else "later"
            if zone:
                votes.append(Vote(verb, zone, start, words[last][2], find_target(words, last + 1, grammar)))
                previous_vote = i
                if len(votes) >= _MAX_VOTES:
                    break
                i = last
        at_start, prev = False, words[i][0]
        i += 1
    return votes
