"""`catalog diff SERVER [A] [B]`: two stored snapshots of one server beside each other."""

from __future__ import annotations

from typing import Annotated

import typer

from catalog.changes import compare
from catalog.cli.app import new_app
from catalog.cli.options import Db, Json, database
from catalog.cli.output import Column, say, write_json, write_table
from catalog.errors import NothingFound
from catalog.store.past import StoredSnapshot
from catalog.store.read import StoreReader

app = new_app()
_COLUMNS = (
    Column("severity"),
    Column("tool"),
    Column("change"),
    Column("before", shrinks=True),
    Column("after", shrinks=True),
)


@app.command()
def main(
    context: typer.Context,
    server: Annotated[str, typer.Argument(metavar="SERVER")],
    a: Annotated[str | None, typer.Argument(metavar="[A]", help="Number, version or commit; the one before B.")] = None,
    b: Annotated[str | None, typer.Argument(metavar="[B]", help="Number, version or commit; the newest.")] = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """What changed from one snapshot of a server to another, worst first. Without A and B: the last two."""
    with StoreReader(database(context, db)) as store:
        store.server(server)
        snapshots = store.snapshots(server)
        after = _chosen(snapshots, b, -1)
        before = _chosen(snapshots, a, snapshots.index(after) - 1 if snapshots.index(after) else 0)
        changes = compare(store.states_at(server, before.id), store.states_at(server, after.id))
    if json:
        write_json(
            {"server": server, "from": _shown(before), "to": _shown(after), "changes": [c.to_json() for c in changes]}
        )
        return
    say(f"{server}: {before.version or before.taken_at} to {after.version or after.taken_at}, {len(changes)} changes")
    if changes:
        rows = [(c.severity, c.tool or "", c.kind, c.before or "", c.after or c.message) for c in changes]
        write_table(_COLUMNS, rows)


def _chosen(snapshots: list[StoredSnapshot], asked: str | None, default: int) -> StoredSnapshot:
    """The snapshot of that number (from 1), version or commit; the newest of several."""
    if asked is None:
        return snapshots[default]
    for number, snapshot in reversed(list(enumerate(snapshots, 1))):
        if asked in (str(number), snapshot.version) or ((snapshot.commit or "").startswith(asked) and len(asked) >= 7):
            return snapshot
    known = ", ".join(f"{n} ({s.version or s.commit or s.taken_at})" for n, s in enumerate(snapshots, 1))
    raise NothingFound(f"No snapshot {asked} is stored.", f"Stored: {known}.")


def _shown(snapshot: StoredSnapshot) -> dict[str, object]:
    return {
        "version": snapshot.version,
        "commit": snapshot.commit,
        "at": snapshot.taken_at,
        "tools": snapshot.tool_count,
    }
