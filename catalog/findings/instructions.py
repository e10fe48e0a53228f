"""Sentences that address the model instead of describing the tool: rules from data/instructions, matched by RE2.

RE2 takes time linear in the text, and a rule's patterns are only looked at where one of its words occurs.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from catalog.errors import InvalidInput
from catalog.findings.literals import Words
from classifier.resources import data_path

FILES = ("en.toml", "other.toml")
_WORD = r"@([a-z]+)"
_BETWEEN = r"(?:[\s_*~-]+)"  # what may stand between two words
_CITED = 100  # characters before a match in which words such as "detects" make it a quotation
_MOST_MATCHES = 3  # of one pattern in one text
_MAX_MEMORY_BYTES = 64_000_000


class Rule(NamedTuple):
    """Holds where one of its patterns matches; `needs` are substrings of which a matching text has at least one.

    `source` is the rule as it stands in its file: patterns are read when a text first needs them.
    """

    id: str
    check: str
    needs: tuple[str, ...]
    cited: bool
    encoded: bool
    denied: bool
    file: str
    source: str


class Instruction(NamedTuple):
    """Where a rule held: a slice of the folded text."""

    rule: Rule
    start: int
    end: int


@lru_cache(maxsize=1)
def load_rules() -> tuple[Rule, ...]:
    """The rules that ship, in the order of the files. InvalidInput where one is not what it must be."""
    return tuple(rule for name in FILES for rule in _read(name))


def needed_rules(text: str, *, encoded: bool = False) -> list[Rule]:
    """The rules one of whose words occurs in the folded text; `encoded`: only those meant for hidden text."""
    held = _held(text)
    if not held:
        return []
    return [r for r in load_rules() if (r.encoded or not encoded) and not held.isdisjoint(r.needs)]


def _held(text: str) -> set[str]:
    """What any rule needs and the folded text has."""
    plain, foreign = _all_needs()
    return plain.held_in(text) if text.isascii() else plain.held_in(text) | foreign.held_in(text)


@lru_cache(maxsize=1)
def _all_needs() -> tuple[Words, Words]:
    """What any rule needs: first what a text of ASCII can hold."""
    needs = sorted({need for rule in load_rules() for need in rule.needs})
    return Words(n for n in needs if n.isascii()), Words(n for n in needs if not n.isascii())


def find_instructions(text: str, rules: Sequence[Rule]) -> list[Instruction]:
    """Where the rules hold in a folded text, in the order of the text; of overlapping matches of a check the first."""
    found: list[Instruction] = []
    held = _held(text)
    for rule in rules if held else ():
        if held.isdisjoint(rule.needs):
            continue
        for start, end in _matches(rule, text):
            if not any(i.rule.check == rule.check and start < i.end and i.start < end for i in found):
                found.append(Instruction(rule, start, end))
    return sorted(found, key=lambda i: (i.start, i.end))


def _matches(rule: Rule, text: str) -> Iterator[tuple[int, int]]:
    patterns = patterns_of(rule)
    if len(patterns) > 1 and _compiled("|".join(f"(?:{p})" for p in patterns)).search(text) is None:
        return
    for pattern in patterns:
        for count, match in enumerate(_compiled(pattern).finditer(text)):
            if count >= _MOST_MATCHES:
                break
            start, end = match.span()
            if not (rule.cited and _is_cited(text, start)) and not (rule.denied and _is_denied(text, start)):
                yield start, end


@lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> Any:
    import re2  # here, because most definitions need no pattern and a query should start fast

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    return re2.compile(pattern, options)


# What makes a sentence speak about an instruction instead of giving it: a verb of detection, or words that announce an
# example, before it without the end of a sentence between; or quotation marks closely around it with such a word near.
_ABOUT = (
    r"(?:detect|scan|flag|block|prevent|filter|saniti|identif|recogni[sz]|classif|guard|protect|examples?\b"
    r"|such as|e\.g\b|like\b|attempt|inject|jailbr|attack|payload|malicious|adversarial|phrase|patterns?\b|suspicious"
    r"|test(?:s|ing)? (?:for|whether|if)|look(?:s|ing)? for|search(?:es)? for|checks? (?:for|whether|if)|tries to"
    r"|trying to|report(?:s|ed)?\b.{0,20}that)"
    r"[^.!?;\n]{0,70}$"
)
_QUOTE = "\"'“”„«»「『《`"


def _is_cited(text: str, start: int) -> bool:
    before = text[max(0, start - _CITED) : start]
    about = re.search(_ABOUT, before[_sentence_start(before) :])
    if about is None:
        return False
    opened = before.rstrip()[-1:] in _QUOTE or any(q in before[about.start() :] for q in _QUOTE)
    return opened or "," not in before[about.start() :]


_LONGEST_WORDS = 40  # of _ABOUT, some of which hold the end of a sentence themselves


def _sentence_start(before: str) -> int:
    """Where looking for _ABOUT can begin: what lies before the sentence's start cannot be part of it."""
    return max(0, max(before.rfind(end) for end in ".!?;\n") - _LONGEST_WORDS)


