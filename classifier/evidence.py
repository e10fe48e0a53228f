"""Quotes that speak for an answer, the most telling first, each exactly as it stands in its field."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.clauses import Vote
from classifier.lexicon import Effect
from classifier.reading import Reading
from classifier.records import Capability, Category, Evidence, Mode
from classifier.roles import load_roles
from classifier.rules.records import Match, Span
from classifier.schema import Parameter
from classifier.things import load_things

_EFFECT: dict[Category, Effect] = {"Read": "read", "Write": "write", "Destructive": "destructive"}
_THINGS: dict[Capability, tuple[str, ...]] = {
    "execute": ("program",),
    "financial": ("money", "ledger"),
    "communicate": ("letter",),
    "access_control": ("secret", "grant"),
    "private_data": ("body", "work", "person", "ledger", "health", "schedule", "config", "machine"),
    "untrusted_content": ("published",),
}
_TELLING = ("sql", "graph-query", "command", "code", "output-path", "force", "recipient", "amount", "secret")
MAX_QUOTES = 6


def quote(reading: Reading, field: str, start: int, end: int, rule: str) -> Evidence:
    """A slice of a text field of the definition."""
    text: str = getattr(reading.definition, field) or ""
    return Evidence(field, text[start:end], rule, start, end)


def _object_end(reading: Reading, vote: Vote) -> int:
    """The part with what the verb acts on, where it stands on the same line, else the verb's last part."""
    for i in range(vote.last + 1, min(vote.last + 7, len(reading.text))):
        part = reading.text[i]
        if part == vote.target:
            return i
        if not part[0].isalnum():
            break
    return vote.last


def quote_vote(reading: Reading, vote: Vote) -> Evidence:
    """The words of a verb in the description."""
    start, end = vote.first, vote.last
    if vote not in reading.foreign:
        start, end = reading.span(vote.first, _object_end(reading, vote))
    return quote(reading, "description", start, end, "verb:" + vote.verb.lemma)


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
        if vote.verb.effect == wanted and len(agreeing) < 3:
            agreeing.append(quote_vote(reading, vote))
        elif vote.verb.effect == "ambiguous" and vote.zone == "main":
            open_.append(quote_vote(reading, vote))
    if reading.name_verb:
        verb, word = reading.name_verb
        found = quote(reading, "name", word.start, word.end, "name-verb:" + verb.lemma)
        (agreeing if verb.effect == wanted else open_).append(found) if verb.effect in (wanted, "ambiguous") else None
    elif reading.name_noun:
        noun, word = reading.name_noun
        if noun.effect in (wanted, "ambiguous"):
            open_.append(quote(reading, "name", word.start, word.end, "name-noun:" + noun.lemma))
    return agreeing + open_


def quote_span(reading: Reading, span: Span, rule: str) -> Evidence:
    """The words a rule rests on."""
    if span.path is not None:
        return Evidence(span.field, span.text, rule, path=span.path)
    start, end = span.start, span.end
    if span.field == "description":
        start, end = reading.span(span.start, span.end)
    return quote(reading, span.field, start, end, rule)


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
            kind.append(quote_span(reading, span, "rule:" + match.rule.id))
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


def capability_quotes(reading: Reading, capabilities: Sequence[Capability], matches: Sequence[Match]) -> list[Evidence]:
    """One quote per capability: what a rule rests on, else the first noun of its kind in name, text or parameters."""
    found: list[Evidence] = []
    for capability in capabilities:
        spans = [(s, m.rule.id) for m in matches if capability in m.rule.capabilities for s in m.spans]
        if spans:
            found.append(quote_span(reading, spans[0][0], "rule:" + spans[0][1]))
            continue
        named = _find_thing(reading, capability)
        if named:
            found.append(named)
    return found


def _find_thing(reading: Reading, capability: Capability) -> Evidence | None:
    things, wanted, rule = load_things(), _THINGS[capability], "thing:" + capability
    for kind in wanted:
        for word in reading.own:
            if kind in things.get(word.word, ()):
                return quote(reading, "name", word.start, word.end, rule)
        for n, part in enumerate(reading.text[:80]):
            if kind in things.get(part, ()):
                return quote(reading, "description", *reading.span(n, n), rule)
    for p in reading.parameters:
        if any(kind in things.get(p.key.rpartition("_")[2], ()) for kind in wanted):
            return _parameter_evidence(p, rule)
    return None


def collect_evidence(
    reading: Reading,
    category: Category,
    capabilities: Sequence[Capability],
    modes: tuple[Mode, ...],
    matches: Sequence[Match],
) -> tuple[Evidence, ...]:
    """At least one quote for any definition, at most six, without repeats."""
    strong, weak = rule_quotes(reading, category, capabilities, matches)
    verbs = verb_quotes(reading, category)[:3]
    found = [
        *strong[:2],
        *verbs[:1],
        *capability_quotes(reading, capabilities, matches)[:3],
        *verbs[1:],
        *parameter_quotes(reading, modes, category),
        *weak,
        *strong,
    ]
    if not found:
        main = reading.main
        definition = reading.definition
        if main:
            found.append(quote_vote(reading, main))
        elif reading.own:
            found.append(quote(reading, "name", reading.own[0].start, reading.own[-1].end, "name"))
        elif definition.description and definition.description.strip():
            found.append(quote(reading, "description", 0, min(80, len(definition.description)), "text"))
        else:
            found.append(quote(reading, "name", 0, min(80, len(definition.name)), "name"))
    return tuple(dict.fromkeys(found))[:MAX_QUOTES]
