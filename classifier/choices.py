"""The values of a choice parameter that the schema leaves open, read from what the texts list.

"Operations: list, create, delete", "- get: ...", "operation: one of 'add' or 'remove'". Every search is bounded.
"""

from __future__ import annotations

import re

from classifier.lexicon import Lexicon
from classifier.reading import Reading
from classifier.schema import Parameter

LIMIT = 40  # values that are read
_REACH = 2500  # characters after a heading that may belong to its list
_TEXT_LIMIT = 6000  # characters of a description that are searched for a heading
_HEADING = re.compile(
    r"\b(?:actions|operations|subcommands|sub-commands|commands)\b[^\n:.,;]{0,30}:[*`\s]{0,40}", re.IGNORECASE
)
_OTHERS = re.compile(r"\b(?:related|other|see|next|after|before|denied|forbidden|blocked|disallowed)\b", re.IGNORECASE)
_BULLET = re.compile(r"[ \t]{0,20}(?:[-*•]|\d{1,2}[.)])[ \t]{1,5}(.{1,300})")
_ITEM = re.compile(r"[\"'`‘“*]{0,3}([A-Za-z][A-Za-z0-9_-]{1,40})[\"'`’”*]{0,3}")
_AFTER_ITEM = re.compile(r"\s{0,3}(?:$|[:(,=–—→-])")  # a sentence is no choice
_QUOTED = re.compile(r"[\"'`‘“]([A-Za-z][A-Za-z_-]{1,30})[\"'`’”]")
_PARENTHESES = re.compile(r"\([^()]{0,200}\)")
_BETWEEN = re.compile(r"\s*(?:,\s*(?:and|or)\b|[,|/]|\band\b|\bor\b)\s*", re.IGNORECASE)


def listed_values(parameter: Parameter, reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """The values that the parameter's own text or the tool's text lists for it, in order; () where none does."""
    own = _values_of(parameter.description)
    if own and not _only_reads(reading):
        return own
    text = (reading.definition.description or "")[:_TEXT_LIMIT]
    return _argument_values(parameter.name, text) or _headed_values(text) or _opening_verbs(text, lexicon)


def _only_reads(reading: Reading) -> bool:
    """Whether the name reads: what `explain_change` may be told of an operation is not what it does."""
    if reading.name_verb:
        return reading.name_verb[0].effect == "read"
    return reading.name_noun is not None and reading.name_noun[0].effect == "read"


def _values_of(text: str) -> tuple[str, ...]:
    """Quoted words, or the list that a colon or a parenthesis opens, in a parameter's description."""
    quoted = tuple(dict.fromkeys(_QUOTED.findall(text)))
    if len(quoted) > 1:
        return quoted[:LIMIT]
    head, colon, tail = text.partition(":")
    if colon and len(head) < 80:
        found = _bulleted(tail) or _run(tail.strip())
        if len(found) > 1:
            return found
    for inner in _PARENTHESES.findall(text):
        found = _run(inner[1:-1])
        if len(found) > 1:
            return found
    return ()


def _argument_values(name: str, text: str) -> tuple[str, ...]:
    """What a docstring says of one argument: "operation: Operation type ("list", "get_info")"."""
    for line in text.split("\n"):
        stripped = line.strip(" \t-*`:")
        if stripped.startswith(name) and re.match(r"[`*]{0,2}\s?(?:\([^()]{0,60}\))?\s?:", stripped[len(name) :]):
            return _values_of(stripped[len(name) :].lstrip("`* :")[:400])
    return ()


def _headed_values(text: str) -> tuple[str, ...]:
    """The list under a heading such as "Supported operations:"."""
    for match in _HEADING.finditer(text):
        if _OTHERS.search(text[max(0, match.start() - 12) : match.end()]):
            continue
        body = text[match.end() : match.end() + _REACH]
        if match.group().rstrip(" \t").endswith("\n"):
            body = "\n" + body
        found = _bulleted(body) or _run(body)
        if len(found) > 1:
            return found
    return ()


def _bulleted(body: str) -> tuple[str, ...]:
    """The first word of each line of a list; where a line names a thing and then its verbs, the verbs."""
    found: list[str] = []
    lines = body.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    for line in lines:
        bullet = _BULLET.match(line if line[:1].isspace() or not line else " " + line)
        if not bullet:
            if line.strip() and (not found or not line[:1].isspace()):
                break
            continue
        head = _ITEM.match(bullet.group(1))
        if not head or not _AFTER_ITEM.match(bullet.group(1), head.end()):
            break
        _, colon, rest = bullet.group(1).partition(":")
        inner = _run(rest.strip()) if colon else ()
        found.extend(inner if len(inner) > 2 else (head.group(1),))
    return tuple(dict.fromkeys(found))[:LIMIT] if len(found) > 1 else ()


def _run(text: str) -> tuple[str, ...]:
    """The single words that commas, bars or "or" join from the start of a text on."""
    sentence = re.split(r"\n|\.\s|\.$|;", _PARENTHESES.sub("", text[:600]), maxsplit=1)[0]
    found: list[str] = []
    for part in _BETWEEN.split(sentence):
        words = part.split()
        item = _ITEM.fullmatch(words[0]) if len(words) == 1 else None
        if item is None:
            if part.strip():
                break
            continue
        found.append(item.group(1))
    return tuple(dict.fromkeys(found))[:LIMIT]


def _opening_verbs(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Three verbs or more that open the text or follow its first colon: "Sheet lifecycle: create, rename, delete"."""
    line = text.strip()[:300].split("\n")[0]
    head, colon, tail = line.partition(":")
    for start in (line, tail if colon and len(head) < 60 else ""):
        found = _run(start.strip())
        verbs = [w for w in found if (v := lexicon.verbs.get(w.lower())) and v.form == "base"]
        if len(verbs) > 2 and len(verbs) == len(found):
            return found
    return ()
