"""Finds the configuration files that are there, and every server in them. Reads files and does nothing else.

A file that is broken, too large or no file at all is reported and the rest goes on.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from catalog.errors import InvalidInput
from catalog.stack.clients import Client, Format, Place, any_client, clients, expand
from catalog.stack.documents import Document, Keys, Unreadable, read_document
from catalog.stack.entries import entry_of
from catalog.stack.records import ConfigFile, Entry
from catalog.stack.surroundings import Surroundings

MAX_BYTES = 64_000_000  # ~/.claude.json keeps the history of every project
MAX_YAML_BYTES = 2_000_000
MAX_SERVERS = 1_000  # of one file


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files that are there, and the servers in them, both in the order in which the clients read them."""

    files: tuple[ConfigFile, ...]
    entries: tuple[Entry, ...]


def discover(around: Surroundings, wanted: Sequence[Client] | None = None) -> Discovery:
    """The servers that the wanted clients (all by default) are configured with on this machine."""
    files: list[ConfigFile] = []
    entries: list[Entry] = []
    for client in clients() if wanted is None else wanted:
        read: dict[str, set[tuple[str, ...]]] = {}
        for place in client.places:
            for path, project in expand(place.path, around) if around.platform in place.platforms else ():
                known = read.setdefault(_identity(path), set())
                if place.servers in known or not os.path.lexists(path):
                    continue
                known.add(place.servers)
                _add(_read(client, [place], path, project, around), files, entries)
    return Discovery(_merged(files), tuple(entries))


def discover_in(paths: Sequence[Path], around: Surroundings) -> Discovery:
    """The servers in these files. A file at a known place is read as its client does, others by what is in them.

    Raises InvalidInput where there is no such file.
    """
    files: list[ConfigFile] = []
    entries: list[Entry] = []
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"there is no file {around.shown(path)}", "Give the path of a client's configuration.")
        client, places = _guessed(path)
        project = _project_of(path) if client.id != "file" else path.absolute().parent
        _add(_read(client, places, path, project, around), files, entries)
    return Discovery(_merged(files), tuple(entries))


def _identity(path: Path) -> str:
    try:
        return str(path.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return str(path)


def _add(found: tuple[ConfigFile, list[Entry]], files: list[ConfigFile], entries: list[Entry]) -> None:
    files.append(found[0])
    entries.extend(found[1])


def _merged(files: Sequence[ConfigFile]) -> tuple[ConfigFile, ...]:
    """One row per client and file, although a file may be read for several places."""
    merged: dict[tuple[str, str], ConfigFile] = {}
    for file in files:
        held = merged.get((file.client, file.path))
        if held is not None:
            problem, line = (held.problem, held.line) if held.problem else (file.problem, file.line)
            file = ConfigFile(file.client, file.path, held.scope, held.servers + file.servers, problem, line)
        merged[(file.client, file.path)] = file
    return tuple(merged.values())


def _read(
    client: Client, places: Sequence[Place], path: Path, project: Path | None, around: Surroundings
) -> tuple[ConfigFile, list[Entry]]:
    shown, scope = around.shown(path), places[0].scope
    try:
        text = _text(path, places[0].format)
        document = read_document(text, _format(path, places[0].format))
        entries = [e for place in places for e in _entries(client, place, document, shown, path, project, around)]
    except Unreadable as error:
        return ConfigFile(client.id, shown, scope, 0, error.message, error.line), []
    except (OSError, UnicodeError, InvalidInput) as error:
        return ConfigFile(client.id, shown, scope, 0, _said(error)), []
    problem = None
    if len(entries) > MAX_SERVERS:
        problem = f"it names {len(entries)} servers; the first {MAX_SERVERS} were read"
        entries = entries[:MAX_SERVERS]
    return ConfigFile(client.id, shown, scope, len(entries), problem), entries


def _said(error: OSError | UnicodeError | InvalidInput) -> str:
    if isinstance(error, InvalidInput):
        return error.message
    return "it is not text in UTF-8" if isinstance(error, UnicodeError) else f"it cannot be read: {error.strerror}"


def _text(path: Path, format: Format) -> str:
    """The file's text. Raises OSError, UnicodeError, and InvalidInput for what is no plain file, or too large."""
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe or device could be read without end
        raise InvalidInput("it is not a file")
    limit = MAX_YAML_BYTES if format == "yaml" else MAX_BYTES
    with path.open("rb") as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise InvalidInput(f"it is larger than {limit // 1_000_000} MB")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    return raw.decode("utf-8-sig")


def _format(path: Path, stated: Format) -> Format:
    """By the ending, where the file is not at the place that a client reads."""
    endings: dict[str, Format] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "jsonc", ".jsonc": "jsonc"}
    return endings.get(path.suffix.lower(), stated)


