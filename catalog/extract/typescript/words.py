"""Fast search for names in source bytes: the name is found as plain text, and only then looked at more closely.

A pattern that starts with a look-behind or an alternative makes the regex engine visit every byte of a bundle; a plain
search for the name visits few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
_SHORT = 3  # such names are everywhere in minified code: there the engine's own loop is faster


def words(data: bytes, word: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Where `word` stands as a whole identifier, in order."""
    end = len(data) if end is None else end
    size = len(word)
    if not size:
        return
    if size < _SHORT:
        yield from (m.start() for m in _short(word).finditer(data, start, end))
        return
    at = data.find(word, start, end)
    while at >= 0:
        after = at + size
        if (at == 0 or data[at - 1] not in _WORD) and (after >= len(data) or data[after] not in _WORD):
            yield at
        at = data.find(word, after, end)


@lru_cache(maxsize=512)
def _short(word: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![\w$])" + re.escape(word) + rb"(?![\w$])")


def followed(
    data: bytes, word: bytes, tail: re.Pattern[bytes], start: int = 0, end: int | None = None, is_member: bool = False
) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Where `word` stands and `tail` matches right behind it. `is_member`: only after a dot, else only without one."""
    for at in words(data, word, start, end):
        before = data[at - 1 : at]
        if (before in (b".", b"#")) is is_member and (match := tail.match(data, at + len(word))) is not None:
            yield at, match
