"""Discovery in, the stack out: what each entry starts is resolved, read where it is not stored, and looked up.

Everything that is written goes through the ordinary ingest; the store learns references and definitions, and nothing of
the configuration.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import CatalogError
from catalog.findings.find import find_in_server
from catalog.severity import Severity, at_least
from catalog.sources.reference import Reference, slug_of, slugify
from catalog.stack.beside import beside_each_other
from catalog.stack.clearing import cleared
from catalog.stack.discover import Discovery
from catalog.stack.records import Entry, Member, Resolution, Stack, StackTool
from catalog.stack.resolve import resolve
from catalog.stack.surroundings import Surroundings
from catalog.store.read import Filters, StoredServer, StoreReader

if TYPE_CHECKING:  # reading what is stored needs none of what reads sources
    from catalog.pipeline import Failed, Ingested

MAX_AGE = timedelta(days=7)
MAX_FILES = 20_000  # of a folder, when its times are compared
_UNREAD_FOLDERS = frozenset({".git", "node_modules", ".venv", "venv", "__pycache__", "dist", "build", "target"})

Ingest = Callable[[Sequence[tuple[Reference, str]]], "Iterable[Ingested | Failed]"]
Start = Callable[[Entry, str], "Ingested | Failed"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How what is not stored is read. `ingest` None: not at all (offline). `start` None: nothing is ever run.

    What was read longer ago than `max_age` is read again, unless its version is pinned.
    """

    ingest: Ingest | None
    start: Start | None = None
    max_age: timedelta = MAX_AGE


@dataclass(frozen=True, slots=True)
class _Group:
    """The entries that start the same version of the same thing."""

    slug: str
    reference: Reference | None
    entries: tuple[tuple[Entry, Resolution], ...]

    @property
    def is_on(self) -> bool:
        return any(entry.enabled for entry, _ in self.entries)


def gather(
    found: Discovery,
    around: Surroundings,
    db: Path,
    now: datetime,
    reading: Reading,
    named: Mapping[str, Reference] | None = None,
) -> Stack:
    """The stack of what was discovered. Raises StoreError where the store cannot be read or written."""
    resolved = [(entry, resolve(entry, around, named)) for entry in found.entries]
    with _opened(db) as store:
        groups = _grouped(resolved, store)
        due = [g for g in groups if g.is_on and g.reference is not None and not _is_fresh(g, store, now, reading)]
    failures: dict[str, str] = {}
    if due and reading.ingest is not None:
        wanted = [(g.reference, g.slug) for g in due if g.reference is not None]
        for group, outcome in zip(due, reading.ingest(wanted), strict=True):
            if (why := _failure(outcome, [e for e, _ in group.entries])) is not None:
                failures[group.slug] = why
    with _opened(db) as store:
        members = [_member(group, store, failures.get(group.slug), reading) for group in groups]
    if reading.start is None or not any(m.state == "unknown" for m in members):
        return beside_each_other(Stack(found.files, tuple(members)))
    started = [_started(m, reading.start) for m in members]
    with _opened(db) as store:
        members = [_listed(m, slug, why, store) for m, slug, why in started]
    return beside_each_other(Stack(found.files, tuple(members)))


def _failure(outcome: Ingested | Failed, entries: Iterable[Entry]) -> str | None:
    from catalog.pipeline import Failed

    return reason_of(outcome.error, entries) if isinstance(outcome, Failed) else None


def reason_of(error: CatalogError, entries: Iterable[Entry]) -> str:
    """What went wrong, in one line, without anything that the entries keep secret."""
    text = error.message if error.hint is None else f"{error.message} ({error.hint})"
    return cleared(" ".join(text.split()), entries)[:600]


@contextmanager
def _opened(db: Path) -> Iterator[StoreReader | None]:
    """The store for reading, or None where there is none yet."""
    if not db.is_file():
        yield None
        return
    with StoreReader(db) as store:
        yield store


def _grouped(resolved: Sequence[tuple[Entry, Resolution]], store: StoreReader | None) -> list[_Group]:
    held: dict[object, list[tuple[Entry, Resolution]]] = {}
    for number, (entry, resolution) in enumerate(resolved):
        reference = resolution.reference
        key: object = number if reference is None else (reference.kind, reference.identity, reference.version)
        held.setdefault(key, []).append((entry, resolution))
    taken: dict[str, object] = {}
    groups: list[_Group] = []
    for key, entries in held.items():
        reference = entries[0][1].reference
        slug = _unknown_key(entries[0][0], taken) if reference is None else _slug(reference, taken, store)
        taken[slug] = key
        groups.append(_Group(slug, reference, tuple(entries)))
    return groups


def _unknown_key(entry: Entry, taken: Mapping[str, object]) -> str:
    name = f"{entry.client}/{entry.name}"
    number = 1
    while (key := name if number == 1 else f"{name} ({number})") in taken:
        number += 1
    return key


