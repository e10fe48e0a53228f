"""Options that several commands share, and the values they accept."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.errors import UsageError
from catalog.store.read import Filters
from classifier.records import CAPABILITIES, CATEGORIES, RISKS

DEFAULT_DB = "catalog.db"

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print JSON Lines, one object a line.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, safe to open in a spreadsheet.")]
Slug = Annotated[str | None, typer.Option("--slug", help="The server's slug, instead of the one made from REF.")]
Db = Annotated[
    str | None,
    typer.Option("--db", metavar="PATH", help=f"The SQLite file; CATALOG_DB, else {DEFAULT_DB} here, when not given."),
]
CategoryOption = Annotated[str | None, typer.Option("--category", help=f"Only {', '.join(CATEGORIES)}.")]
RiskOption = Annotated[str | None, typer.Option("--risk", help=f"Only {', '.join(RISKS)}.")]
CapabilityOption = Annotated[str | None, typer.Option("--capability", help=f"Only with {', '.join(CAPABILITIES)}.")]
ServerOption = Annotated[str | None, typer.Option("--server", metavar="SLUG", help="Only this server's tools.")]
ReviewOption = Annotated[bool, typer.Option("--needs-review", help="Only answers that a person should check.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most this many.")]


def database(context: Any, db: str | None) -> Path:
    """Where the store is: the command's --db, the one before the command, CATALOG_DB, or catalog.db here."""
    before = context.find_root().params.get("db")
    return Path(db or before or os.environ.get("CATALOG_DB") or DEFAULT_DB)


def one_of(value: str | None, accepted: Sequence[str], option: str) -> str | None:
    """The accepted word that `value` is in any case, None for None; UsageError with the list for anything else."""
    if value is None:
        return None
    for word in accepted:
        if value.lower().replace("-", "_") == word.lower():
            return word
    raise UsageError(f"{option} {value}: no such value", f"Accepted: {', '.join(accepted)}.")


def filters(
    server: str | None, category: str | None, risk: str | None, capability: str | None, needs_review: bool
) -> Filters:
    """The filters of `search` and `list tools`, checked."""
    return Filters(
        server,
        one_of(category, CATEGORIES, "--category"),
        one_of(risk, RISKS, "--risk"),
        one_of(capability, CAPABILITIES, "--capability"),
        True if needs_review else None,
    )
