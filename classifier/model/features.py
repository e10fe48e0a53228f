"""What the model sees of a reading: named features, the same whatever naming style the author used."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from classifier.clauses import Vote, load_grammar
from classifier.lexicon import Lexicon, load_lexicon
from classifier.model.capability_features import capability_features
from classifier.modes import worst
from classifier.products import find_domains, server_domains, unite
from classifier.reading import Reading, server_words
from classifier.records import Mode
from classifier.roles import load_roles
from classifier.rules.records import Match

Features = dict[str, float]
_TEXT_WORDS = 60
_JOINS = frozenset({"and", "then", ",", "&", "or"})


def _target_classes(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    return lexicon.classes.get(word, ())


def _name_features(reading: Reading, out: Features) -> None:
    lexicon = load_lexicon()
    own = [w.word for w in reading.own]
    for word in own:
        out["n:" + word] = 1.0
    for a, b in pairwise(own):
        out[f"n2:{a}_{b}"] = 1.0
    if own:
        out["n0:" + own[0]] = 1.0
        out["n9:" + own[-1]] = 1.0
    out[f"nlen:{min(len(own), 5)}"] = 1.0
    for verb, _ in reading.name_verbs:
        out[f"nany:{verb.effect}:{verb.form == 'past'}"] = 1.0
        for capability in verb.capabilities:
            out["ncap:" + capability] = 1.0
    if reading.name_verb:
        verb, place = reading.name_verb
        out["nve:" + verb.effect] = 3.0
        out["nv:" + verb.lemma] = 1.0
        out["nvg:" + verb.group] = 1.5
        for other in own:
            if other != place.word:
                for name in _target_classes(other, lexicon):
                    out[f"nvc:{verb.effect}:{name}"] = 1.5
                    out[f"nc:{name}"] = 1.0
                    if verb.effect in ("destructive", "ambiguous"):
                        out[f"nvlc:{verb.lemma}:{name}"] = 1.0
    elif reading.name_noun:
        out["nne:" + reading.name_noun[0].effect] = 3.0
    else:
        out["nve:none"] = 1.5
        if own and own[-1].endswith("s") and not own[-1].endswith(("ss", "us", "is")):
            out["nplural"] = 1.5


def _text_features(reading: Reading, out: Features) -> None:
    lexicon = load_lexicon()
    main = reading.main
    if main:
        out["dve:" + main.verb.effect] = 3.0
        out["dv:" + main.verb.lemma] = 1.0
        out["dvg:" + main.verb.group] = 1.5
        out[f"dvt:{main.target}"] = 1.0
        out[f"dvet:{main.verb.effect}:{main.target}"] = 1.0
        for name in _target_classes(main.target, lexicon):
            out[f"dvc:{main.verb.effect}:{name}"] = 1.5
            out[f"dc:{name}"] = 1.0
            if main.verb.effect in ("destructive", "ambiguous"):
                out[f"dvlc:{main.verb.lemma}:{name}"] = 1.0
        if reading.name_verb:
            out[f"nvdv:{reading.name_verb[0].effect}:{main.verb.effect}"] = 1.5
    else:
        out["dve:none"] = 1.5
        if not reading.text:
            out["d:empty"] = 1.0
    for vote in (*reading.votes, *reading.foreign):
        out[f"z:{vote.zone}:{vote.verb.effect}"] = 1.5
        out[f"zv:{vote.zone if vote.zone in ('main', 'first', 'negated', 'passive') else 'rest'}:{vote.verb.lemma}"] = (
            0.7
        )
        if vote.zone in ("main", "first", "later"):
            for capability in vote.verb.capabilities:
                out["dcap:" + capability] = 1.0
    words = [w for w in reading.text[: _TEXT_WORDS * 2] if w[0].isalpha()]
    for word in words[:_TEXT_WORDS]:
        out["d:" + word] = 0.5
    for word in words[:12]:
        out["d1:" + word] = 0.5
    for a, b in pairwise(words[:21]):
        out[f"d2:{a}_{b}"] = 0.5
    if words:
        out["d0:" + words[0]] = 0.7
    for title_word in reading.title:
        out["t:" + title_word.word] = 0.5


def joined_verbs(reading: Reading) -> list[Vote]:
    """The verbs that "and", "then" or a comma joins to the main verb in the same form: "Find and update them"."""
    main = reading.main
    if main is None:
        return []
    small = load_grammar().before_verb
    found: list[Vote] = []
    for vote in reading.votes[:12]:
        if vote.zone != "first" or vote.verb.form != main.verb.form:
            continue
        before = reading.text[max(0, vote.first - 3) : vote.first]
        while len(before) > 1 and before[-1] in small and before[-1] not in _JOINS:
            before.pop()
        if before and before[-1] in _JOINS:
            found.append(vote)
    return found


def _joined_features(reading: Reading, out: Features) -> None:
    """What a second verb of the first sentence does: "Search and deploy" deploys."""
    for vote in joined_verbs(reading):
        said = reading.main.verb.effect if reading.main else "none"
        out[f"j:{vote.verb.effect}"] = 1.5
        out[f"je:{said}:{vote.verb.effect}"] = 1.5
        out[f"jv:{vote.verb.lemma}"] = 0.7


def _parameter_features(reading: Reading, modes: Sequence[Mode], out: Features) -> None:
    roles = load_roles()
    lexicon = load_lexicon()
    top = [p for p in reading.parameters if p.depth == 0]
    out[f"pn:{min(len(top), 6)}"] = 0.5
    if reading.definition.input_schema is None:
        out["p:unseen"] = 0.5
    for p in reading.parameters[:60]:
        out["p:" + p.key] = 0.6
        last = p.key.rpartition("_")[2]
        out["p9:" + last] = 0.5
        for role in roles.get(p.key, ()):
            out["pr:" + role] = 1.0
            if p.required:
                out["prr:" + role] = 0.7
            if reading.name_verb:
                out[f"nvpr:{reading.name_verb[0].effect}:{role}"] = 0.7
            if reading.main:
                out[f"dvpr:{reading.main.verb.effect}:{role}"] = 0.7
        if p.kind in ("array", "object", "boolean"):
            out["pk:" + p.kind] = 0.3
        for name in _target_classes(last, lexicon):
            out["pc:" + name] = 0.3
    if modes:
        out[f"mode:{modes[0].kind}:{worst(m.category for m in modes)}"] = 2.0


def _rule_features(reading: Reading, matches: Sequence[Match], out: Features) -> None:
    named = reading.name_verb[0].effect if reading.name_verb else "none"
    for match in matches:
        out["r:" + match.rule.id] = 3.0
        out[f"rn:{match.rule.id}:{named}"] = 1.5
        out[f"re:{match.rule.says}"] = 1.0
        for capability in match.rule.capabilities:
            out["rcap:" + capability] = 1.0


def _effect_features(reading: Reading, out: Features) -> None:
    """What name and text say together, in terms of effects alone: this is what carries over to unknown servers."""
    named: str = "noun-" + reading.name_noun[0].effect if reading.name_noun else "none"
    if reading.name_verb:
        named = reading.name_verb[0].effect
    main = reading.main
    said = main.verb.effect if main else "none" if reading.text else "empty"
    believed = {v.verb.effect for v in (*reading.votes, *reading.foreign) if v.zone in ("main", "first", "later")}
    worst_said = next((e for e in ("destructive", "write", "ambiguous", "read") if e in believed), "none")
    out[f"ef:{named}:{said}"] = 1.5
    out[f"efw:{worst_said}"] = 1.0
    out[f"efnw:{named}:{worst_said}"] = 1.0
    out[f"efmw:{said}:{worst_said}"] = 1.0


def _domain_features(reading: Reading, out: Features) -> None:
    main = reading.main
    effect = main.verb.effect if main else reading.name_verb[0].effect if reading.name_verb else "none"
    named = find_domains([w.word for w in reading.words])
    for domain in unite(server_domains(reading.definition.server), named):
        out["dom:" + domain] = 1.0
        out[f"dome:{domain}:{effect}"] = 1.0
    for domain in find_domains(reading.text[:80]):
        out["domt:" + domain] = 0.7
        out[f"domte:{domain}:{effect}"] = 0.7


def extract_features(reading: Reading, matches: Sequence[Match], modes: Sequence[Mode]) -> Features:
    """Feature name -> value. Annotations are left out on purpose: they are claims and may only raise an answer."""
    out: Features = {}
    _rule_features(reading, matches, out)
    _name_features(reading, out)
    _text_features(reading, out)
    _joined_features(reading, out)
    _parameter_features(reading, modes, out)
    _domain_features(reading, out)
    _effect_features(reading, out)
    for name in sorted(server_words(reading.definition.server)):
        out["s:" + name] = 0.4
    out.update(capability_features(reading))
    return out