def _slug(reference: Reference, taken: Mapping[str, object], store: StoreReader | None) -> str:
    """The reference's slug; with its version, or a number, where another server has that."""
    try:
        base = slug_of(reference)
    except CatalogError:
        base = "server"
    for name in (
        base,
        f"{base}-{slugify(reference.version or '')}".rstrip("-"),
        *(f"{base}-{n}" for n in range(2, 100)),
    ):
        if name not in taken and _may_have(name, reference, store):
            return name
    return f"{base}-{hashlib.sha256(reference.identity.encode()).hexdigest()[:8]}"


def _may_have(slug: str, reference: Reference, store: StoreReader | None) -> bool:
    if store is None or not store.has_server(slug):
        return True
    source = store.server(slug).server.source
    return (source.kind, source.reference) == (reference.kind, reference.identity)


def _is_fresh(group: _Group, store: StoreReader | None, now: datetime, reading: Reading) -> bool:
    """Whether what is stored answers: the pinned version, or read not too long ago; a folder unless it changed."""
    if store is None or group.reference is None or not store.has_server(group.slug):
        return False
    stored = store.server(group.slug)
    if stored.taken_at is None:
        return False
    if group.reference.version is not None and group.reference.kind in ("npm", "pypi"):
        return _is_version(group.reference, stored)
    if group.reference.version != stored.server.source.ref and group.reference.kind == "github":
        return group.reference.version is None and now - datetime.fromisoformat(stored.taken_at) < reading.max_age
    if group.reference.kind == "local":
        return not _changed_since(Path(group.reference.name), datetime.fromisoformat(stored.taken_at).timestamp())
    return now - datetime.fromisoformat(stored.taken_at) < reading.max_age


def _is_version(reference: Reference, stored: StoredServer) -> bool:
    return reference.version in (stored.server.version, stored.server.source.ref)


def _changed_since(folder: Path, time_s: float) -> bool:
    """Whether a file of the folder is newer; True also where there are too many to tell."""
    seen = 0
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _UNREAD_FOLDERS]
        for name in names:
            seen += 1
            try:
                if seen > MAX_FILES or os.lstat(os.path.join(base, name)).st_mtime > time_s:  # noqa: PTH118
                    return True
            except OSError:
                return True
    return False


def _member(group: _Group, store: StoreReader | None, failure: str | None, reading: Reading) -> Member:
    if not group.is_on:
        return Member(group.slug, "off", group.entries, why="it is switched off")
    if group.reference is None:
        return Member(group.slug, "unknown", group.entries, why=group.entries[0][1].reason)
    if store is None or not store.has_server(group.slug):
        return Member(group.slug, "unknown", group.entries, why=failure or _not_stored(reading))
    stored = store.server(group.slug)
    is_other = group.reference.kind in ("npm", "pypi") and group.reference.version is not None
    if is_other and not _is_version(group.reference, stored):
        why = failure or f"{_not_stored(reading)}; version {stored.server.version} is"
        return Member(group.slug, "unknown", group.entries, why=why)
    member = _known(group.slug, group.entries, stored, store)
    return replace(member, why=f"not read again: {failure}") if failure else member


def _not_stored(reading: Reading) -> str:
    return "it is not stored, and nothing is fetched offline" if reading.ingest is None else "it is not stored"


_TOLD_FROM: Severity = "medium"  # milder findings are the author's to mend: `catalog findings` has them


def _known(
    slug: str, entries: tuple[tuple[Entry, Resolution], ...], stored: StoredServer, store: StoreReader
) -> Member:
    pairs = [(t.tool, t.classification) for t in store.tools(Filters(server=slug))]
    return Member(
        slug,
        "known",
        entries,
        tuple(StackTool(tool.name, label, tool) for tool, label in pairs),
        version=stored.server.version,
        gaps=store.gaps(slug),
        completeness=stored.completeness,
        taken_at=stored.taken_at,
        findings=tuple(r for r in find_in_server(stored.server, pairs) if at_least(r.severity, _TOLD_FROM)),
    )


def _started(member: Member, start: Start) -> tuple[Member, str, str | None]:
    """The member with the slug that starting it gave it, and what went wrong; untouched where there is no command."""
    entry = next((e for e, _ in member.active if e.launch.command is not None), None)
    if member.state != "unknown" or entry is None:
        return member, member.key, None
    slug = slugify(f"stdio {entry.client} {entry.name}")
    return member, slug, _failure(start(entry, slug), [entry])


def _listed(member: Member, slug: str, why: str | None, store: StoreReader | None) -> Member:
    if why is not None:
        return replace(member, why=f"{member.why}; started, and: {why}")
    if slug == member.key or store is None or not store.has_server(slug):
        return member
    return _known(slug, member.entries, store.server(slug), store)