def _entries(
    client: Client, place: Place, document: Document, shown: str, path: Path, project: Path | None, around: Surroundings
) -> Iterator[Entry]:
    for keys, raw in _holders(document.value, place.servers):
        # A project's servers stand below its folder in ~/.claude.json.
        owner = Path(str(keys[1])) if place.servers[:2] == ("projects", "*") else project
        off = _off(document.value, keys, place, around)
        for name, key, entry in _named(raw, place, document.value):
            at: Keys = (*keys, *key)
            yield entry_of(
                client, name, entry, shown, document.line, at, place.scope, owner, off, around, path.absolute().parent
            )


def _holders(value: Any, servers: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What the keys lead to, with the keys themselves; `*` is every member of an object."""
    found: list[tuple[tuple[str, ...], Any]] = [((), value)]
    for key in servers:
        step: list[tuple[tuple[str, ...], Any]] = []
        for keys, held in found:
            if isinstance(held, dict):
                names = list(held) if key == "*" else [key] if key in held else []
                step += [((*keys, name), held[name]) for name in names]
        found = step
    yield from found


def _named(raw: Any, place: Place, document: Any) -> Iterator[tuple[str, tuple[str | int, ...], dict[str, Any]]]:
    """(name, keys below the holder, entry). An entry of another shape is passed on as empty, to be reported."""
    if place.shape == "one":
        name = document.get("name") if isinstance(document, dict) else None
        if isinstance(raw, dict):
            yield str(name or "server"), (), raw
    elif isinstance(raw, list):  # Continue writes a list, and accepts a map
        for number, entry in enumerate(raw):
            name = entry.get("name") if isinstance(entry, dict) else None
            yield str(name or f"server {number + 1}"), (number,), entry if isinstance(entry, dict) else {}
    elif isinstance(raw, dict):
        for name, entry in raw.items():
            yield str(name), (name,), entry if isinstance(entry, dict) else {}
    elif raw is not None:
        raise InvalidInput(f"{'.'.join(place.servers)} is neither an object nor a list")


def _off(document: Any, keys: tuple[str, ...], place: Place, around: Surroundings) -> frozenset[str]:
    """The names that lists beside the servers, or in other files, switch off."""
    beside = document
    for key in keys[:-1]:
        beside = beside[key]
    lists = [_reach(beside, names) for names in place.off]
    for pattern, names in place.off_in:
        for path, _ in expand(pattern, around):
            try:
                lists.append(_reach(read_document(_text(path, "json"), "jsonc").value, names))
            except (OSError, UnicodeError, InvalidInput):
                continue
    return frozenset(str(name) for names in lists if isinstance(names, list) for name in names)


def _reach(value: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _guessed(path: Path) -> tuple[Client, list[Place]]:
    """The client at whose place the file lies, by the end of its path; else whatever any client would find in it."""
    text = "/" + str(path.absolute()).replace("\\", "/").lstrip("/")
    for client in clients():
        held = [p for p in client.places if PurePosixPath(text).match(_tail(p.path))]
        if held:
            return client, list({p.servers: p for p in held}.values())
    return any_client(), list(any_client().places)


def _tail(pattern: str) -> str:
    """The part of a pattern that tells a client's file from any other: its last folder and name."""
    for variable, folder in (("{codex}", ".codex"), ("{copilot}", ".copilot"), ("{claude}/", "")):
        pattern = pattern.replace(variable, folder)
    parts = [part for part in pattern.split("/") if not part.startswith(("~", "{"))]
    return "/".join(parts[-2:])


def _project_of(path: Path) -> Path:
    """The folder that a project's file belongs to: the one above its hidden folder."""
    folder = path.absolute().parent
    return folder.parent if folder.name.startswith(".") else folder
