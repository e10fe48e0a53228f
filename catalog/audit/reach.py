"""What the code facts and the evidence of a tool say about its hints; the knowledge is `data/audit/reach.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from catalog.audit.records import Answer
from catalog.records import Fact, Tool
from classifier.records import Classification
from classifier.resources import data_path
from classifier.text import name_words

_METHOD = re.compile(r"[A-Z]+")
_WORDS_OF_SQL = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Denial:
    """Kinds of facts, request methods and SQL statements that speak against a claim."""

    kinds: frozenset[str]
    methods: frozenset[str]
    sql: frozenset[str]

    def holds(self, fact: Fact) -> bool:
        """Whether a fact is one of these."""
        if fact.kind == "http":
            return method_of(fact) in self.methods
        if fact.kind == "sql":
            first = _WORDS_OF_SQL.search(fact.detail)
            return first is not None and first[0].upper() in self.sql
        return fact.kind in self.kinds


@cache
def knowledge() -> dict[str, Any]:
    return tomllib.loads(data_path("audit", "reach.toml").read_text("utf-8"))


@cache
def denial(name: str) -> Denial:
    """The facts of one table: `denies_read` or `denies_additive`."""
    raw = knowledge()[name]
    return Denial(frozenset(raw["kinds"]), frozenset(raw["methods"]), frozenset(raw["sql"]))


def method_of(fact: Fact) -> str:
    """The method of a request, as far as it was seen; "" where it was not."""
    found = _METHOD.match(fact.detail)
    return found[0] if found else ""


def contrary(tool: Tool, name: str) -> Fact | None:
    """The first fact about the tool's handler that speaks against a claim."""
    return next((f for f in tool.facts if denial(name).holds(f)), None)


def idempotence(tool: Tool) -> Answer:
    """True where every effect that was seen is one that a second call does not add to; nothing otherwise."""
    raw = knowledge()["idempotent"]
    effects: list[Fact] = []
    repeated = next((w.word for w in name_words(tool.name) if w.word in raw["doubtful_names"]), None)
    if repeated is not None:
        return Answer(None, f"not shown: its name says “{repeated}”, and a second call may add to the first")
    for fact in tool.facts:
        if (fact.kind == "http" and method_of(fact) in raw["neutral_methods"]) or fact.kind in raw["neutral_kinds"]:
            continue
        if not (fact.kind in raw["kinds"] or (fact.kind == "http" and method_of(fact) in raw["methods"])):
            return Answer(None, f"not shown: the handler has {shown(fact)}, which a second call may repeat")
        effects.append(fact)
    if not effects:
        return Answer(None, "not shown: nothing in the handler tells what a second call would do")
    return Answer(True, f"all that its handler was seen to change is {shown(effects[0])}; a second time adds nothing")


def open_world(tool: Tool, said: Classification, is_local: Callable[[], bool]) -> Answer:
    """Whether the tool reaches entities that are not known in advance. `is_local` answers for the whole server."""
    raw, local = knowledge()["open_world"], knowledge()["closed_world"]["kinds"]
    rules = dict.fromkeys(raw["firm_rules"], True) | dict.fromkeys(raw["rules"], False)
    quotes = [q for q in said.evidence if q.rule.removeprefix("rule:") in rules]
    if quotes:
        firm = [q for q in quotes if rules[q.rule.removeprefix("rule:")]]
        quote = (firm or quotes)[0]
        why = f"its {quote.field} says “{quote.text}”: whom it reaches is not known in advance"
        return Answer(True, why, is_firm=bool(firm))
    mail = next((f for f in tool.facts if f.kind in raw["firm_kinds"]), None)
    if mail is not None:
        return Answer(True, f"the handler has {shown(mail)}: whom it reaches is not known in advance")
    if any(c in raw["capabilities"] for c in said.capabilities):
        return Answer(True, "it speaks to people outside, or returns what strangers wrote", is_firm=False)
    if tool.facts and all(f.kind in local for f in tool.facts) and is_local():
        return Answer(False, f"the handler has {shown(tool.facts[0])}, and nothing in the source speaks to a network")
    return Answer(None, "not shown: how far it reaches cannot be told from the source")


def shown(fact: Fact) -> str:
    """A fact in a few words with its place."""
    return f"{fact.kind.replace('_', ' ')} {fact.detail} ({fact.location.path}:{fact.location.line})"
