"""Which products a definition speaks of, and whose data lies behind them: data/lexicon/products.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache

from classifier.resources import data_path


@lru_cache(maxsize=1)
def load_products() -> dict[str, tuple[str, ...]]:
    """Product word -> the ids of the domains it belongs to."""
    with data_path("lexicon", "products.toml").open("rb") as file:
        raw = tomllib.load(file)
    domains: dict[str, list[str]] = {}
    for entry in raw["domain"]:
        for word in dict.fromkeys(entry["words"].split()):
            domains.setdefault(word, []).append(entry["id"])
    return {word: tuple(ids) for word, ids in domains.items()}


def load_domain_ids() -> frozenset[str]:
    """The ids of all domains."""
    return frozenset(domain for domains in load_products().values() for domain in domains)


def find_domains(words: Iterable[str]) -> list[str]:
    """The domains of the products among the words, each once, in order."""
    products = load_products()
    return list(dict.fromkeys(domain for word in words for domain in products.get(word, ())))
