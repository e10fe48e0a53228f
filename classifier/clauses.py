"""Which verbs a description really uses as commands: at the head of a clause, not denied, not about another moment."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
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
    light: frozenset[str]
    about: frozenset[str]
    thing_values: frozenset[str]
    noun_like: frozenset[str]
    denying: frozenset[str]  # words without one of which nothing is denied


@lru_cache(maxsize=1)
def load_grammar() -> Grammar:
    """The small words of data/lexicon/grammar.toml."""
    with data_path("lexicon", "grammar.toml").open("rb") as file:
        raw = tomllib.load(file)
    pairs = frozenset(tuple(p.split()) for p in raw.pop("negation_two"))
    words = {key: frozenset(value.split()) for key, value in raw.items()}
    return Grammar(negation_two=pairs, denying=words["negation"] | {first for first, *_ in pairs}, **words)


_SENTENCE_END = frozenset(".!?。！？;；")
_OPENERS = frozenset("•*-–—:(：、，\"'`[]#>→✅|/")
_MAX_VOTES = 60
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class Sign(NamedTuple):
    """What a word or mark may mean for the reader. `mark` is '' for words, else end, newline, comma or opener."""

    mark: str
    condition: bool
    guidance: bool
    section: bool
    verb: Verb | None
    phrases: tuple[Verb, ...]


@lru_cache(maxsize=1)
def load_signs() -> dict[str, Sign]:
    """Every word and mark at which the reader has to stop and think; all others only pass by."""
    lexicon, grammar = load_lexicon(), load_grammar()
    marks = {"\n": "newline", ",": "comma", **dict.fromkeys(_OPENERS, "opener"), **dict.fromkeys(_SENTENCE_END, "end")}
    words = {*lexicon.verbs, *lexicon.phrases, *marks, *grammar.condition, *grammar.guidance, *grammar.sections}
    return {
        word: Sign(
            marks.get(word, ""),
            word in grammar.condition,
            word in grammar.guidance,
            word in grammar.sections,
            lexicon.verbs.get(word),
            lexicon.phrases.get(word, ()),
        )
        for word in words
    }


def match_phrase(words: Sequence[str], i: int, phrases: Sequence[Verb]) -> tuple[Verb, int] | None:
    """The phrasal verb that begins at word `i`, and the index of its last word."""
    for phrase in phrases:
        last = i + len(phrase.rest)
        if last < len(words) and all(words[i + 1 + k] == part for k, part in enumerate(phrase.rest)):
            return phrase, last
    return None


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
    before = words[max(0, i - 3) : i]
    if grammar.denying.isdisjoint(before):
        return False
    return not grammar.negation.isdisjoint(before) or not grammar.negation_two.isdisjoint(pairwise(before))


def _names_endpoint(words: Sequence[str], i: int, lexicon: Lexicon) -> bool:
    """Whether a path follows the HTTP method at word `i` ("POST /orders"), and no choice of verbs ("get/set")."""
    if i + 2 >= len(words) or words[i + 1] != "/":
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
    sentence = 0
    guide = section = condition = has_main = False
    at_start, prev, previous_vote = True, "", -9
    size, seen = len(words), -1  # `seen` is the last part that was looked at
    opened = -1  # the last opener; a word right after it stands at a start
    signs = load_signs()
    for i in [n for n, word in enumerate(words) if word in signs]:
        if i <= seen:
            continue
        word = words[i]
        mark, limits, guides, heads_section, verb, phrases = signs[word]
        if mark == "opener":
            opened = i
            continue
        if i - seen > 1:
            k = i - 1
            while k > seen and not words[k][0].isalnum():
                k -= 1
            if k > seen:
                at_start, prev = k < opened, words[k]
            elif opened > seen:
                at_start = True
        seen = i
        if mark:
            if mark == "comma":
                condition, prev = False, ","
            else:
                at_start, prev, condition = True, "", False
                following = words[i + 1] if i + 1 < size else ""
                if mark == "end" or (following and following in "\n-*•#"):
                    sentence += has_main or mark == "end"
                    guide = False
                if mark == "newline" and following == "\n":
                    section = False
            continue
        if at_start:
            if heads_section and i + 1 < size and words[i + 1] == ":":
                section, sentence = True, max(1, sentence)
            elif guides and (sentence or has_main):
                guide = True
        if limits:
            condition = True
        last = i
        if phrases:
            verb, last = match_phrase(words, i, phrases) or (verb, i)
        if verb is not None and not verb.name_only:
            zone: Zone | None = None
            if verb.lemma == "use" and at_start and not has_main:
                # "Use this tool to add a page" adds a page; "Use when ..." is guidance
                guide = guide or any(w in grammar.condition for w in words[i + 1 : i + 4])
            elif word in _METHODS and _names_endpoint(words, i, lexicon):
                zone = "endpoint"
            elif verb.form == "past":
                if prev in grammar.be:
                    zone = "negated" if _is_denied(words, i, grammar) else "passive"
            elif _is_command(verb, prev, at_start, grammar):
                if _is_denied(words, i, grammar) or (
                    prev in ("or", ",", "nor") and votes and votes[-1].zone == "negated" and i - previous_vote < 6
                ):
                    zone = "negated"
                elif section:
                    zone = "section"
                elif condition:
                    zone = "condition"
                elif guide:
                    zone = "guide"
                elif not has_main:
                    zone, has_main = "main", True
                else:
                    zone = "first" if sentence == 0 else "later"
            if zone:
                votes.append(Vote(verb, zone, i, last, find_target(words, last + 1, grammar)))
                previous_vote = i
                if len(votes) >= _MAX_VOTES:
                    break
                seen = last
        at_start, prev = False, words[seen]
    return votes
