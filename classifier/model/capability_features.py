"""What only the capability models see: what is handed back or acted on, and whose it is. Names begin with `k`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from classifier.clauses import load_grammar
from classifier.lexicon import Verb, load_lexicon
from classifier.products import find_domains, server_domains, unite
from classifier.reading import Reading
from classifier.roles import load_roles
from classifier.text import Word
from classifier.things import kinds_of, load_whose

PREFIX = "k"
_RESULT_WORDS = 120


def _command(reading: Reading) -> tuple[Verb, Word] | None:
    """The verb of the name; in front, a reading verb leads even where the noun after it could be a verb as well."""
    if len(reading.own) > 1:
        verb = load_lexicon().verbs.get(reading.own[0].word)
        if verb and verb.form == "base" and verb.effect == "read":
            return verb, reading.own[0]
    return reading.name_verb


def _effect(reading: Reading) -> str:
    main = reading.main
    command = _command(reading)
    if command and command[0].effect != "ambiguous":
        return command[0].effect
    return main.verb.effect if main else command[0].effect if command else "none"


def name_heads(reading: Reading) -> tuple[str, list[str]]:
    """The head noun of what the name acts on, '' where there is none, and the other nouns before it."""
    command = _command(reading)
    verb = command[1].start if command else -1
    nouns: list[str] = []
    for word in reading.own:
        if word.start == verb:
            continue
        if word.word in load_whose().turns:
            if nouns:
                break
            continue
        nouns.append(word.word)
    return (nouns[-1], nouns[:-1]) if nouns else ("", [])


def text_heads(words: Sequence[str], start: int) -> list[str]:
    """The head nouns after a verb, from word `start` on: the first, and what it is of where it says little itself."""
    grammar, whose = load_grammar(), load_whose()
    heads: list[str] = []
    head = ""
    for word in words[start : start + 16]:
        if word in grammar.stop or not word[0].isalnum():
            if not head:
                if word[0].isalnum() or word in "\"'`(":
                    continue
                break
            heads.append(head)
            if len(heads) == 2 or word not in whose.bridges:
                return heads
            head = ""
        elif word not in grammar.skip or word in whose.through:
            head = word
    return [*heads, head] if head else heads


def _sides(domains: Iterable[str]) -> str:
    held = set(domains)
    whose = load_whose()
    own, public = bool(held & whose.own_domains), bool(held & whose.public_domains)
    return "both" if own and public else "own" if own else "public" if public else "none"


def capability_features(reading: Reading) -> dict[str, float]:
    """Feature name -> value."""
    out: dict[str, float] = {}
    effect = _effect(reading)
    domains = unite(server_domains(reading.definition.server), find_domains([w.word for w in reading.words]))
    spoken = find_domains(reading.text[:80])
    side = _sides(domains) if domains else "said-" + _sides(spoken)
    out[f"ks:{side}"] = 1.0
    out[f"kse:{side}:{effect}"] = 1.0
    head, others = name_heads(reading)
    kinds = (kinds_of(head) or ("other",)) if head else ("nothing",)
    _cross(out, "kn", kinds, effect, side, domains)
    for word in others:
        for kind in kinds_of(word):
            out[f"km:{kind}"] = 0.5
            out[f"kme:{effect}:{kind}"] = 0.5
    main = reading.main
    if main:
        abroad = main in reading.foreign  # there the reader names the object, in English
        said = [main.target] * bool(main.target) if abroad else text_heads(reading.text, main.last + 1)
        for place, word in enumerate(said):
            _cross(out, f"kt{place}", kinds_of(word) or ("other",), effect, side, domains)
            out[f"kw{place}:{effect}:{word}"] = 0.7
        if said:
            out[f"kv:{main.verb.lemma}:{said[-1]}"] = 0.5
            for kind in kinds_of(said[-1]):
                out[f"kvc:{main.verb.lemma}:{kind}"] = 0.5
    if head:
        out[f"kh:{effect}:{head}"] = 0.7
        out[f"khs:{side}:{head}"] = 0.5
    command = _command(reading)
    if command:
        for kind in kinds:
            out[f"knv:{command[0].lemma}:{kind}"] = 0.5
    _results(reading, side, out)
    _surroundings(reading, effect, out)
    return out


def _cross(
    out: dict[str, float], place: str, kinds: Iterable[str], effect: str, side: str, domains: Iterable[str]
) -> None:
    for kind in kinds:
        out[f"{place}:{kind}"] = 0.7
        out[f"{place}e:{effect}:{kind}"] = 1.0
        out[f"{place}s:{side}:{effect}:{kind}"] = 1.0
        for domain in domains:
            out[f"{place}d:{domain}:{effect}:{kind}"] = 0.7


def _results(reading: Reading, side: str, out: dict[str, float]) -> None:
    """What the text says comes back: "Returns the name of ...", "including the comments"."""
    whose = load_whose()
    for n, word in enumerate(reading.text[:_RESULT_WORDS]):
        if n and word in whose.returns:
            place = "kr"
        elif word in whose.includes:
            place = "ki"
        else:
            continue
        for head in text_heads(reading.text, n + 1):
            for kind in kinds_of(head):
                out[f"{place}:{kind}"] = 0.7
                out[f"{place}s:{side}:{kind}"] = 0.5


def _surroundings(reading: Reading, effect: str, out: dict[str, float]) -> None:
    """Words and parameters that tell whose data it is."""
    roles, whose = load_roles(), load_whose()
    opening = reading.text[:60]
    for word in opening:
        if word in whose.own_words:
            out["ko:own"] = 1.0
            out[f"koe:own:{effect}"] = 0.7
        elif word in whose.public_words:
            out["ko:public"] = 1.0
            out[f"koe:public:{effect}"] = 0.7
    own = public = False
    for p in reading.parameters[:40]:
        own = own or p.key in whose.own_parameters
        public = public or "geo" in roles.get(p.key, ())
    if own:
        out[f"kp:own:{effect}"] = 1.0
    if public:
        out[f"kp:geo:{effect}"] = 1.0
