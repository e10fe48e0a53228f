"""Text made comparable: lower case, plain spaces, nothing invisible, and for every character where it came from."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from classifier.resources import data_path


class Folded(NamedTuple):
    """`origin[i]` is the place in the original of `text[i]`; None where both are equally long and in step."""

    text: str
    origin: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The slice of the original that a slice of this text came from."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1


def fold(text: str) -> Folded:
    """Lower case, compatibility forms resolved, invisible characters gone, every white space a space or line feed."""
    if text.isascii():
        return Folded(text.lower())
    return _mapped(text, _folded)


def fold_to_latin(text: str) -> Folded:
    """As `fold`, with accents gone and letters of other scripts as the Latin ones that they look like."""
    return _mapped(text, _latin)


def has_lookalikes(text: str) -> bool:
    """Whether some character is a look-alike or carries an accent, so that `fold_to_latin` differs from `fold`."""
    return not text.isascii() and any(_folded(c) != _latin(c) for c in set(text))


def _mapped(text: str, change: Callable[[str], str]) -> Folded:
    table = {c: c.lower() if c.isascii() else change(c) for c in set(text)}
    if all(len(new) == 1 for new in table.values()):
        return Folded("".join(map(table.__getitem__, text)))
    out: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        new = table[character]
        out.append(new)
        origin.extend([place] * len(new))
    return Folded("".join(out), origin)


@lru_cache(maxsize=20_000)
def _folded(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Cs", "Co", "Cn") or is_blank_letter(character) or is_variation_selector(character):
        return ""
    if character.isspace():
        return "\n" if character in "\u0085\u2028\u2029" else " "
    if character in "’‘ʼ′＇`":
        return "'"
    if category == "Pd":
        return "-"
    return unicodedata.normalize("NFKC", character).lower()


@lru_cache(maxsize=20_000)
def _latin(character: str) -> str:
    known = confusables().get(character)
    if known:
        return known
    parts = unicodedata.normalize("NFKD", _folded(character))
    return "".join(confusables().get(c, c) for c in parts if not unicodedata.combining(c)).lower()


def is_blank_letter(character: str) -> bool:
    """Fillers that count as letters and show nothing."""
    return character in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"


def is_variation_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


@lru_cache(maxsize=1)
def confusables() -> dict[str, str]:
    """Look-alike letter -> Latin letter, in small letters; capitals of the same letters count too."""
    with data_path("confusables.toml").open("rb") as file:
        table = tomllib.load(file)["latin"]
    known = {c: latin for latin, letters in table.items() for c in letters if not c.isascii()}
    for c, latin in list(known.items()):
        known.setdefault(c.upper() if len(c.upper()) == 1 else c, latin)
    return known


def mixes_scripts(name: str) -> bool:
    """Whether a word of a name has letters of another script that look Latin beside Latin ones."""
    if name.isascii():
        return False
    for word in re.split(r"[\W_]+", name):
        letters = [c for c in word if c.isalpha()]
        if any(c in confusables() for c in letters) and any("LATIN" in unicodedata.name(c, "") for c in letters):
            return True
    return any(unicodedata.name(c, "").startswith(("FULLWIDTH LATIN", "MATHEMATICAL")) for c in name)
