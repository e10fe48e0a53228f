"""The registration patterns as data: what frameworks call functions and keys, from data/extract/typescript.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from classifier.resources import data_path


@dataclass(frozen=True, slots=True)
class Sink:
    """Calls that do something outside: functions of these packages, or methods of receivers whose name matches."""

    kind: str
    names: frozenset[str]
    packages: frozenset[str]
    receiver: str | None


@dataclass(frozen=True, slots=True)
class Patterns:
    """Names that frameworks use, each list in order of preference."""

    keys: dict[str, tuple[str, ...]]
    hints: frozenset[str]
    methods: dict[str, dict[str, Any]]
    functions: dict[str, dict[str, Any]]
    decorators: frozenset[str]
    base_classes: frozenset[str]
    list_requests: frozenset[str]
    factories: dict[str, tuple[str, ...]]
    metadata_exports: tuple[dict[str, Any], ...]
    definers: frozenset[str]
    schema_converters: frozenset[str]
    translators: frozenset[str]
    text_helpers: frozenset[str]
    sdk_internals: tuple[str, ...]
    sdk_packages: tuple[str, ...]
    not_tools: tuple[str, ...]
    parameter_kinds: frozenset[str]
    sinks: tuple[Sink, ...]


@cache
def patterns() -> Patterns:
    """The patterns, read once."""
    raw = tomllib.loads(data_path("extract", "typescript.toml").read_text("utf-8"))
    return Patterns(
        keys={k: tuple(v) for k, v in raw["keys"].items()},
        hints=frozenset(raw["hints"]),
        methods={m["name"]: m for m in raw["method"]},
        functions={f["name"]: f for f in raw["function"]},
        decorators=frozenset(raw["decorators"]),
        base_classes=frozenset(raw["base_classes"]),
        list_requests=frozenset(raw["list_requests"]),
        factories={f["name"]: tuple(f["keys"]) for f in raw["factory"]},
        metadata_exports=tuple(raw["metadata_export"]),
        definers=frozenset(raw["definers"]),
        schema_converters=frozenset(raw["schema_converters"]),
        translators=frozenset(raw["translators"]),
        text_helpers=frozenset(raw["text_helpers"]),
        sdk_internals=tuple(raw["sdk_internals"]),
        sdk_packages=tuple(raw["sdk_packages"]),
        not_tools=tuple(raw["not_tools"]),
        parameter_kinds=frozenset(raw["parameter_kinds"]),
        sinks=tuple(_sink(s) for s in raw["sink"]),
    )


def _sink(raw: dict[str, Any]) -> Sink:
    return Sink(raw["kind"], frozenset(raw["names"]), frozenset(raw.get("packages", ())), raw.get("receiver"))
