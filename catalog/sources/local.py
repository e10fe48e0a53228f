"""A folder or an archive on this machine."""

from __future__ import annotations

from pathlib import Path

from catalog.errors import SourceError, SourceNotFound
from catalog.records import Server, Source
from catalog.sources.interface import Fetched
from catalog.sources.reference import ARCHIVE_SUFFIXES, FORMS, Reference


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """The folder itself, or the archive unpacked below `work_dir`. A folder is read in place and never written to."""
    path = Path(reference.name)
    if not path.exists():
        raise SourceNotFound(f"{reference.name} does not exist", f"Accepted references: {FORMS}.")
    root = path if path.is_dir() else _unpacked(path, work_dir)
    name = path.name if path.name not in ("", "..") else path.resolve().name
    return Fetched(Server(slug, name, Source("local", reference.identity)), root)


def _unpacked(path: Path, work_dir: Path) -> Path:
    from catalog.sources.archive import unpack

    if not path.is_file():
        raise SourceError(f"{path} is neither a folder nor a file")
    if not path.name.lower().endswith(ARCHIVE_SUFFIXES):
        raise SourceError(
            f"{path} is neither a folder nor an archive", f"Archives end in {', '.join(ARCHIVE_SUFFIXES)}."
        )
    return unpack(path, work_dir / "tree").root
