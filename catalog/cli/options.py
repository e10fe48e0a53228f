"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_DB = "catalog.db"

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Slug = Annotated[str | None, typer.Option("--slug", help="The server's slug, instead of the one made from REF.")]
Db = Annotated[
    str | None,
    typer.Option("--db", metavar="PATH", help="The SQLite file (or CATALOG_DB).", show_default=DEFAULT_DB),
]


def database(context: Any, db: str | None) -> Path:
    """Where the store is: the command's --db, the one before the command, CATALOG_DB, or catalog.db here."""
    before = context.find_root().params.get("db")
    return Path(db or before or os.environ.get("CATALOG_DB") or DEFAULT_DB)
