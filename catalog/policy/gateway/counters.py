"""Counters that survive a restart: one small SQLite file, reservations atomic across processes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from catalog.errors import StoreError
from catalog.policy.engine import Charge, CounterKey

_SCHEMA = """
CREATE TABLE IF NOT EXISTS used (
    holder TEXT NOT NULL, counter TEXT NOT NULL, "window" TEXT NOT NULL, window_start_s INTEGER NOT NULL,
    amount REAL NOT NULL, PRIMARY KEY (holder, counter, "window", window_start_s)
) WITHOUT ROWID
"""
_KEPT_S = 3 * 86_400
_BUSY_TIMEOUT_S = 2.0


class Counters:
    """Counts of one grant. Raises StoreError at opening, sqlite3.Error later; the caller denies on both."""

    def __init__(self, path: Path | None, grant: str) -> None:
        """`path` None keeps the counts in memory only. `grant` names whose calls are counted together."""
        self._grant = grant
        self._lock = threading.Lock()
        try:
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path or ":memory:", timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the gateway's counters could not be opened: {error}", "Name another file with --state."
            ) from error

    def view(self, session: str) -> CountsOf:
        """What the counters hold for one session, as the engine asks for it."""
        return CountsOf(self, session)

    def used(self, key: CounterKey, session: str) -> float:
        with self._lock:
            row = self._db.execute(
                'SELECT amount FROM used WHERE holder = ? AND counter = ? AND "window" = ? AND window_start_s = ?',
                self._row(key, session),
            ).fetchone()
        return row[0] if row else 0.0

    def reserve(self, charges: Sequence[Charge], session: str) -> Charge | None:
        """Adds all charges, or none and returns the first that does not fit."""
        if not charges:
            return None
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for charge in charges:
                    added = self._db.execute(
                        "INSERT INTO used VALUES (?, ?, ?, ?, ?) "
                        "ON CONFLICT DO UPDATE SET amount = amount + excluded.amount RETURNING amount",
                        (*self._row(charge.key, session), charge.amount),
                    ).fetchone()[0]
                    if not added <= charge.max:
                        self._db.execute("ROLLBACK")
                        return charge
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        return None

    def forget_before(self, now_s: float) -> None:
        """Drops windows that ended days ago."""
        with self._lock:
            self._db.execute("DELETE FROM used WHERE window_start_s < ?", (int(now_s) - _KEPT_S,))

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _row(self, key: CounterKey, session: str) -> tuple[str, str, str, int]:
        holder = f"session:{session}" if key.scope == "session" else f"grant:{self._grant}"
        return holder, key.counter, key.window, key.window_start_s


class CountsOf:
    """The counters of one session behind the engine's `Counts`."""

    def __init__(self, counters: Counters, session: str) -> None:
        self._counters = counters
        self._session = session

    def get(self, key: CounterKey, default: float = 0, /) -> float:
        return self._counters.used(key, self._session) or default
