"""Verbs of Chinese, Japanese and Korean: found as literals, judged by the characters around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from classifier.clauses import Vote, Zone
from classifier.foreign.languages import Language, alternatives
from classifier.lexicon import Verb

MAX_VOTES = 12
_MAX_LITERALS = 40  # of one clause or sentence
_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_DOT_SENTENCE = re.compile(r"(?:[^。！？!?\n.]|\.(?!\s|$))+")
_CLAUSE = re.compile(r"[^，,：:（）()【】\[\]—–|]+")
_BEHIND: tuple[tuple[str, Zone | None], ...] = (
    ("denials", "negated"),
    ("descriptions", None),
    ("conditions", "condition"),
    ("commands", "main"),
)
_THAT = ("的", "了的", "过的", "過的")
_DONE = ("已", "被", "未", "所", "刚", "剛", "曾", "待")
_LONGEST = 12  # characters of the longest small word


@lru_cache(maxsize=64)
def _sorted_words(words: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


@lru_cache(maxsize=64)
def _finder(words: frozenset[str]) -> re.Pattern[str] | None:
    return alternatives(words)


def _target(text: str, language: Language) -> str:
    """The noun that a verb acts on, in English: the last one in the text."""
    if language.noun_pattern is None:
        return ""
    found = [m.group() for m in language.noun_pattern.finditer(text)]
    return language.nouns[found[-1]] if found else ""


def _until_section(text: str, language: Language) -> str:
    """The text before its list of parameters or results."""
    pattern = _finder(language.words("sections"))
    found = next((m for m in pattern.finditer(text) if m.start() > 8), None) if pattern else None
    return text[: found.start()] if found else text


def _shows(text: str, language: Language) -> list[Vote]:
    """A text of nouns alone: a list, details, a summary."""
    pattern = _finder(frozenset(language.shows))
    found = pattern.search(text) if pattern else None
    if not found:
        return []
    return [Vote(language.shows[found.group()], "main", found.start(), found.end(), _target(text[:80], language))]


def _denied_before(before: str, language: Language) -> bool:
    """Whether one of the last words before a Chinese verb denies it."""
    near = before[-7:]
    for harmless in language.words("denials_not"):
        near = near.replace(harmless, "")
    return any(word in near for word in language.words("denials"))


def _is_described(before: str, after: str) -> bool:
    """Whether a Chinese verb only describes a thing: "deleted", "that was created"."""
    return after.startswith(_THAT) or before.endswith(_DONE)


def _chinese_zone(clause: str, start: int, end: int, language: Language, later: bool) -> Zone | None:
    """'main' for a command, None for no verb. `later`: another verb came before it in the clause."""
    before, after, verb = clause[:start], clause[end:], clause[start:end]
    if _denied_before(before, language):
        return "negated"
    if _is_described(before, after) or (before.lstrip().startswith("在") and re.match(r".{0,6}[中里内上下]", after)):
        return None
    plain = verb not in language.words("noun_like")
    opening = not before.strip() or before.rstrip(" *#0123456789.").endswith(tuple(language.words("openers")))
    if plain and not later:
        opening = opening or before.lstrip().startswith(tuple(language.words("prepositions")))
    whole = after.strip(" ）)")
    ends_noun = next((w for w in _sorted_words(language.words("noun_ends")) if after.startswith(w)), "")
    if not opening and (later or ends_noun or (whole and not plain)):
        return None
    if ends_noun and any(place > len(ends_noun) for _, place, _ in _literals(after, language)) and before.strip():
        return None
    conditional = any(before.lstrip().startswith(word) for word in language.words("conditions"))
    if conditional or any(word in after[:16] for word in language.words("condition_ends")):
        return "condition"
    return "main"


def _chinese_verbs(clause: str, language: Language) -> list[tuple[Verb, int, int, Zone]]:
    """The verbs of a clause; where no place makes one a command, the first that describes nothing."""
    found: list[tuple[Verb, int, int, Zone]] = []
    for verb, start, end in _literals(clause, language):
        zone = _chinese_zone(clause, start, end, language, bool(found))
        if zone:
            found.append((verb, start, end, zone))
    if found:
        return found
    nouns = _sorted_words(language.words("noun_ends"))
    for verb, start, end in _literals(clause, language):
        inside = clause.lstrip().startswith("在") and re.match(r".{0,6}[中里内上下]", clause[end:])
        if not inside and not _is_described(clause[:start], clause[end:]) and not clause[end:].startswith(nouns):
            return [(verb, start, end, "main")]
    return []


def _sentences(text: str, language: Language) -> Iterator[tuple[int, int, str]]:
    """Number, place and text of each sentence."""
    pattern = _DOT_SENTENCE if language.code == "ko" else _SENTENCE
    for n, m in enumerate(s for s in pattern.finditer(text) if s.group().strip()):
        yield n, m.start(), m.group()


def read_chinese(text: str, language: Language) -> list[Vote]:
    """The verbs of a Chinese text in order, at most 12; `first` and `last` count characters."""
    votes: list[Vote] = []
    main_sentence = -1
    text = _until_section(text, language)
    for n, offset, sentence in _sentences(text, language):
        guide = main_sentence >= 0 and sentence.lstrip().startswith(tuple(language.words("guidance")))
        for part in _CLAUSE.finditer(sentence):
            clause = part.group()
            for verb, start, end, zone in _chinese_verbs(clause, language):
                if zone == "main" and guide:
                    zone = "guide"
                elif zone == "main" and main_sentence >= 0:
                    zone = "first" if n == main_sentence else "later"
                elif zone == "main":
                    main_sentence = n
                at = offset + part.start()
                votes.append(Vote(verb, zone, at + start, at + end, _target(clause[end : end + 16], language)))
                if len(votes) >= MAX_VOTES:
                    return votes
    return votes if main_sentence >= 0 else [*_shows(text, language), *votes][:MAX_VOTES]


def _literals(text: str, language: Language) -> Iterator[tuple[Verb, int, int]]:
    if language.pattern:
        for m in islice(language.pattern.finditer(text), _MAX_LITERALS):
            yield language.forms[m.group()], m.start(), m.end()


def _suffixed_zone(after: str, language: Language) -> Zone | None:
    """What the characters behind a Japanese or Korean verb make of it; `after` ends with a newline."""
    for kind, zone in _BEHIND:
        if after.startswith(_sorted_words(language.words(kind))):
            return zone
    return None


def _choose_main(found: Sequence[Vote], language: Language) -> Vote:
    """The last command of a sentence, or the one before it where the last only hands back the result."""
    main = found[-1]
    if main.verb.lemma in language.words("reports"):
        return next((v for v in reversed(found[:-1]) if v.verb.effect != "read"), main)
    return main


def read_suffixed(text: str, language: Language) -> list[Vote]:
    """The verbs of a Japanese or Korean text, at most 12; the main verb stands first."""
    votes: list[Vote] = []
    main: Vote | None = None
    text = _until_section(text, language)
    for _, offset, sentence in _sentences(text, language):
        found: list[Vote] = []
        for verb, start, end in _literals(sentence, language):
            after = sentence[end : end + _LONGEST] + "\n"
            zone = _suffixed_zone(after.lstrip(" ") if language.code == "ja" else after, language)
            if zone:
                target = _target(sentence[max(0, start - 16) : start], language)
                found.append(Vote(verb, zone, offset + start, offset + end, target))
        commands = [v for v in found if v.zone == "main"]
        begun = main is not None
        if commands and main is None:
            main = _choose_main(commands, language)
        for vote in found:
            if vote.zone == "main" and vote is not main:
                vote = vote._replace(zone="later" if begun else "first")
            votes.append(vote)
        if len(votes) >= MAX_VOTES:
            break
    if main is None:
        return [*_shows(text, language), *votes][:MAX_VOTES]
    return [main, *(v for v in votes if v != main)][:MAX_VOTES]
