"""Words of names and running text, each with its place, and the bounds that keep any text cheap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

NAME_LIMIT = 200  # characters of a name that are read
TITLE_LIMIT = 200  # characters of a title
TEXT_LIMIT = 2500  # characters of a description; what lies beyond cannot move the answer

_NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W_A-Za-z0-9]+")
_TEXT_PART = re.compile(r"\w+(?:['’][A-Za-z]{1,2}\b)?|[^\w \t\r\f\v]")
_PLAIN_PART = re.compile(r"\w+|[^\w \t\r\f\v]", re.ASCII)  # the same for ASCII without apostrophes, a third faster


class Word(NamedTuple):
    """A word in lower case and its place: `text[start:end]` is how it stands there."""

    word: str
    start: int
    end: int


def name_words(name: str) -> list[Word]:
    """The words of an identifier in snake_case, kebab-case, camelCase or with spaces. Digits are left out."""
    cut = name[:NAME_LIMIT]
    return [Word(m.group().lower(), m.start(), m.end()) for m in _NAME_PART.finditer(cut) if not m.group().isdigit()]


@lru_cache(maxsize=20_000)
def normal_name(name: str) -> str:
    """An identifier as lower-case words joined by `_`, the same for every naming style."""
    return "_".join(w.word for w in name_words(name))


def text_parts(text: str) -> list[str]:
    """Words in lower case and single punctuation marks (with newlines) of running text, up to TEXT_LIMIT characters."""
    cut = text[:TEXT_LIMIT]
    lowered = cut.lower()
    if cut.isascii() and "'" not in cut:
        return _PLAIN_PART.findall(lowered)
    if len(lowered) != len(cut):  # a few letters change length; parts must keep their places
        return [part.lower() for part in _TEXT_PART.findall(cut)]
    return _TEXT_PART.findall(lowered)


def iter_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each part of `text_parts(text)` stands in the text, found as far as it is asked for."""
    return (m.span() for m in _TEXT_PART.finditer(text[:TEXT_LIMIT]))


def parts_span(text: str, first: int, last: int) -> tuple[int, int]:
    """Where the parts numbered `first` to `last` (both included) of `text_parts(text)` stand in the text."""
    found = list(islice(iter_spans(text), first, last + 1))
    return (found[0][0], found[-1][1]) if found else (0, 0)


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut to `limit` characters with an ellipsis."""
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
