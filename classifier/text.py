"""Words of names and running text, each with its place, and the bounds that keep any text cheap."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

NAME_LIMIT = 200  # characters of a name that are read
TITLE_LIMIT = 200  # characters of a title
TEXT_LIMIT = 4000  # characters of a description; what lies beyond cannot move the answer

_NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W_A-Za-z0-9]+")
_TEXT_PART = re.compile(r"\w+(?:['’][A-Za-z]{1,2}\b)?|[^\w \t\r\f\v]")


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


def text_parts(text: str) -> list[Word]:
    """Words and single punctuation marks (with newlines) of running text, in order, up to TEXT_LIMIT characters."""
    cut = text[:TEXT_LIMIT]
    return [Word(m.group().lower(), m.start(), m.end()) for m in _TEXT_PART.finditer(cut)]


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut to `limit` characters with an ellipsis."""
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
