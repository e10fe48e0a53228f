"""What verbs, nouns and objects do, read from data/lexicon. A surface form leads to its base form and effect."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from classifier.records import Capability
from classifier.resources import data_path

Effect = Literal["read", "write", "destructive", "ambiguous"]
Form = Literal["base", "third", "past", "ing"]

_VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Verb:
    """One meaning of a surface form. `form` is how it is inflected, `rest` the further words of a phrasal verb."""

    lemma: str
    effect: Effect
    form: Form
    capabilities: tuple[Capability, ...] = ()
    rest: tuple[str, ...] = ()
    name_only: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun that tells a tool's effect when it ends the tool's name."""

    lemma: str
    effect: Effect
    capabilities: tuple[Capability, ...] = ()


@dataclass(slots=True)
class Lexicon:
    """`verbs` and `phrases` are keyed by the first word's surface form, `classes` maps a noun to its object classes."""

    verbs: dict[str, Verb] = field(default_factory=dict)
    phrases: dict[str, tuple[Verb, ...]] = field(default_factory=dict)
    nouns: dict[str, Noun] = field(default_factory=dict)
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def count(self) -> int:
        """How many base forms and phrases the lexicon holds."""
        bases = {v.lemma for v in self.verbs.values()} | {(v.lemma,) for p in self.phrases.values() for v in p}
        return len(bases)


def inflect(base: str) -> Iterator[tuple[str, Form]]:
    """The regular English forms of a verb. Doubtful doublings give both spellings; nobody writes the wrong one."""
    yield base, "base"
    last, before = base[-1], base[-2:-1]
    if last == "y" and before not in _VOWELS:
        yield base[:-1] + "ies", "third"
        yield base[:-1] + "ied", "past"
        yield base + "ing", "ing"
        return
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        yield base + "es", "third"
    yield base + "s", "third"
    if last == "e":
        yield base + "d", "past"
        yield (base if base.endswith("ee") else base[:-1]) + "ing", "ing"
        return
    yield base + "ed", "past"
    yield base + "ing", "ing"
    if len(base) > 2 and last not in "aeiouwxy" and before in _VOWELS and base[-3] not in _VOWELS:
        yield base + last + "ed", "past"
        yield base + last + "ing", "ing"


def _load(name: str) -> dict[str, Any]:
    with data_path("lexicon", name).open("rb") as file:
        return tomllib.load(file)


def _add_verbs(lexicon: Lexicon, name: str) -> None:
    phrases: dict[str, list[Verb]] = {k: list(v) for k, v in lexicon.phrases.items()}
    for group in _load(name)["group"]:
        effect, hints = group["effect"], tuple(group.get("capabilities", ()))
        name_only = group.get("where") == "name"
        for base in group["words"].split():
            forms: list[tuple[str, Form]] = [(base, "base")] if name_only else list(inflect(base))
            for surface, form in forms:
                known = lexicon.verbs.get(surface)
                if known is None:
                    lexicon.verbs[surface] = Verb(base, effect, form, hints, (), name_only, group["id"])
                elif known.lemma == base and hints:
                    merged = tuple(dict.fromkeys(known.capabilities + hints))
                    lexicon.verbs[surface] = Verb(base, known.effect, form, merged, (), False, known.group)
        for phrase in group.get("phrases", ()):
            first, *rest = re.split(r"[ -]", phrase)
            for surface, form in inflect(first):
                verb = Verb("_".join([first, *rest]), effect, form, hints, tuple(rest), False, group["id"])
                phrases.setdefault(surface, []).append(verb)
    lexicon.phrases = {k: tuple(sorted(v, key=lambda verb: -len(verb.rest))) for k, v in phrases.items()}


def _add_irregular(lexicon: Lexicon) -> None:
    for surface, base in _load("irregular.toml")["forms"].items():
        verb = lexicon.verbs.get(base)
        if verb:
            form: Form = "ing" if surface.endswith("ing") else "third" if surface == base + "s" else "past"
            if surface == base:
                continue
            lexicon.verbs[surface] = Verb(base, verb.effect, form, verb.capabilities, (), verb.name_only, verb.group)
        if base in lexicon.phrases:
            moved = tuple(
                Verb(v.lemma, v.effect, "past", v.capabilities, v.rest, False, v.group) for v in lexicon.phrases[base]
            )
            lexicon.phrases.setdefault(surface, moved)


def _add_nouns(lexicon: Lexicon) -> None:
    for group in _load("nouns.toml")["group"]:
        for word in group["words"].split():
            lexicon.nouns.setdefault(word, Noun(word, group["effect"], tuple(group.get("capabilities", ()))))
    classes: dict[str, list[str]] = {}
    for entry in _load("objects.toml")["class"]:
        for word in dict.fromkeys(entry["words"].split()):
            classes.setdefault(word, []).append(entry["id"])
    lexicon.classes = {word: tuple(ids) for word, ids in classes.items()}


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The English lexicon (`en-*.toml`), read once. Other languages: `classifier.foreign`."""
    lexicon = Lexicon()
    for path in sorted(data_path("lexicon").glob("en-*.toml")):
        _add_verbs(lexicon, path.name)
    _add_irregular(lexicon)
    _add_nouns(lexicon)
    return lexicon
