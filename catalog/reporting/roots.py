"""Where the paths of a snapshot's tools can be found again."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from catalog.errors import CatalogError
from catalog.records import Snapshot, Source
from catalog.reporting.records import Root, Subject
from catalog.sources.reference import Reference, parse_reference


def subject_of(reference: Reference, snapshot: Snapshot) -> Subject:
    """The subject that a snapshot read from a reference is."""
    return Subject(
        snapshot.server.slug,
        str(reference),
        tuple(t.name for t in snapshot.tools),
        len(snapshot.gaps),
        root=root_of(reference, snapshot.server.source, Path.cwd()),
    )


def root_of(reference: Reference, source: Source, working_folder: Path) -> Root:
    """A folder below the working folder as a prefix, a repository as the address of its files at that commit."""
    if reference.kind == "local" and Path(reference.name).is_dir():
        relative = os.path.relpath(Path(reference.name).resolve(), working_folder.resolve())
        if relative == ".":
            return Root()
        if relative.startswith(".."):
            return Root(url=Path(reference.name).resolve().as_uri() + "/")
        return Root(prefix=Path(relative).as_posix() + "/")
    if reference.kind == "github" and source.url and source.commit:
        below = f"{quote(reference.subdir.strip('/'))}/" if reference.subdir else ""
        return Root(url=f"{source.url.rstrip('/')}/blob/{source.commit}/{below}")
    return Root()


def root_of_stored(source: Source, working_folder: Path) -> Root:
    """The same for what is stored, by the reference that the store keeps."""
    try:
        return root_of(parse_reference(source.reference), source, working_folder)
    except CatalogError:  # such as the command of a server that was started
        return Root()
