"""Which products a definition speaks of, and whose data lies behind them: data/lexicon/products.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise

from classifier.resources import data_path

_SERVER_PART = re.compile(r"[^\W_]+")
_SERVER_LIMIT = 200  # characters of a server's name that are read


@dataclass(frozen=True, slots=True)
class Products:
    """`domains` maps a product's word to its domains; `ordinary` are those that are everyday words as well."""

    domains: dict[str, tuple[str, ...]]
    ordinary: frozenset[str]


@lru_cache(maxsize=1)
def load_products() -> Products:
    """The products, read once."""
    with data_path("lexicon", "products.toml").open("rb") as file:
        raw = tomllib.load(file)
    domains: dict[str, list[str]] = {}
    for entry in raw["domain"]:
        for word in dict.fromkeys(entry["words"].split()):
            domains.setdefault(word, []).append(entry["id"])
    return Products({word: tuple(ids) for word, ids in domains.items()}, frozenset(raw["ordinary"].split()))


def load_domain_ids() -> frozenset[str]:
    """The ids of all domains."""
    return frozenset(domain for domains in load_products().domains.values() for domain in domains)


def find_domains(words: Sequence[str]) -> list[str]:
    """The domains of the products among the words, one by one or two joined, each once; ordinary words say nothing."""
    products = load_products()
    known, ordinary = products.domains, products.ordinary
    found: dict[str, None] = {}
    for word in chain(words, map("".join, pairwise(words))):
        if word in known and word not in ordinary:
            found.update(dict.fromkeys(known[word]))
    return list(found)


@lru_cache(maxsize=4096)
def server_domains(server: str | None) -> tuple[str, ...]:
    """The domains of the products in a server's name, ordinary words and words with digits included."""
    words = [part.lower() for part in _SERVER_PART.findall((server or "")[:_SERVER_LIMIT])]
    known = load_products().domains
    found: dict[str, None] = {}
    for word in chain(words, map("".join, pairwise(words))):
        found.update(dict.fromkeys(known.get(word, ())))
    return tuple(found)


def unite(*domains: Iterable[str]) -> list[str]:
    """All of them, each once, in order."""
    return list(dict.fromkeys(chain.from_iterable(domains)))
