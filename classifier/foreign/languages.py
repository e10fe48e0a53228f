"""The languages of data/lexicon/other: each an English verb's or noun's forms, and the small words around them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from classifier.lexicon import Lexicon, Verb, load_lexicon
from classifier.resources import data_path

_LONGEST_STEM = 14


@dataclass(slots=True)
class Language:
    """`forms` are whole words (syllables joined by one space), `stems` beginnings that take one of `endings`.

    `separable` maps the first half of a verb to the halves that may end its clause. `lists` holds the file's lists of
    small words under their names. `pattern` finds a form where there are no spaces.
    """

    code: str
    writing: str
    anywhere: bool
    denied_prefix: str
    forms: dict[str, Verb] = field(default_factory=dict)
    stems: dict[str, Verb] = field(default_factory=dict)
    separable: dict[str, list[tuple[str, Verb]]] = field(default_factory=dict)
    shows: dict[str, Verb] = field(default_factory=dict)
    nouns: dict[str, str] = field(default_factory=dict)
    lists: dict[str, frozenset[str]] = field(default_factory=dict)
    pattern: re.Pattern[str] | None = None
    noun_pattern: re.Pattern[str] | None = None

    def words(self, name: str) -> frozenset[str]:
        """The list of that name in the file, empty where it has none."""
        return self.lists.get(name, frozenset())

    def match(self, word: str) -> tuple[Verb, bool] | None:
        """The verb of one word, and whether the word itself denies it."""
        verb = self.forms.get(word)
        if verb:
            return verb, False
        denied_endings, endings = self.words("denied_endings"), self.words("endings")
        for size in range(min(len(word), _LONGEST_STEM), 1, -1):
            verb = self.stems.get(word[:size])
            if verb and word[size:] in endings:
                return verb, False
            if verb and word[size:] in denied_endings:
                return verb, True
        prefix = self.denied_prefix
        if prefix and word.startswith(prefix) and len(word) > len(prefix) + 3:
            found = self.match_plain(word[len(prefix) :])
            return (found, True) if found else None
        return None

    def match_plain(self, word: str) -> Verb | None:
        """The verb of a word without a prefix that denies it."""
        verb = self.forms.get(word)
        for size in range(min(len(word), _LONGEST_STEM), 1, -1):
            if verb:
                break
            stem = self.stems.get(word[:size])
            verb = stem if stem and word[size:] in self.words("endings") else None
        return verb


def fold(word: str) -> str:
    """The word without accents, as authors write it in names."""
    plain = unicodedata.normalize("NFD", word.replace("ß", "ss").replace("ı", "i"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def alternatives(literals: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of the literals, the longest first; None for no literals."""
    ordered = sorted(literals, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None


def _as_list(value: str | list[str]) -> list[str]:
    return value.split() if isinstance(value, str) else value


def _verb(means: str, lexicon: Lexicon) -> Verb:
    known = lexicon.verbs[means]
    return Verb(means, known.effect, "base", known.capabilities, (), False, known.group)


def read_language(raw: dict[str, Any], lexicon: Lexicon) -> Language:
    """A language from its file. Raises KeyError where a verb is not in the English lexicon."""
    verbs, nouns, shows = raw.pop("verbs"), raw.pop("nouns", {}), raw.pop("shows", {})
    code, writing = raw.pop("language"), raw.pop("writing")
    language = Language(code, writing, raw.pop("anywhere", False), raw.pop("denied_prefix", ""))
    for means, words in verbs.items():
        verb = _verb(means, lexicon)
        for word in words.replace("_", "\0").split():
            plain = word.replace("\0", " ")
            first, _, rest = plain.partition("~")
            if rest:
                language.separable.setdefault(first, []).append((rest, verb))
            elif plain.endswith("-"):
                language.stems.setdefault(plain[:-1], verb)
            else:
                language.forms.setdefault(plain, verb)
    for means, words in shows.items():
        language.shows.update(dict.fromkeys(words.split(), _verb(means, lexicon)))
    for means, words in nouns.items():
        language.nouns.update((word.replace("_", " "), means) for word in words.split())
    language.lists = {name: frozenset(_as_list(value)) for name, value in raw.items()}
    if writing != "spaced":
        language.pattern = alternatives(language.forms)
        language.noun_pattern = alternatives(language.nouns)
    return language


@lru_cache(maxsize=32)
def load_language(code: str) -> Language:
    """The language of that code, read once and only where a text needs it."""
    with data_path("lexicon", "other", code + ".toml").open("rb") as file:
        return read_language(tomllib.load(file), load_lexicon())


@lru_cache(maxsize=1)
def load_small_words() -> dict[str, frozenset[str]]:
    """Code of each language with spaces -> the small words that tell it."""
    with data_path("lexicon", "languages.toml").open("rb") as file:
        raw = tomllib.load(file)["small_words"]
    return {code: frozenset(words.split()) for code, words in raw.items()}


def load_languages() -> dict[str, Language]:
    """Language code -> language, all of data/lexicon/other."""
    codes = sorted(path.stem for path in data_path("lexicon", "other").glob("*.toml"))
    return {code: load_language(code) for code in codes}
