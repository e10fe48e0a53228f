"""The state of the catalogue: figures computed from the store, so that one command gives the report's every number.

`python -m catalog.site.report STORE.db` prints them as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from catalog.site.plan import Plan
from catalog.site.planning import make_plan
from catalog.store.read import StoreReader
from classifier.records import CAPABILITIES, RISKS

_STACKS = (1, 2, 3, 5, 10, 20)
_PERCENTILES = (10, 25, 50, 75, 90, 99)


def report_of(store: StoreReader) -> dict[str, Any]:
    """All figures of the report page; raises StoreError when the store cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        make_plan(store, Path(folder) / "plan.sqlite")
        plan = Plan(Path(folder) / "plan.sqlite")
        try:
            return figures(plan, store)
        finally:
            plan.close()


def figures(plan: Plan, store: StoreReader) -> dict[str, Any]:
    """The figures. Shares are of servers with at least one tool found, and are None where there is none."""
    columns = (
        "tools",
        *reversed(RISKS),
        "unlabelled",
        "review",
        "read",
        "write",
        "destructive",
        *CAPABILITIES,
        "tokens",
    )
    totals = {c: int(v) for c, v in zip(columns, next(plan.rows(_totals(columns))), strict=True)}
    servers = plan.count("server")
    known = plan.count("server WHERE tools > 0")
    exposed = plan.count("server WHERE destructive > 0 OR execute > 0")
    tally = plan.tally()
    return {
        "as_of": next(plan.rows("SELECT max(changed_at) FROM server"))[0],
        "servers": servers,
        "servers_with_tools": known,
        "servers_incomplete": plan.count("server WHERE gaps > 0"),
        "totals": totals,
        "exposed": {"servers": exposed, "share": _share(exposed, known)},
        "stacks": [{"servers": n, "chance": chance(exposed, known, n)} for n in _STACKS if n <= known],
        "trifecta_alone": plan.count("server WHERE private_data > 0 AND untrusted_content > 0 AND communicate > 0"),
        "hints": _hints(tally.hints),
        "annotated": {"tools": tally.annotated, "share": _share(tally.annotated, totals["tools"])},
        "verbs": sorted(tally.verbs.items(), key=lambda pair: (-pair[1], pair[0]))[:15],
        "tools_per_server": _percentiles(plan, "tools"),
        "tokens_per_server": _percentiles(plan, "tokens"),
        "grades": {
            row[0]: row[1] for row in plan.rows("SELECT grade, count(*) FROM server WHERE grade NOT NULL GROUP BY 1")
        },
        "changes": _changes(store),
    }


def chance(exposed: int, servers: int, drawn: int) -> float | None:
    """The chance that `drawn` different servers out of `servers` hold at least one of the `exposed` ones.

    1 - product over i < drawn of (servers - exposed - i) / (servers - i): drawing without putting back.
    """
    if not servers or drawn > servers:
        return None
    none = 1.0
    for i in range(drawn):
        none *= max(servers - exposed - i, 0) / (servers - i)
    return round(1 - none, 6)


def _totals(columns: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(f'total({c})' for c in columns)} FROM server"


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _hints(counts: dict[str, int]) -> list[dict[str, Any]]:
    rows = []
    for claim in ("readOnlyHint/true", "readOnlyHint/false", "destructiveHint/true", "destructiveHint/false"):
        found = {c: counts.get(f"{claim}/{c}", 0) for c in ("Read", "Write", "Destructive", "none")}
        hint, value = claim.split("/")
        wrong = {
            "readOnlyHint/true": found["Write"] + found["Destructive"],
            "destructiveHint/false": found["Destructive"],
        }
        rows.append({"hint": hint, "declared": value == "true", "found": found, "contradicted": wrong.get(claim)})
    return rows


def _percentiles(plan: Plan, column: str) -> list[tuple[int, int]]:
    total = plan.count("server WHERE tools > 0")
    if not total:
        return []
    sql = f"SELECT {column} FROM server WHERE tools > 0 ORDER BY {column} LIMIT 1 OFFSET ?"
    return [(p, int(next(plan.rows(sql, min(total - 1, total * p // 100)))[0])) for p in _PERCENTILES]


def _changes(store: StoreReader) -> dict[str, int]:
    """Changes of the last thirty days before the newest one, by kind."""
    newest = next(iter(store.changes(limit=1)), None)
    if newest is None:
        return {}
    since = (datetime.fromisoformat(newest.at) - timedelta(days=30)).isoformat(timespec="seconds")
    counts: dict[str, int] = {}
    for change in store.changes(since=since):
        counts[change.change.kind] = counts.get(change.change.kind, 0) + 1
    return dict(sorted(counts.items()))


if __name__ == "__main__":
    with StoreReader(Path(sys.argv[1])) as opened:
        json.dump(report_of(opened), sys.stdout, indent=2)
        sys.stdout.write("\n")
