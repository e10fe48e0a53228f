"""Baselines: the reports of one day, so that a gate speaks only of what came since."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from catalog.errors import InvalidInput
from catalog.reporting.records import Judged

BASELINE_VERSION = 1


def read_baseline(path: Path) -> frozenset[str]:
    """The fingerprints of a baseline; InvalidInput for anything else."""
    hint = "Write one with --write-baseline."
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read as a baseline: {error}", hint) from None
    if not isinstance(raw, dict) or raw.get("version") != BASELINE_VERSION or not isinstance(raw.get("findings"), list):
        raise InvalidInput(f"{path} is no baseline of version {BASELINE_VERSION}", hint)
    prints = [entry.get("fingerprint") if isinstance(entry, dict) else None for entry in raw["findings"]]
    if not all(isinstance(p, str) for p in prints):
        raise InvalidInput(f"{path}: an entry has no fingerprint", hint)
    return frozenset(str(p) for p in prints)


def write_baseline(path: Path, judged: Iterable[Judged]) -> int:
    """Writes every report that is not suppressed, one a line, sorted; returns how many."""
    entries = sorted(
        (
            {
                "fingerprint": j.fingerprint,
                "check": j.report.check,
                "severity": j.report.severity,
                "server": j.report.server,
                "tool": j.report.tool,
            }
            for j in judged
            if j.state != "suppressed"
        ),
        key=lambda e: (e["check"], e["server"] or "", e["tool"] or "", e["fingerprint"] or ""),
    )
    lines = ",\n".join(f"    {json.dumps(e)}" for e in entries)
    body = f"[\n{lines}\n  ]" if entries else "[]"
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(f'{{\n  "version": {BASELINE_VERSION},\n  "findings": {body}\n}}\n', encoding="utf-8")
    temporary.replace(path)
    return len(entries)
