"""data/stack/clients.toml as records: the clients, and where each keeps its servers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from catalog.errors import UsageError
from catalog.stack.records import Platform, Scope
from catalog.stack.surroundings import Surroundings
from classifier.resources import data_path

Shape = Literal["map", "list", "one"]
Format = Literal["json", "jsonc", "toml", "yaml"]
PLATFORMS: tuple[Platform, ...] = ("linux", "macos", "windows")
MAX_MATCHES = 200


@dataclass(frozen=True, slots=True)
class Fields:
    """Which key of an entry holds what, the preferred one first."""

    command: tuple[str, ...]
    args: tuple[str, ...]
    env: tuple[str, ...]
    url: tuple[str, ...]
    headers: tuple[str, ...]
    cwd: tuple[str, ...]
    disabled: tuple[str, ...]
    enabled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A file that a client reads, as a pattern, and where in it the servers are."""

    scope: Scope
    platforms: tuple[Platform, ...]
    path: str
    servers: tuple[str, ...]
    format: Format = "json"
    shape: Shape = "map"
    off: tuple[tuple[str, ...], ...] = ()
    off_in: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a client reads its policy for one scope."""

    scope: Scope
    platforms: tuple[Platform, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Client:
    """A program that starts servers. `target` is the policy target that writes for it, if there is one."""

    id: str
    name: str
    source: str
    fields: Fields
    places: tuple[Place, ...]
    settings: tuple[Settings, ...] = ()
    target: str | None = None


@cache
def clients() -> tuple[Client, ...]:
    """All clients, in the order of the file."""
    raw = _raw()
    return tuple(_client(entry, raw["fields"]) for entry in raw["client"])


@cache
def any_client() -> Client:
    """What a file of no known client is read as: every place where any client keeps servers."""
    places = {p.servers: p for client in clients() for p in client.places}
    return Client("file", "file", "", _fields(_raw()["fields"]), tuple(places.values()))


def find_client(name: str) -> Client:
    """The client of that id or name. Raises UsageError with those there are."""
    for client in clients():
        if name.lower() in (client.id, client.name.lower()):
            return client
    raise UsageError(f"no client is called {name!r}", f"There are: {', '.join(c.id for c in clients())}.")


def expand(pattern: str, around: Surroundings) -> Iterator[tuple[Path, Path | None]]:
    """The paths that a pattern stands for, each with the project it belongs to. They need not exist."""
    if "{project}" in pattern:
        for project in around.projects():
            for path in _matches(pattern.replace("{project}", str(project)), around):
                yield path, project
        return
    for path in _matches(pattern, around):
        yield path, None


def _matches(pattern: str, around: Surroundings) -> list[Path]:
    pattern = pattern.replace("{root}", str(around.root).rstrip("/\\"))
    for variable in _raw()["variable"]:
        value = around.environment.get(variable["environment"]) or variable["default"]
        pattern = pattern.replace(f"{{{variable['name']}}}", value)
    if pattern.startswith("~"):
        pattern = str(around.home) + pattern[1:]
    if "*" not in pattern:
        return [Path(pattern)]
    parts = Path(pattern).parts
    first = next(i for i, part in enumerate(parts) if "*" in part)
    base = Path(*parts[:first])
    try:
        return sorted(base.glob("/".join(parts[first:])))[:MAX_MATCHES]
    except OSError:
        return []


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(data_path("stack/clients.toml").read_text("utf-8"))


def _fields(raw: Mapping[str, list[str]]) -> Fields:
    return Fields(**{name: tuple(keys) for name, keys in raw.items()})


def _client(raw: Mapping[str, Any], fields: Mapping[str, list[str]]) -> Client:
    return Client(
        id=raw["id"],
        name=raw["name"],
        source=raw["source"],
        fields=_fields({**fields, **raw.get("fields", {})}),
        places=tuple(_place(place) for place in raw["place"]),
        settings=tuple(
            Settings(s["scope"], tuple(s.get("platforms", PLATFORMS)), s["path"]) for s in raw.get("settings", ())
        ),
        target=raw.get("target"),
    )


def _place(raw: Mapping[str, Any]) -> Place:
    return Place(
        scope=raw["scope"],
        platforms=tuple(raw.get("platforms", PLATFORMS)),
        path=raw["path"],
        servers=tuple(raw["servers"]),
        format=raw.get("format", "json"),
        shape=raw.get("shape", "map"),
        off=tuple(map(tuple, raw.get("off", ()))),
        off_in=tuple((entry["path"], tuple(entry["names"])) for entry in raw.get("off_in", ())),
    )
