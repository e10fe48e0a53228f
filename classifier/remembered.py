"""What was worked out about a word, kept for the next text that has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

LIMIT = 50_000  # words that are kept
LENGTH = 40  # letters of the longest word that is kept

T = TypeVar("T")


class Remembered(dict[str, T]):
    """`table[word]` is `work_out(word)`. Bounded: what hostile texts are full of is worked out again each time."""

    __slots__ = ("_work_out",)

    def __init__(self, work_out: Callable[[str], T]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, word: str) -> T:
        known = self._work_out(word)
        if len(self) < LIMIT and len(word) <= LENGTH:
            self[word] = known
        return known
