"""Fixed words, and patterns, that are looked for in text after text.

RE2 finds all words of a list in one pass, but loading it takes as long as looking for them one by one in some thirty
texts, and a question about one tool should start fast. So the first texts are searched the plain way and those after
them by RE2, whatever else is loaded. Both ways give the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

FIRST_TEXTS = 32  # searched the plain way


class Words:
    """Fixed words. Not for several threads."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self._searched = 0
        self._set: Any = None

    def held_in(self, text: str) -> set[str]:
        """Those of the words that occur in the text."""
        if not text.isascii():
            return {word for word in self.words if word in text}
        self._searched += 1
        if self._searched <= FIRST_TEXTS:
            return {word for word in self.words if word in text}
        if self._set is None:
            self._set = _one_pass(self.words)
        return {self.words[n] for n in self._set.Match(text) or ()}


class Sign:
    """A pattern that means the same to `re` and to RE2 in a text of ASCII. Not for several threads."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._searched = 0
        self._compiled: Any = None

    def occurs_in(self, text: str) -> bool:
        """Whether it matches somewhere in a text of ASCII."""
        self._searched += 1
        if self._searched <= FIRST_TEXTS:
            return re.search(self.pattern, text) is not None
        if self._compiled is None:
            import re2

            self._compiled = re2.compile(self.pattern)
        return self._compiled.search(text) is not None


def _one_pass(words: tuple[str, ...]) -> Any:
    """An automaton that names, by their places, all words that a text of ASCII holds."""
    import re2

    options = re2.Options()
    options.literal = True
    options.max_mem = 64_000_000
    made = re2.Set.SearchSet(options)
    for word in words:
        made.Add(word)
    made.Compile()
    return made
