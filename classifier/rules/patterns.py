"""Phrase patterns over words: no regular expressions, so no text can make matching slow.

A pattern is words between spaces: `word`; `a|b` either; `pre*` any word that begins so; `<delete>` any form of a verb;
`{tag}` any noun of an object class written `{association}`; `_` any one word; `...` up to four words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from classifier.lexicon import Lexicon, inflect

GAP = 4
PREFIX = 4  # letters an open-ended word must give
KNOWN_LIMIT = 50_000  # words whose patterns are remembered


@dataclass(frozen=True, slots=True)
class Element:
    """One step of a pattern: a set of words, beginnings of words, any word, or a gap."""

    words: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    any_word: bool = False
    gap: bool = False

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
            for skip in range(GAP + 1):
                end = match_at(words, i + skip, rest)
                if end is not None:
                    return end
            return None
        if i >= len(words) or not element.accepts(words[i]):
            return None
        i += 1
    return i


@dataclass(slots=True)
class PhraseIndex:
    """Patterns found by their first word. An owner is whatever number the caller wants back."""

    by_word: dict[str, list[tuple[int, tuple[Element, ...]]]] = field(default_factory=dict)
    prefixes: list[tuple[tuple[str, ...], int, tuple[Element, ...]]] = field(default_factory=list)
    known: dict[str, tuple[tuple[int, tuple[Element, ...]], ...]] = field(default_factory=dict)

    def add(self, pattern: str, owner: int, lexicon: Lexicon) -> None:
        elements = compile_pattern(pattern, lexicon)
        for word in elements[0].words:
            self.by_word.setdefault(word, []).append((owner, elements))
        if elements[0].prefixes:
            self.prefixes.append((elements[0].prefixes, owner, elements))

    def _options(self, word: str) -> tuple[tuple[int, tuple[Element, ...]], ...]:
        options = list(self.by_word.get(word, ()))
        options.extend((owner, elements) for start, owner, elements in self.prefixes if word.startswith(start))
        if len(self.known) < KNOWN_LIMIT:
            self.known[word] = tuple(options)
        return tuple(options)

    def find(self, words: Sequence[str]) -> dict[int, tuple[int, int]]:
        """Owner -> first and last word of its first match."""
        found: dict[int, tuple[int, int]] = {}
        known = self.known
        size = len(words)
        for i, word in enumerate(words):
            options = known.get(word)
            if options is None:
                options = self._options(word)
            for owner, elements in options:
                if owner in found:
                    continue
                if len(elements) == 1:
                    found[owner] = (i, i)
                    continue
                second = elements[1]
                if second.gap:  # nearly every pattern with a gap is "verb ... noun": look at the next words directly
                    third = elements[2]
                    if len(elements) == 3 and not third.prefixes and not third.any_word:
                        for k in range(i + 1, min(i + GAP + 2, size)):
                            if words[k] in third.words:
                                found[owner] = (i, k)
                                break
                        continue
                elif i + 1 >= size or not second.accepts(words[i + 1]):
                    continue
                elif len(elements) == 2:
                    found[owner] = (i, i + 1)
                    continue
                end = match_at(words, i, elements)
                if end is not None:
                    found[owner] = (i, end - 1)
        return found
