"""Which verbs a description really uses as commands: at the head of a clause, not denied, not about another moment."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from classifier.lexicon import Lexicon, Verb, load_lexicon
from classifier.resources import data_path

Zone = Literal["main", "first", "later", "guide", "condition", "section", "negated", "passive", "endpoint"]


class Vote(NamedTuple):
    """One verb in the text: what it does, how far it may be believed, its first and last part, what it acts on."""

    verb: Verb
    zone: Zone
    first: int
    last: int
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
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


@dataclass(slots=True)
class _State:
    """Where the reader stands in the text."""

    sentence: int = 0
    guide: bool = False
    section: bool = False
    condition: bool = False
    has_main: bool = False


@lru_cache(maxsize=1)
def telling_words() -> frozenset[str]:
    """Every word and mark at which the reader has to stop and think; all others only pass by."""
    lexicon, grammar = load_lexicon(), load_grammar()
    marks = _SENTENCE_END | _OPENERS | {"\n", ","}
    return frozenset(
        {*lexicon.verbs, *lexicon.phrases, *marks, *grammar.condition, *grammar.guidance, *grammar.sections}
    )


def match_verb(words: Sequence[str], i: int, lexicon: Lexicon) -> tuple[Verb, int] | None:
    """The verb or phrasal verb that begins at word `i`, and the index of its last word."""
    word = words[i]
    for phrase in lexicon.phrases.get(word, ()):
        last = i + len(phrase.rest)
        if last < len(words) and all(words[i + 1 + k] == part for k, part in enumerate(phrase.rest)):
            return phrase, last
    verb = lexicon.verbs.get(word)
    return (verb, i) if verb else None


def find_target(words: Sequence[str], i: int, grammar: Grammar) -> str:
    """The head noun of what follows a verb: the last noun before a preposition, from word `i` on; '' if none."""
    head = ""
    for word in words[i : i + 8]:
        if word in grammar.skip:
            continue
        if word in grammar.stop or not word[0].isalnum():
            if head or word not in ("(", '"', "'", "`"):
                break
            continue
        head = word
    return head


def _is_denied(words: Sequence[str], i: int, grammar: Grammar) -> bool:
    for k in range(max(0, i - 3), i):
        if words[k] in grammar.negation:
            return True
        if k + 1 < i and (words[k], words[k + 1]) in grammar.negation_two:
            return True
    return False


def _names_endpoint(words: Sequence[str], i: int, lexicon: Lexicon) -> bool:
    """Whether an HTTP method and a path stand here ("POST /orders"), and no choice of verbs ("get/set")."""
    if words[i] not in _METHODS or i + 2 >= len(words) or words[i + 1] != "/":
        return False
    following = lexicon.verbs.get(words[i + 2])
    return following is None or following.form != "base"


def _is_command(verb: Verb, prev: str, at_start: bool, grammar: Grammar) -> bool:
    if verb.form == "past":
        return False
    if at_start:
        return True
    if verb.form == "base":
        return prev in grammar.before_verb or prev == ","
    if verb.form == "third":
        return prev in grammar.before_third or prev == "," or "_" in prev  # "get_user returns ..."
    return prev in grammar.before_ing


def read_clauses(words: Sequence[str], lexicon: Lexicon, grammar: Grammar) -> list[Vote]:
    """The verbs of running text in order, at most 60. `words` is what `text_parts` gives."""
    votes: list[Vote] = []
    state = _State()
    at_start, prev, previous_vote = True, "", -9
    verbs, phrases, telling = lexicon.verbs, lexicon.phrases, telling_words()
    size, seen = len(words), -1  # `seen` is the last part that was looked at
    for i in [n for n, word in enumerate(words) if word in telling]:
        if i <= seen:
            continue
        for k in range(i - 1, seen, -1):
            if words[k][0].isalnum():
                at_start, prev = False, words[k]
                break
        word, seen = words[i], i
        if not word[0].isalnum():
            if word in _SENTENCE_END or word == "\n":
                at_start, prev = True, ""
                state.condition = False
                if word != "\n" or (i + 1 < size and words[i + 1] in "\n-*•#"):
                    state.sentence += state.has_main or word != "\n"
                    state.guide = False
                if word == "\n" and i + 1 < size and words[i + 1] == "\n":
                    state.section = False
            elif word in _OPENERS:
                at_start = True
            elif word == ",":
                state.condition, prev = False, ","
            continue
        if at_start:
            following = words[i + 1] if i + 1 < size else ""
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
            elif _names_endpoint(words, i, lexicon):
                zone = "endpoint"
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
                votes.append(Vote(verb, zone, i, last, find_target(words, last + 1, grammar)))
                previous_vote = i
                if len(votes) >= _MAX_VOTES:
                    break
                seen = last
        at_start, prev = False, words[seen]
    return votes
