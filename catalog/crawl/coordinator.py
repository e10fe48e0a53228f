"""The loop between queue, executor and store. It alone writes; killed anywhere, the next run goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from catalog.crawl.schedule import Manners, Schedule
from catalog.crawl.unit import Outcome, Result, Unit, Visit, reader_version, units_of, work
from catalog.errors import CatalogError, StoreError
from catalog.sources.reference import parse_reference
from catalog.store.queue import CrawlQueue, Task
from catalog.store.write import StoreWriter

_IDLE_S = 0.5
_CLAIMED_A_WORKER = 64  # tasks; one write of the queue claims for all workers
_STORED_TOGETHER = 64  # results; each transaction flushes the search index
_STORE_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Event:
    """One visited server. `outcome` "retry" means that the next candidate takes its turn."""

    reference: str
    outcome: Outcome | str
    server: str | None = None
    tools: int = 0
    changes: int = 0
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "reference": self.reference, "outcome": self.outcome, "server": self.server, "tools": self.tools,
            "changes": self.changes, "message": self.message,
        }  # fmt: skip


@dataclass
class Tally:
    """Numbers of visited servers by outcome."""

    outcomes: dict[str, int] = field(default_factory=dict)

    def count(self, outcome: str) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    @property
    def visited(self) -> int:
        return sum(n for outcome, n in self.outcomes.items() if outcome not in ("retry", "rate_limited"))


class Coordinator:
    """One crawl over one store. `submit` runs a unit on an executor; everything else happens here, in one thread.

    Results are stored some at a time, each with its tick in the queue; what was not stored yet is visited again after
    an interruption. Events are told once they are stored.
    """

    def __init__(
        self,
        store: StoreWriter,
        queue: CrawlQueue,
        manners: Manners,
        observe: Callable[[Event], None] = lambda event: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        run: Callable[[Unit], tuple[Result, ...]] = work,
    ) -> None:
        self._store, self._queue, self._manners = store, queue, manners
        self._observe, self._clock, self._run = observe, clock, run
        self._schedule = Schedule(manners)
        self._tasks: dict[int, Task] = {}
        self._results: list[tuple[Result, str]] = []  # with the host; not stored yet
        self._stored_at = 0.0
        self.tally = Tally()

    def crawl(self, executor: Executor, in_flight: int, limit: int | None = None) -> Tally:
        """Visits every due server, at most `limit`, with up to `in_flight` units at once; memory is bounded by that."""
        self._queue.recover(self._clock())
        self._schedule = Schedule(self._manners, in_flight)
        running: dict[Future[tuple[Result, ...]], Unit] = {}
        left = limit
        try:
            while True:
                left = self._fill(in_flight, left)
                self._start(executor, running, in_flight)
                self._keep_results(at_once=not running)
                if running:
                    done, _ = wait(running, timeout=_STORE_EVERY_S, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._take(running.pop(future), future)
                    continue
                pause = self._schedule.wait_s(time.monotonic())
                if pause is None and (left == 0 or not self._rests()):
                    return self.tally
                time.sleep(min(pause or _IDLE_S, _IDLE_S))
        finally:
            self._queue.give_back(list(self._tasks.values()), self._clock())

    def _fill(self, in_flight: int, left: int | None) -> int | None:
        """Claims due tasks so that every host has something waiting, without claiming more than is soon used."""
        room = _CLAIMED_A_WORKER * in_flight - len(self._schedule)
        wanted = room if left is None else min(room, left)
        if 2 * room < _CLAIMED_A_WORKER * in_flight or wanted <= 0:
            return left
        tasks = self._queue.claim(wanted, self._clock())
        visits = []
        for task in tasks:
            self._tasks[task.id] = task
            known = task.revision if task.reader == reader_version() else None
            visits.append((Visit(task.id, task.reference, known), _host(task.reference)))
        for unit in units_of(visits):
            self._schedule.put(unit)
        return None if left is None else left - len(tasks)

    def _start(self, executor: Executor, running: dict[Future[tuple[Result, ...]], Unit], in_flight: int) -> None:
        while len(running) < in_flight and (unit := self._schedule.take(time.monotonic())):
            running[executor.submit(self._run, unit)] = unit

    def _rests(self) -> bool:
        """Whether what is left only waits for a host that asked for a short rest."""
        due = self._queue.next_due()
        return due is not None and due <= self._clock() + timedelta(seconds=self._manners.pause_s)

    def _take(self, unit: Unit, future: Future[tuple[Result, ...]]) -> None:
        self._schedule.done(unit, time.monotonic())
        try:
            results = future.result()
        except BrokenExecutor:
            raise
        except Exception as error:
            # A worker was lost. Of several visits each is tried alone; one that was alone failed and comes again later.
            if len(unit.visits) > 1:
                for visit in unit.visits:
                    self._schedule.put(Unit(unit.host, (visit,), is_suspect=True))
                return
            message = f"the worker was lost: {type(error).__name__}"
            results = tuple(Result(v.task_id, "failed", message=message) for v in unit.visits)
        self._results.extend((result, unit.host) for result in results)

    def _keep_results(self, at_once: bool) -> None:
        """Stores what has come in, in one transaction, where it is enough or old enough."""
        is_old = time.monotonic() - self._stored_at > _STORE_EVERY_S
        if not self._results or not (at_once or is_old or len(self._results) >= _STORED_TOGETHER):
            return
        with self._store.transaction():
            now = self._clock()
            events = [self._record(self._tasks[result.task_id], result, host, now) for result, host in self._results]
        for result, _ in self._results:
            del self._tasks[result.task_id]
        self._results.clear()
        self._stored_at = time.monotonic()
        for event in events:
            self.tally.count(event.outcome)
            self._observe(event)

    def _record(self, task: Task, result: Result, host: str, now: datetime) -> Event:
        if result.outcome == "rate_limited":
            return self._postpone(task, host, now, result.message)
        if result.outcome == "unchanged":
            self._queue.confirm(task, now, result.revision)
            return Event(task.reference, result.outcome)
        if result.prepared is None:
            return self._miss(task, result, now)
        slug = result.prepared.server.slug
        try:
            saved = self._store.save_prepared(result.prepared, now)
        except StoreError:
            raise
        except CatalogError as error:
            return self._miss(task, Result(task.id, "failed", message=error.message), now)
        self._queue.finish(task, now, slug, result.revision, result.reader)
        return Event(task.reference, result.outcome, slug, len(result.prepared.tools), len(saved.changes))

    def _miss(self, task: Task, result: Result, now: datetime) -> Event:
        if self._queue.fall_back(task, result.message):
            return Event(task.reference, "retry", message=result.message)
        self._queue.fail(task, now, result.message, "gated" if result.outcome == "gated" else "failed")
        return Event(task.reference, result.outcome, message=result.message)

    def _postpone(self, task: Task, host: str, now: datetime, message: str) -> Event:
        """The host asked for a rest: everything that waits for it goes back into the queue until then."""
        waiting = [self._tasks.pop(v.task_id) for u in self._schedule.drop(host) for v in u.visits]
        again = now + timedelta(seconds=self._manners.pause_s)
        self._schedule.pause(host, time.monotonic() + self._manners.pause_s)
        self._queue.give_back([task, *waiting], again)
        return Event(task.reference, "rate_limited", message=message)


def _host(text: str) -> str:
    """What the reference's downloads are counted under: its kind's host, or the URL's own."""
    try:
        reference = parse_reference(text)
    except CatalogError:
        return "unknown"
    return urlsplit(reference.name).hostname or "unknown" if reference.kind == "http" else reference.kind
