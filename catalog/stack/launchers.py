"""data/stack/launchers.toml as records, and the reading of a command's words with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Literal

from classifier.resources import data_path

Words = Sequence[str]
_ENDINGS = (".exe", ".cmd", ".bat", ".ps1")


@dataclass(frozen=True, slots=True)
class Launcher:
    """A program that runs a package by name."""

    programs: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    kind: Literal["npm", "pypi"]
    values: frozenset[str]
    flags: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Bridge:
    """A package that connects to the real server: at an address, by a command, or nobody can tell."""

    reference: str
    to: Literal["url", "command", "nothing"]
    options: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """What the words after a launcher name: the package as written and the words for it; or why that cannot be told."""

    spec: str | None
    rest: tuple[str, ...] = ()
    reason: str | None = None


@cache
def table() -> dict[str, Any]:
    return tomllib.loads(data_path("stack/launchers.toml").read_text("utf-8"))


@cache
def launchers() -> tuple[Launcher, ...]:
    raw = table()["launcher"]
    by_program = {program: entry for entry in raw for program in entry["programs"]}
    return tuple(_launcher({**by_program.get(entry.get("like"), {}), **entry}) for entry in raw)


@cache
def bridges() -> dict[str, Bridge]:
    return {
        raw["reference"]: Bridge(raw["reference"], raw["to"], tuple(raw.get("options", ())), raw.get("reason"))
        for raw in table()["bridge"]
    }


def _launcher(raw: Mapping[str, Any]) -> Launcher:
    return Launcher(
        tuple(raw["programs"]),
        tuple(map(tuple, raw.get("words", [[]]))),
        raw["kind"],
        frozenset(raw["values"]),
        frozenset(raw["flags"]),
        frozenset(raw["names"]),
    )


def program_of(word: str) -> str:
    """What a command is called: `C:\\nodejs\\npx.cmd` is npx, /usr/bin/python3.12 is python3."""
    name = PurePosixPath(word.strip().replace("\\", "/")).name.lower()
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return "python3" if re.fullmatch(r"python\d+(?:\.\d+)*", name) else name


def find_launcher(program: str, words: Words) -> tuple[Launcher, Words] | None:
    """The launcher that these words call, and the words after what belongs to it."""
    for launcher in launchers():
        if program in launcher.programs:
            for own in launcher.words:
                if tuple(words[: len(own)]) == own:
                    return launcher, words[len(own) :]
    return None


def package_of(launcher: Launcher, words: Words) -> Package:
    """The package that the words name. An option that is not known before it leaves that open, on purpose."""
    named: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        option, equals, value = word.partition("=")
        if word.startswith("--") and equals:
            named += [value] if option in launcher.names else []
            at += 1
        elif word in launcher.names:
            named += words[at + 1 : at + 2]
            at += 2
        elif word in launcher.values:
            at += 2
        elif word in launcher.flags:
            at += 1
        elif word.startswith("-") and len(word) > 1:
            return Package(None, reason="an option before the package is not known here, so the package cannot be told")
        else:
            break
    if len(set(named)) > 1:
        return Package(None, reason="it names several packages, and any of them could be the server")
    if named:
        return Package(named[0], tuple(words[at + 1 :]))
    if at >= len(words):
        return Package(None, reason="no package is named")
    return Package(words[at], tuple(words[at + 1 :]))


def plain_words(words: Words, values: Sequence[str]) -> list[str]:
    """The words that are neither options nor the values of the options in `values`; all words after the first plain
    one are kept as they are."""
    at = 0
    while at < len(words):
        if words[at] in values:
            at += 2
        elif words[at].startswith("-") and len(words[at]) > 1:
            at += 1
        else:
            return list(words[at:])
    return []


def option_value(words: Words, names: Sequence[str]) -> str | None:
    """The value of the first of these options, written `--x VALUE` or `--x=VALUE`."""
    for number, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in names:
            return value if equals else next(iter(words[number + 1 : number + 2]), None)
    return None
