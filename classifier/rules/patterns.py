"""Phrase patterns over words: no regular expressions, so no text can make matching slow.

A pattern is words between spaces: `word`; `a|b` either; `pre*` any word that begins so; `<delete>` any form of a verb;
`{tag}` any noun of an object class written `{association}`; `_` any one word; `...` up to four words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from classifier.lexicon import Lexicon, inflect
from classifier.remembered import Remembered

GAP = 4
PREFIX = 4  # letters an open-ended word must give
_SOON = GAP + 2  # words after the first that are looked at before a pattern is tried


@dataclass(frozen=True, slots=True)
class Element:
    """One step of a pattern: a set of words, beginnings of words, any word, or a gap."""

    words: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    any_word: bool = False
    gap: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is a set of words and nothing more."""
        return not (self.prefixes or self.any_word or self.gap)

    def accepts(self, word: str) -> bool:
        return self.any_word or word in self.words or (bool(self.prefixes) and word.startswith(self.prefixes))


def compile_pattern(pattern: str, lexicon: Lexicon) -> tuple[Element, ...]:
    """The steps of a pattern. Raises ValueError where it begins or ends open."""
    elements = tuple(_element(part, lexicon) for part in pattern.split())
    if not elements or elements[0].any_word or elements[0].gap or elements[-1].gap:
        raise ValueError(f"pattern {pattern!r} must begin and end with a word")
    return elements


def _element(part: str, lexicon: Lexicon) -> Element:
    if part == "_":
        return Element(any_word=True)
    if part == "...":
        return Element(gap=True)
    words: set[str] = set()
    prefixes: list[str] = []
    for option in part.split("|"):
        if option.startswith("<") and option.endswith(">"):
            words.update(_verb_forms(option[1:-1], lexicon))
        elif option.startswith("{") and option.endswith("}"):
            words.update(word for word, ids in lexicon.classes.items() if option[1:-1] in ids)
        elif option.endswith("*"):
            if len(option) <= PREFIX:
                raise ValueError(f"{option!r}: at least {PREFIX} letters before the star")
            prefixes.append(option[:-1])
        else:
            words.add(option)
    return Element(frozenset(words), tuple(prefixes))


def _verb_forms(base: str, lexicon: Lexicon) -> Iterable[str]:
    yield from (surface for surface, _ in inflect(base))
    yield from (surface for surface, verb in lexicon.verbs.items() if verb.lemma == base)


def match_at(words: Sequence[str], i: int, elements: Sequence[Element]) -> int | None:
    """The index after the last word of a match that begins at word `i`, None where there is none."""
    for n, element in enumerate(elements):
        if element.gap:
            rest = elements[n + 1 :]
            for k, word in enumerate(words[i : i + GAP + 1], i):
                end = match_at(words, k, rest) if rest[0].gap or rest[0].accepts(word) else None
                if end is not None:
                    return end
            return None
        if i >= len(words) or not element.accepts(words[i]):
            return None
        i += 1
    return i


Numbered = tuple[int, int, tuple[Element, ...]]  # the pattern's number, its owner, its steps


@dataclass(slots=True)
class Openings:
    """The patterns that may begin with one word, sorted by what has to follow."""

    alone: list[tuple[int, int]] = field(default_factory=list)  # the word is the whole pattern
    pairs: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # second and last word
    gapped: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # last word, after a gap
    nexts: dict[str, list[Numbered]] = field(default_factory=dict)  # second word of longer patterns
    later: dict[str, list[Numbered]] = field(default_factory=dict)  # word after a gap in longer patterns
    others: list[Numbered] = field(default_factory=list)
    needed: set[str] = field(default_factory=set)  # without one of these soon after, only `alone` can match
    open_ended: bool = False  # some pattern needs no certain word soon after

    def add(self, number: int, owner: int, elements: tuple[Element, ...]) -> None:
        """Files one pattern under what has to follow its first word."""
        second = elements[1] if len(elements) > 1 else None
        if second is None:
            self.alone.append((number, owner))
            return
        self._require(elements)
        if second.gap and elements[2].is_plain:
            for word in elements[2].words:
                if len(elements) == 3:
                    self.gapped.setdefault(word, []).append((number, owner))
                else:
                    self.later.setdefault(word, []).append((number, owner, elements))
        elif not second.is_plain:
            self.others.append((number, owner, elements))
        elif len(elements) == 2:
            for word in second.words:
                self.pairs.setdefault(word, []).append((number, owner))
        else:
            for word in second.words:
                self.nexts.setdefault(word, []).append((number, owner, elements))

    def _require(self, elements: tuple[Element, ...]) -> None:
        reach = 0
        for element in elements[1:]:
            reach += GAP if element.gap else 1
            if reach > _SOON:
                break
            if element.is_plain:
                self.needed |= element.words
                return
        self.open_ended = True

    def match(self, words: Sequence[str], i: int) -> list[tuple[int, int, int]]:
        """Number, owner and last word of each pattern that matches at word `i`, in the order they were written."""
        found = [(number, owner, i) for number, owner in self.alone]
        following = words[i + 1] if i + 1 < len(words) else None
        if following in self.pairs:
            found.extend((number, owner, i + 1) for number, owner in self.pairs[following])
        longer = [*self.nexts.get(following or "", ()), *self.others]
        for k, word in enumerate(words[i + 1 : i + GAP + 2], i + 1):
            if word in self.gapped:
                found.extend((number, owner, k) for number, owner in self.gapped[word])
            if word in self.later:
                longer.extend(self.later[word])
        for number, owner, elements in longer:
            end = match_at(words, i, elements)
            if end is not None:
                found.append((number, owner, end - 1))
        if len(found) > 1:
            found.sort()
        return found


class PhraseIndex:
    """Patterns found by their first word. An owner is whatever number the caller wants back."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[Numbered]] = {}
        self._prefixes: list[tuple[tuple[str, ...], Numbered]] = []
        self._openings = Remembered(self._find_openings)
        self._size = 0

    def add(self, pattern: str, owner: int, lexicon: Lexicon) -> None:
        elements = compile_pattern(pattern, lexicon)
        numbered = (self._size, owner, elements)
        self._size += 1
        for word in elements[0].words:
            self._by_word.setdefault(word, []).append(numbered)
        if elements[0].prefixes:
            self._prefixes.append((elements[0].prefixes, numbered))

    def _find_openings(self, word: str) -> Openings | None:
        options = list(self._by_word.get(word, ()))
        options.extend(numbered for start, numbered in self._prefixes if word.startswith(start))
        if not options:
            return None
        openings = Openings()
        for number, owner, elements in options:
            openings.add(number, owner, elements)
        return openings

    def find(self, words: Sequence[str]) -> dict[int, tuple[int, int]]:
        """Owner -> first and last word of its first match."""
        found: dict[int, tuple[int, int]] = {}
        for i, openings in enumerate(map(self._openings.__getitem__, words)):
            if openings is None:
                continue
            if openings.open_ended or not openings.needed.isdisjoint(words[i + 1 : i + 1 + _SOON]):
                for _, owner, last in openings.match(words, i):
                    if owner not in found:
                        found[owner] = (i, last)
            else:
                for _, owner in openings.alone:
                    if owner not in found:
                        found[owner] = (i, i)
        return found
