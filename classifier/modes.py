"""Effects that a parameter chooses: action and method enums, dry runs, SQL text, call-anything tools."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from classifier.choices import listed_values
from classifier.clauses import load_grammar
from classifier.lexicon import Effect, Lexicon, load_lexicon
from classifier.reading import Reading, is_plural
from classifier.records import CATEGORIES, Capability, Category, Mode
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
_RUNS_ANYTHING = frozenset(
    {"exec", "shell", "eval", "run_command", "execute_command", "run_code", "run_script", "run_sql"}
)
_POWER = frozenset({"start", "stop"})
_UNTIES = frozenset({"remove", "unlink", "detach"})
_LAST_WORDS = frozenset({"action", "operation", "command"})
_CALLED = frozenset({"tool_name", "tool", "endpoint", "path", "function", "method_name", "operation", "action", "name"})
_OF_READS = frozenset({"private_data", "untrusted_content", "access_control"})


def value_category(value: str, lexicon: Lexicon) -> Category | None:
    """The category that a choice such as `delete`, `add_member` or `list` stands for; None where it tells nothing."""
    words = name_words(value)
    if not words or len(words) > 5:
        return None
    if value.lower() in _RUNS_ANYTHING:
        return "Destructive"
    grammar = load_grammar()
    by_object = any(w.word in grammar.stop for w in words[1:-1])  # "devices_by_login" does not log in
    for word in (words[0],) if by_object else (words[0], words[-1]):
        if word.word == "replace":
            return "Destructive"
        verb = lexicon.verbs.get(word.word)
        if verb and verb.form != "past" and verb.effect in _CATEGORY and not is_plural(verb, grammar):
            if (
                verb.lemma in ("remove", "clear")
                and len(words) > 1
                and "association" in lexicon.classes.get(words[-1].word, ())
            ):
                return "Write"
            return _CATEGORY[verb.effect]
    return None


def _noun_category(value: str, lexicon: Lexicon) -> Category | None:
    """Read for a choice that only names what is shown, such as `status`."""
    words = name_words(value)
    noun = lexicon.nouns.get(words[-1].word) if words else None
    return "Read" if noun and noun.effect == "read" else None


def worst(categories: Iterable[Category]) -> Category:
    """The most dangerous of the categories; Read where there is none."""
    return max(categories, key=CATEGORIES.index, default="Read")


def _choice_modes(parameter: Parameter, reading: Reading, lexicon: Lexicon) -> list[Mode]:
    last = parameter.key.rpartition("_")[2]
    if "choice" not in load_roles().get(parameter.key, ()) and last not in _LAST_WORDS:
        return []
    values = parameter.values
    if not values and parameter.key not in _WEAK_KEYS and parameter.kind in ("string", ""):
        values = listed_values(parameter, reading, lexicon)
    if len(values) < 2:
        return []
    if all(v.lower() in _METHODS for v in values):
        return (
            [Mode(parameter.argument, "method", v, _METHODS[v.lower()]) for v in values]
            if _sends_requests(reading)
            else []
        )
    known = [(v, value_category(v, lexicon)) for v in values]
    if _ties(reading, lexicon):
        known = [(v, "Write" if v.lower() in _UNTIES else c) for v, c in known]
    if _POWER.issubset(v.lower() for v in values):
        known = [(v, "Write" if v.lower() == "reset" else c) for v, c in known]  # of a machine: it boots again
    things = load_grammar().thing_values
    if all(c in ("Read", None) or v.lower() in things for v, c in known):
        known = [(v, c if c == "Read" else None) for v, c in known]  # "alert, record" say which rules are shown
    told = [c for _, c in known if c]
    needed = 0.75 if parameter.key in _WEAK_KEYS else 0.5
    few = len(told) < 2 or len(told) < needed * len(values)
    if few and not (last in _LAST_WORDS and any(_changes_plainly(v, lexicon) for v in values)):
        return []
    fallback = worst(told)
    return [Mode(parameter.argument, "choice", v, c or _noun_category(v, lexicon) or fallback) for v, c in known]


def _ties(reading: Reading, lexicon: Lexicon) -> bool:
    """Whether the tool is named after a mere tie between things: taking it off loses no content."""
    return any("association" in lexicon.classes.get(w.word, ()) for w in reading.own[-1:])


def _changes_plainly(value: str, lexicon: Lexicon) -> bool:
    """Whether a choice such as `send` or `approve_all` begins with a verb that changes something and is no noun."""
    words = name_words(value)
    verb = lexicon.verbs.get(words[0].word) if words else None
    if verb is None or verb.form != "base" or verb.lemma in load_grammar().noun_like:
        return False
    return verb.effect in ("write", "destructive")


def _sends_requests(reading: Reading) -> bool:
    """Whether a `method` parameter is the method of the call itself, not a setting that is stored."""
    verb = reading.name_verb
    return verb is None or verb[0].effect in ("ambiguous", "read") or verb[0].lemma in ("send", "http")


def _speaks_of_operations(reading: Reading) -> bool:
    """Whether the tool only tells about an operation that it is given, such as `estimate_cost`."""
    about = load_grammar().about
    if reading.name_verb and reading.name_verb[0].lemma in about:
        return True
    return bool(reading.own) and reading.own[-1].word in about


def find_modes(reading: Reading) -> list[Mode]:
    """The modes of the first parameter that chooses an effect, in the order of its values; empty where none does."""
    lexicon = load_lexicon()
    if _speaks_of_operations(reading):
        return []
    for parameter in reading.parameters:
        if parameter.depth <= 1 and "/items/" not in parameter.pointer:
            modes = _choice_modes(parameter, reading, lexicon)
            if modes:
                return modes
    return []


def complete_modes(
    reading: Reading,
    modes: Sequence[Mode],
    category: Category,
    capabilities: Sequence[Capability],
    rules: Collection[str],
) -> tuple[Mode, ...]:
    """The modes with their capabilities, and those of rehearsals, SQL text and call-anything parameters.

    `rules` are the ids of the rules that hold. A tool that only reads has no modes of these further kinds.
    """
    found = list(modes)
    roles = load_roles()
    for p in reading.parameters if category != "Read" else ():
        if p.depth > 1 or "/items/" in p.pointer:
            continue
        held = roles.get(p.key, ())
        if p.kind == "boolean" and "dry-run" in held:
            found += [Mode(p.argument, "flag", True, "Read"), Mode(p.argument, "flag", False, category)]
        elif not modes and "sql" in held and p.kind in ("string", ""):
            found += [Mode(p.argument, "sql", "read", "Read"), Mode(p.argument, "sql", "write", category)]
        elif not modes and p.key in _CALLED and p.kind in ("string", "") and "call-anything" in rules:
            found.append(Mode(p.argument, "call", None, category))
    mild = tuple(c for c in capabilities if c in _OF_READS)
    return tuple(
        Mode(m.parameter, m.kind, m.value, m.category, mild if m.category == "Read" else tuple(capabilities))
        for m in found
    )
