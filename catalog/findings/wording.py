"""What the texts of a tool say to the model: instructions, plain or encoded, and characters that hide something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from catalog.findings.encodings import Ways, possible_ways, readings
from catalog.findings.folding import Folded, fold, mixes_scripts
from catalog.findings.hidden import describe, find_hidden
from catalog.findings.instructions import find_instructions, needed_rules
from catalog.findings.texts import Text, read_texts
from catalog.records import Tool
from classifier.records import Evidence

MAX_QUOTE = 400
_SHORTEST_ENCODED = 12
_CAPITAL = r"(?<=[a-z0-9])(?=[A-Z])"
_EDGE = r"(?<![^\W_])_+|_+(?![^\W_])"
_HIDDEN_CHECKS = {
    "hidden": "text-invisible-characters",
    "escape": "text-terminal-escapes",
    "stray": "text-stray-characters",
}


class Spoken(NamedTuple):
    """One place where a check holds. `note` says what cannot be read from the quote, such as what it decodes to."""

    check: str
    evidence: Evidence
    note: str = ""


def find_in_texts(tool: Tool) -> Iterator[Spoken]:
    """Everything that the tool's texts say to the model or hide from a reader, in the order of the texts."""
    texts = list(read_texts(tool))
    if mixes_scripts(tool.name):
        yield Spoken("name-mixed-scripts", _quote(texts[0], 0, len(tool.name), "name:scripts"), describe(tool.name))
    folded = [_folded_name(t.text) if t.is_name else _folded_text(t.text) for t in texts]
    together = "\n".join(f.text for f in folded)
    rules = needed_rules(together)
    ways = possible_ways("\n".join(t.text for t in texts), together)
    for text, plain in zip(texts, folded, strict=True):
        said = find_instructions(plain.text, rules) if rules else []
        for instruction in said:
            span = plain.span(instruction.start, instruction.end)
            yield Spoken(instruction.rule.check, _quote(text, *span, instruction.rule.id))
        if ways and len(text.text) >= _SHORTEST_ENCODED:
            yield from _encoded(text, plain, ways, {i.rule.check for i in said})
        yield from _unseen(text)


def _encoded(text: Text, folded: Folded, ways: Ways, said: set[str]) -> Iterator[Spoken]:
    """Instructions in other spellings of the text; a spelling of the whole text must say more than the text does."""
    known: set[str] = set()
    for reading in readings(text.text, folded, ways):
        for found in find_instructions(reading.text, needed_rules(reading.text, encoded=True)):
            whole = reading.end - reading.start == len(text.text)
            if found.rule.check in known or (whole and found.rule.check in said):
                continue
            known.add(found.rule.check)
            quote = _quote(text, *reading.span(found.start, found.end), found.rule.id)
            clear = " ".join(reading.text[found.start : found.end].split())[:200]
            yield Spoken("text-encoded-instruction", quote, f'{reading.how}: "{clear}"')


def _unseen(text: Text) -> Iterator[Spoken]:
    for run in find_hidden(text.text):
        note = describe(text.text[run.start : run.end])
        yield Spoken(_HIDDEN_CHECKS[run.kind], _quote(text, run.start, run.end, f"characters:{run.kind}"), note)


def _folded_text(text: str) -> Folded:
    """A text ready for matching: underscores at the edge of words, which only mark them, are spaces."""
    return fold(re.sub(_EDGE, lambda m: " " * len(m.group()), text) if "_" in text else text)


@lru_cache(maxsize=20_000)
def _folded_name(name: str) -> Folded:
    """An identifier with its words parted, also where only a capital letter parts them."""
    raw = name.replace("_", " ")
    places = {m.start() for m in re.finditer(_CAPITAL, raw)} if raw.isascii() and not raw.islower() else set()
    if not places:
        return fold(raw)
    out: list[str] = []
    origin: list[int] = []
    for i, character in enumerate(raw):
        out.append(f" {character}".lower() if i in places else character.lower())
        origin.extend([i] * len(out[-1]))
    return Folded("".join(out), origin)


def _quote(text: Text, start: int, end: int, rule: str) -> Evidence:
    end = min(end, start + MAX_QUOTE)
    if text.path is None:
        return Evidence(text.field, text.text[start:end], rule, start, end)
    return Evidence(text.field, text.text[start:end], rule, path=text.path)


def quoted_fields(evidence: Sequence[Evidence]) -> str:
    """The fields of some quotes in words: `description, inputSchema/properties/x`."""
    return ", ".join(dict.fromkeys(e.field + (e.path or "") for e in evidence))
