"""Opening the file: what can go wrong is said in one place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.errors import StoreError

SUPPORTED_VERSION = 3  # equals schema.SCHEMA_VERSION; repeated here so that reading needs no sqlite-utils


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turns sqlite3's errors into StoreError that names the file, the cause and the next step."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _explained(path, error) from error


def migrate(connection: sqlite3.Connection) -> None:
    """Brings the file to the present schema. Only here is sqlite-utils loaded, which takes longer than all the rest."""
    from sqlite_utils import Database

    from catalog.store.schema import migrations

    migrations.apply(Database(connection))


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """The file's schema version, 0 for a new file. Raises StoreError for a newer one or another program's file."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SUPPORTED_VERSION:
        raise StoreError(
            f"{path} was made by a newer catalog (schema {version}, this one reads up to {SUPPORTED_VERSION}).",
            "Upgrade with `pip install --upgrade mcp-tool-catalog`, or name another file with --db.",
        )
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version == 0 and tables - {"_sqlite_migrations", "sqlite_sequence"}:
        raise StoreError(f"{path} is a database of another program.", "Name another file with --db or CATALOG_DB.")
    return version


def _explained(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    text = str(error)
    if "not a database" in text:
        return StoreError(f"{path} is not a SQLite database.", "Name another file with --db or CATALOG_DB.")
    if "locked" in text:
        return StoreError(f"{path} is being written by another process.", "Wait for it to finish, then try again.")
    if "readonly" in text:
        return StoreError(f"{path} cannot be written.", "Check the permissions of the file and its folder.")
    if "full" in text:
        return StoreError(f"{path}: the disk is full; nothing stored was lost.", "Free some space, then try again.")
    if "malformed" in text or "corrupt" in text:
        return StoreError(f"{path} is damaged: {text}.", "Restore a backup, or ingest again into a new file.")
    return StoreError(f"{path}: {text}.", "Check that the path is a writable SQLite file.")
