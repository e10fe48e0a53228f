"""What a tool hands back or acts on, and whose it is: data/lexicon/things.toml and whose.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from classifier.resources import data_path

_SHORTEST_COMPOUND = 8
_SHORTEST_PART = 3


@dataclass(frozen=True, slots=True)
class Whose:
    """Words that tell whether data belongs to whoever connected the server, or to the world."""

    own_domains: frozenset[str]
    public_domains: frozenset[str]
    own_words: frozenset[str]
    public_words: frozenset[str]
    own_parameters: frozenset[str]
    turns: frozenset[str]
    through: frozenset[str]
    bridges: frozenset[str]
    returns: frozenset[str]
    includes: frozenset[str]


@lru_cache(maxsize=1)
def load_whose() -> Whose:
    """The word lists of data/lexicon/whose.toml."""
    with data_path("lexicon", "whose.toml").open("rb") as file:
        return Whose(**{key: frozenset(words.split()) for key, words in tomllib.load(file).items()})


def plurals(word: str) -> Iterator[str]:
    """The word and its regular plural."""
    yield word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        yield word[:-1] + "ies"
    elif word.endswith(("s", "x", "z", "ch", "sh")):
        yield word + "es"
    else:
        yield word + "s"


@lru_cache(maxsize=1)
def load_things() -> dict[str, tuple[str, ...]]:
    """Noun, singular or plural -> the ids of its classes in the order of the file."""
    with data_path("lexicon", "things.toml").open("rb") as file:
        raw = tomllib.load(file)
    classes: dict[str, list[str]] = {}
    for entry in raw["class"]:
        for word in dict.fromkeys(entry["words"].split()):
            for form in plurals(word):
                held = classes.setdefault(form, [])
                if entry["id"] not in held:
                    held.append(entry["id"])
    return {word: tuple(ids) for word, ids in classes.items()}


@lru_cache(maxsize=20_000)
def kinds_of(word: str) -> tuple[str, ...]:
    """The classes of a noun; of a compound written as one word ("firewallpolicy") those of its parts."""
    things = load_things()
    found = things.get(word)
    if found is not None or len(word) < _SHORTEST_COMPOUND:
        return found or ()
    for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        if word[:cut] in things and word[cut:] in things:
            return tuple(dict.fromkeys((*things[word[cut:]], *things[word[:cut]])))
    return ()
