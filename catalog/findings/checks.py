"""The checks as data: every `[[check]]` of data/checks/*.toml, read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from catalog.errors import InvalidInput
from catalog.findings.records import Check
from catalog.severity import SEVERITIES
from classifier.resources import data_path

_TEXTS = ("id", "title", "severity", "why", "remedy")
_ID = r"[a-z0-9]+(-[a-z0-9]+)*"
_TABLE = "\n[[check]]\n"


@lru_cache(maxsize=1)
def load_checks() -> dict[str, Check]:
    """Every check that ships, by id, in the order of file names and of each file. InvalidInput names what is wrong."""
    return read_checks(data_path("checks"))


@lru_cache(maxsize=100)
def find_check(id: str) -> Check:
    """The check of that id, as `load_checks` has it; KeyError where there is none.

    Only its own table is parsed: a question about one tool needs a check or two, and should start fast.
    """
    named = f'id = "{id}"\n'
    for path in sorted(data_path("checks").glob("*.toml")):
        for table in path.read_text("utf-8").split(_TABLE)[1:]:
            if table.startswith(named):
                return next(_checks(_TABLE + table, path.name))
    raise KeyError(id)


def read_checks(folder: Path) -> dict[str, Check]:
    """The checks of a folder's TOML files. InvalidInput where a file, a key or a value is not what it must be."""
    found: dict[str, Check] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            text = path.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise InvalidInput(f"{path.name} cannot be read as TOML: {error}") from None
        for check in _checks(text, path.name):
            if check.id in found:
                raise InvalidInput(f"{path.name}: the check {check.id} is there twice", "Ids are unique in all files.")
            found[check.id] = check
    if not found:
        raise InvalidInput(f"{folder} holds no checks", "Each file has one [[check]] table or more.")
    return found


def _checks(text: str, name: str) -> Iterator[Check]:
    import tomllib  # here, because a question to the store should start fast

    try:
        raw = tomllib.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{name} cannot be read as TOML: {error}") from None
    entries = raw.get("check")
    if not isinstance(entries, list) or set(raw) != {"check"}:
        raise InvalidInput(f"{name}: only [[check]] tables belong into it")
    for number, entry in enumerate(entries, 1):
        yield _check(entry, f"{name}: check {number}")


def _check(entry: Any, where: str) -> Check:
    if not isinstance(entry, Mapping):
        raise InvalidInput(f"{where} is no table")
    if isinstance(entry.get("id"), str):
        where = f"{where} ({entry['id']})"
    for key in _TEXTS:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise InvalidInput(f"{where}: {key!r} is missing or no text")
    if unknown := sorted(set(entry) - {*_TEXTS, "gate"}):
        raise InvalidInput(f"{where}: unknown key {unknown[0]!r}")
    if not re.fullmatch(_ID, entry["id"]):
        raise InvalidInput(f"{where}: an id is lower-case words with hyphens between them")
    if entry["severity"] not in SEVERITIES:
        raise InvalidInput(f"{where}: {entry['severity']!r} is no severity; they are {', '.join(SEVERITIES)}")
    if not isinstance(entry.get("gate", False), bool):
        raise InvalidInput(f"{where}: 'gate' is true or false")
    texts = {key: " ".join(entry[key].split()) for key in _TEXTS if key != "severity"}
    return Check(severity=entry["severity"], gate=entry.get("gate", False), **texts)
