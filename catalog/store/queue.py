"""The crawl's queue, in the same file as what it fills, so that a result and its tick are one transaction."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from catalog.store.connection import store_errors
from catalog.store.write import StoreWriter

State = Literal["pending", "running", "done", "failed", "gated"]
LEASE = timedelta(minutes=30)
FIRST_RETRY = timedelta(hours=1)
LAST_RETRY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Task:
    """One server to visit. `candidates` are (reference, why) best first; `candidate` is the one in turn.

    `revision` and `reader` are what the last successful visit found and which version of the readers found it.
    """

    id: int
    candidates: tuple[tuple[str, str], ...]
    candidate: int
    attempts: int
    revision: str | None
    reader: str | None

    @property
    def reference(self) -> str:
        return self.candidates[self.candidate][0]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A server to be visited. `identity` is what makes two of them the same; `stamp` the registry's version of it."""

    identity: str
    candidates: tuple[tuple[str, str], ...]
    stamp: str | None = None


class CrawlQueue:
    """The queue of one store, for one crawler process."""

    def __init__(self, store: StoreWriter) -> None:
        self._store = store
        self._connection = store.connection
        self.owner = f"{socket.gethostname()}:{os.getpid()}"

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._store.transaction():
            yield self._connection

    def add(self, wanted: Iterable[Wanted], now: datetime) -> int:
        """Queues servers; gives how many are due that were not. A known one is due again when its stamp changed."""
        added = 0
        with self._writing() as connection:
            for server in wanted:
                cursor = connection.execute(
                    """
                    INSERT INTO crawl_tasks (identity, candidates, stamp, next_attempt_at, added_at)
                    VALUES (?1, ?2, ?3, ?4, ?4)
                    ON CONFLICT (identity) DO UPDATE SET candidates = ?2, stamp = ?3, candidate = 0, attempts = 0,
                        state = 'pending', next_attempt_at = ?4
                    WHERE state != 'running' AND (stamp IS NOT ?3 OR candidates != ?2)
                    """,
                    (server.identity, json.dumps(server.candidates), server.stamp, now.isoformat()),
                )
                added += cursor.rowcount
        return added

    def revisit(self, now: datetime, older_than: timedelta) -> int:
        """Makes servers due that were last visited before that, and failed ones whose time has come; gives how many."""
        with self._writing() as connection:
            cursor = connection.execute(
                """
                UPDATE crawl_tasks SET state = 'pending', next_attempt_at = ?1, candidate = 0
                WHERE (state = 'done' AND finished_at <= ?2) OR (state IN ('failed', 'gated') AND next_attempt_at <= ?1)
                """,
                (now.isoformat(), (now - older_than).isoformat()),
            )
            return cursor.rowcount

    def recover(self, now: datetime) -> int:
        """Gives back what crawlers that no longer run had claimed."""
        with self._writing() as connection:
            running = connection.execute("SELECT id, claimed_by, claimed_at FROM crawl_tasks WHERE state = 'running'")
            lost = [(row[0],) for row in running.fetchall() if not _alive(row[1], row[2], now)]
            connection.executemany("UPDATE crawl_tasks SET state = 'pending' WHERE id = ?", lost)
        return len(lost)

    def claim(self, count: int, now: datetime) -> list[Task]:
        """Takes up to `count` due tasks for this process: what has been due longest, in the order it was queued."""
        with self._writing() as connection:
            rows = connection.execute(
                """
                UPDATE crawl_tasks SET state = 'running', claimed_by = ?1, claimed_at = ?2 WHERE id IN (
                    SELECT id FROM crawl_tasks WHERE state = 'pending' AND next_attempt_at <= ?2
                    ORDER BY next_attempt_at, id LIMIT ?3)
                RETURNING id, candidates, candidate, attempts, revision, reader
                """,
                (self.owner, now.isoformat(), count),
            ).fetchall()
        tasks = [Task(r[0], tuple((c[0], c[1]) for c in json.loads(r[1])), *r[2:]) for r in rows]
        return sorted(tasks, key=lambda t: t.id)

    def finish(self, task: Task, now: datetime, slug: str, revision: str | None, reader: str) -> None:
        """The task's server was read and is stored as `slug`. Call inside the transaction that stores it."""
        self._update(
            task, state="done", server=slug, revision=revision, reader=reader, error=None, attempts=0,
            finished_at=now.isoformat(),
        )  # fmt: skip

    def confirm(self, task: Task, now: datetime, revision: str | None) -> None:
        """The task's server is as it was."""
        self._update(task, state="done", revision=revision, error=None, attempts=0, finished_at=now.isoformat())

    def fall_back(self, task: Task, error: str) -> bool:
        """Puts the task back with its next candidate; False when there is none."""
        if task.candidate + 1 >= len(task.candidates):
            return False
        self._update(task, state="pending", candidate=task.candidate + 1, error=error)
        return True

    def fail(self, task: Task, now: datetime, error: str, state: State = "failed") -> datetime:
        """Records the failure; gives when the server is due again: later after each failure, a week at most."""
        pause = min(FIRST_RETRY * int(2 ** min(task.attempts, 12)), LAST_RETRY)
        again = now + pause
        self._update(
            task, state=state, error=error[:1000], attempts=task.attempts + 1, next_attempt_at=again.isoformat(),
            candidate=0,
        )  # fmt: skip
        return again

    def give_back(self, tasks: Sequence[Task], not_before: datetime) -> None:
        """Puts claimed tasks back untouched, for now or for when their host asked us to return."""
        with self._writing() as connection:
            connection.executemany(
                "UPDATE crawl_tasks SET state = 'pending', next_attempt_at = ? WHERE id = ?",
                [(not_before.isoformat(), t.id) for t in tasks],
            )

    def counts(self) -> dict[str, int]:
        """Numbers of tasks by state."""
        with store_errors(self._store.path):
            rows = self._connection.execute("SELECT state, count(*) FROM crawl_tasks GROUP BY 1").fetchall()
        return {str(state): int(number) for state, number in rows}

    def next_due(self) -> datetime | None:
        """When the earliest pending task is due, None when nothing is pending."""
        row = self._connection.execute(
            "SELECT min(next_attempt_at) FROM crawl_tasks WHERE state = 'pending'"
        ).fetchone()
        due: str | None = row[0]
        return None if due is None else datetime.fromisoformat(due)

    def _update(self, task: Task, **values: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in values)
        with self._writing() as connection:
            connection.execute(f"UPDATE crawl_tasks SET {names} WHERE id = ?", (*values.values(), task.id))


def _alive(owner: str | None, claimed_at: str | None, now: datetime) -> bool:
    """Whether the crawler that holds a claim still runs: asked of this host's processes, else told by the lease."""
    host, _, pid = (owner or "").rpartition(":")
    if host == socket.gethostname() and pid.isdigit():
        if int(pid) == os.getpid():
            return False
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    return claimed_at is not None and datetime.fromisoformat(claimed_at) + LEASE > now
