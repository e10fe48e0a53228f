"""What a parameter's name tells: roles read from data/lexicon/parameters.toml."""

from __future__ import annotations

import tomllib
from functools import lru_cache

from classifier.resources import data_path


@lru_cache(maxsize=1)
def load_roles() -> dict[str, tuple[str, ...]]:
    """Normal parameter name -> the ids of the roles it has."""
    with data_path("lexicon", "parameters.toml").open("rb") as file:
        raw = tomllib.load(file)
    roles: dict[str, list[str]] = {}
    for entry in raw["role"]:
        for name in dict.fromkeys(entry["names"].split()):
            roles.setdefault(name, []).append(entry["id"])
    return {name: tuple(ids) for name, ids in roles.items()}
