"""The audit log: one JSON line per judged call, with the names of its arguments and, only when asked, their values."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.errors import StoreError
from catalog.policy.engine import Decision

MAX_NAMES = 100
MAX_NAME = 200


class AuditLog:
    """Appends to a file. Raises StoreError at opening and OSError later; the caller denies on both."""

    def __init__(self, path: Path | None, with_values: bool = False) -> None:
        self._with_values = with_values
        self._lock = threading.Lock()
        try:
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", errors="backslashreplace") if path else None
        except OSError as error:
            raise StoreError(
                f"the audit log could not be opened: {error}", "Name another file with --audit."
            ) from error

    def write(self, now_s: float, session: str, name: object, arguments: object, decision: Decision, by: str) -> None:
        """`by` tells who decided: `policy`, or what became of the question to a person."""
        if self._file is None:
            return
        names = list(arguments)[:MAX_NAMES] if isinstance(arguments, Mapping) else []
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(now_s, UTC).isoformat(timespec="milliseconds"),
            "session": session,
            "tool": str(name)[:MAX_NAME],
            "arguments": [str(n)[:MAX_NAME] for n in names],
            "outcome": decision.outcome,
            "rule": decision.rule,
            "by": by,
        }
        if self._with_values:
            entry["values"] = arguments
        line = json.dumps(entry, ensure_ascii=True, default=str)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file:
            self._file.close()
