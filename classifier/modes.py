"""Effects that a parameter chooses: action and method enums, dry runs, SQL text, call-anything tools."""

from __future__ import annotations

import re
from collections.abc import Iterable

from classifier.lexicon import Effect, Lexicon, load_lexicon
from classifier.reading import Reading
from classifier.records import CATEGORIES, Category, Mode
from classifier.roles import load_roles
from classifier.schema import Parameter
from classifier.text import name_words

_CATEGORY: dict[Effect, Category] = {"read": "Read", "write": "Write", "destructive": "Destructive"}
_METHODS: dict[str, Category] = {
    "get": "Read",
    "head": "Read",
    "options": "Read",
    "post": "Write",
    "put": "Write",
    "patch": "Write",
    "delete": "Destructive",
}
_WEAK_KEYS = frozenset({"mode", "type", "method", "function", "task"})
_LISTED = re.compile(r"[\"'`‘“]([A-Za-z][A-Za-z_-]{1,30})[\"'`’”]")


def value_category(value: str, lexicon: Lexicon) -> Category | None:
    """The category that a choice such as `delete`, `add_member` or `list` stands for; None where it tells nothing."""
    words = name_words(value)
    if not words or len(words) > 5:
        return None
    for word in (words[0], words[-1]):
        verb = lexicon.verbs.get(word.word)
        if verb and verb.form != "past" and verb.effect in _CATEGORY:
            if (
                verb.lemma in ("remove", "clear")
                and len(words) > 1
                and "association" in lexicon.classes.get(words[-1].word, ())
            ):
                return "Write"
            return _CATEGORY[verb.effect]
    noun = lexicon.nouns.get(words[-1].word)
    return _CATEGORY.get(noun.effect) if noun else None


def worst(categories: Iterable[Category]) -> Category:
    """The most dangerous of the categories; Read where there is none."""
    return max(categories, key=CATEGORIES.index, default="Read")


def _choice_modes(parameter: Parameter, lexicon: Lexicon) -> list[Mode]:
    last = parameter.key.rpartition("_")[2]
    if "choice" not in load_roles().get(parameter.key, ()) and last not in ("action", "operation", "command", "method"):
        return []
    values = parameter.values
    if len(values) < 2 and not values and parameter.key not in _WEAK_KEYS and parameter.kind in ("string", ""):
        values = tuple(dict.fromkeys(_LISTED.findall(parameter.description)))
    if len(values) < 2:
        return []
    if all(v.lower() in _METHODS for v in values):
        return [Mode(parameter.argument, "method", v, _METHODS[v.lower()]) for v in values]
    known = [(v, value_category(v, lexicon)) for v in values]
    told = [c for _, c in known if c]
    if len(told) * 2 < len(values) or len(told) < 2:
        return []
    fallback = worst(told)
    return [Mode(parameter.argument, "choice", v, c or fallback) for v, c in known]


def find_modes(reading: Reading) -> list[Mode]:
    """The modes of the first parameter that chooses an effect, in the order of its values; empty where none does."""
    lexicon = load_lexicon()
    for parameter in reading.parameters:
        if parameter.depth <= 2:
            modes = _choice_modes(parameter, lexicon)
            if modes:
                return modes
    return []


def dry_run_parameter(reading: Reading) -> Parameter | None:
    """The boolean that turns the call into a rehearsal."""
    roles = load_roles()
    return next((p for p in reading.parameters if p.kind == "boolean" and "dry-run" in roles.get(p.key, ())), None)