_DENIAL = (
    r"(?:\b(?:do not|don't|never|must not|mustn't|should not|shouldn't|avoid|cannot|can't|without|not to|won't"
    r"|will not)"
    r"(?: ever| directly| also| please)*)[\s*_]+(?:[a-z]+[\s*_,]+(?:or|and)[\s*_]+)?$"
)


def _is_denied(text: str, start: int) -> bool:
    return re.search(_DENIAL, text[max(0, start - 60) : start]) is not None


_RULE = "\n[[rule]]\n"
_PLAIN_KEYS = frozenset({"id", "check", "needs", "cited", "encoded", "denied"})


def _read(name: str) -> Iterator[Rule]:
    """The rules of a file without their patterns. The lines read here are JSON as well as TOML, and quick as JSON."""
    for block in data_path("instructions", name).read_text("utf-8").split(_RULE)[1:]:
        lines = (line.partition(" = ") for line in block.partition("\npatterns")[0].splitlines())
        try:
            said = json.loads("{" + ",".join(f'"{key}":{value}' for key, _, value in lines if key in _PLAIN_KEYS) + "}")
            needs = tuple(map(_as_folded, said["needs"]))
            id, check = said["id"], said["check"]
        except (KeyError, ValueError) as error:
            raise InvalidInput(f"{name}: a rule lacks {error}, or it is not on one line: {block[:60]!r}") from None
        cited, encoded, denied = said.get("cited", True), said.get("encoded", True), said.get("denied", False)
        yield Rule(id, check, needs, cited, encoded, denied, name, block)


@lru_cache(maxsize=1_000)
def patterns_of(rule: Rule) -> tuple[str, ...]:
    """The patterns of a rule, spelled out for RE2."""
    import tomllib  # here, because most definitions need no pattern

    raw = tomllib.loads(rule.source.partition("\n# ----")[0])
    return tuple(_spelled_out(pattern, _words(rule.file)) for pattern in raw["patterns"])


@lru_cache(maxsize=4)
def _words(name: str) -> dict[str, str]:
    import tomllib

    text = data_path("instructions", name).read_text("utf-8")
    words: dict[str, str] = tomllib.loads(text.partition(_RULE)[0])["words"]
    return words


def _as_folded(text: str) -> str:
    """Some letters of some scripts are two after folding; what is looked for must be so too."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _spelled_out(pattern: str, words: Mapping[str, str]) -> str:
    """The pattern with its words put in, and each space outside brackets as what may stand between two words."""
    whole = _as_folded(re.sub(_WORD, lambda m: words[m.group(1)], pattern))
    out: list[str] = []
    in_class = escaped = False
    for character in whole:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "[":
            in_class = True
        elif character == "]":
            in_class = False
        elif character == " " and not in_class:
            out.append(_BETWEEN)
            continue
        out.append(character)
    return "".join(out)
