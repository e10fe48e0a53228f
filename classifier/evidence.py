"""Quotes that speak for an answer, the most telling first, each exactly as it stands in its field."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.lexicon import Effect
from classifier.reading import Reading
from classifier.records import Capability, Category, Evidence, Mode
from classifier.roles import load_roles
from classifier.rules.records import Match
from classifier.schema import Parameter

_EFFECT: dict[Category, Effect] = {"Read": "read", "Write": "write", "Destructive": "destructive"}
_TELLING = ("sql", "graph-query", "command", "code", "output-path", "force", "recipient", "amount", "secret")
MAX_QUOTES = 6


def quote(reading: Reading, field: str, start: int, end: int, rule: str) -> Evidence:
    """A slice of a text field of the definition."""
    text: str = getattr(reading.definition, field) or ""
    return Evidence(field, text[start:end], rule, start, end)


def _parameter_evidence(parameter: Parameter, rule: str) -> Evidence:
    return Evidence("inputSchema", parameter.name, rule, path=parameter.pointer)


def verb_quotes(reading: Reading, category: Category) -> list[Evidence]:
    """The verbs that agree with the answer before those that leave it open, description before name."""
    wanted = _EFFECT[category]
    agreeing: list[Evidence] = []
    open_: list[Evidence] = []
    believed = ("main", "first", "later")
    for vote in (*reading.votes, *reading.foreign):
        if vote.zone not in believed:
            continue
        found = quote(reading, "description", vote.start, vote.end, "verb:" + vote.verb.lemma)
        if vote.verb.effect == wanted:
            agreeing.append(found)
        elif vote.verb.effect == "ambiguous" and vote.zone == "main":
            open_.append(found)
    if reading.name_verb:
        verb, word = reading.name_verb
        found = quote(reading, "name", word.start, word.end, "name-verb:" + verb.lemma)
        (agreeing if verb.effect == wanted else open_).append(found) if verb.effect in (wanted, "ambiguous") else None
    elif reading.name_noun:
        noun, word = reading.name_noun
        if noun.effect in (wanted, "ambiguous"):
            open_.append(quote(reading, "name", word.start, word.end, "name-noun:" + noun.lemma))
    return agreeing[:2] + agreeing[-1:] + open_ if len(agreeing) > 3 else agreeing + open_


def rule_quotes(
    reading: Reading, category: Category, capabilities: Sequence[Capability], matches: Sequence[Match]
) -> tuple[list[Evidence], list[Evidence]]:
    """Quotes of rules that speak for the category, and of rules that speak for one of the capabilities."""
    strong: list[Evidence] = []
    weak: list[Evidence] = []
    for match in matches:
        agrees = match.rule.says == _EFFECT[category]
        names = [c for c in match.rule.capabilities if c in capabilities]
        if not agrees and not names:
            continue
        kind = strong if (agrees and category != "Read") or (agrees and not match.rule.capabilities) else weak
        for span in match.spans:
            if span.path is not None:
                kind.append(Evidence(span.field, span.text, "rule:" + match.rule.id, path=span.path))
            else:
                kind.append(quote(reading, span.field, span.start, span.end, "rule:" + match.rule.id))
    return strong, weak


def parameter_quotes(reading: Reading, modes: tuple[Mode, ...], category: Category) -> list[Evidence]:
    """Parameters that make the effect possible."""
    roles = load_roles()
    found: list[Evidence] = []
    chosen = {m.parameter for m in modes if m.category == category and m.kind in ("choice", "method")}
    for p in reading.parameters:
        if p.argument in chosen and p.values_pointer:
            worst = next(m for m in modes if m.parameter == p.argument and m.category == category)
            position = p.values.index(str(worst.value)) if worst.value in p.values else 0
            found.append(
                Evidence("inputSchema", str(worst.value), "mode:" + p.key, path=f"{p.values_pointer}/{position}")
            )
        elif category != "Read":
            role = next((r for r in roles.get(p.key, ()) if r in _TELLING), None)
            if role:
                found.append(_parameter_evidence(p, "parameter:" + role))
    return found[:3]


def collect_evidence(
    reading: Reading,
    category: Category,
    capabilities: Sequence[Capability],
    modes: tuple[Mode, ...],
    matches: Sequence[Match],
) -> tuple[Evidence, ...]:
    """At least one quote for any definition, at most six, without repeats."""
    strong, weak = rule_quotes(reading, category, capabilities, matches)
    found = [
        *strong[:2],
        *verb_quotes(reading, category)[:3],
        *parameter_quotes(reading, modes, category),
        *weak,
        *strong,
    ]
    if not found:
        main = reading.main or (reading.foreign[0] if reading.foreign else None)
        definition = reading.definition
        if main:
            found.append(quote(reading, "description", main.start, main.end, "verb:" + main.verb.lemma))
        elif reading.own:
            found.append(quote(reading, "name", reading.own[0].start, reading.own[-1].end, "name"))
        elif definition.description and definition.description.strip():
            found.append(quote(reading, "description", 0, min(80, len(definition.description)), "text"))
        else:
            found.append(quote(reading, "name", 0, min(80, len(definition.name)), "name"))
    return tuple(dict.fromkeys(found))[:MAX_QUOTES]
