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
from catalog.crawl.unit import Outcome, Result, Unit, Visit, units_of, work
from catalog.errors import CatalogError, StoreError
from catalog.sources.reference import parse_reference
from catalog.store.queue import CrawlQueue, Task
from catalog.store.write import StoreWriter

_IDLE_S = 0.5


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
    """One crawl over one store. `submit` runs a unit on an executor; everything else happens here, in one thread."""

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
        self.tally = Tally()

    def crawl(self, executor: Executor, in_flight: int, limit: int | None = None) -> Tally:
        """Visits every due server, at most `limit`, with up to `in_flight` units at once; memory is bounded by that."""
        self._queue.recover(self._clock())
        running: dict[Future[tuple[Result, ...]], Unit] = {}
        left = limit
        try:
            while True:
                left = self._fill(in_flight, left)
                self._start(executor, running, in_flight)
                if not running:
                    pause = self._schedule.wait_s(time.monotonic())
                    if pause is None and (left == 0 or not self._rests()):
                        return self.tally
                    time.sleep(min(pause or _IDLE_S, _IDLE_S))
                    continue
                done, _ = wait(running, timeout=_IDLE_S, return_when=FIRST_COMPLETED)
                for future in done:
                    self._take(running.pop(future), future)
        finally:
            self._queue.give_back(list(self._tasks.values()), self._clock())

    def _fill(self, in_flight: int, left: int | None) -> int | None:
        """Claims due tasks so that every host has something waiting, without claiming more than is soon used."""
        room = 4 * in_flight - len(self._schedule)
        wanted = room if left is None else min(room, left)
        if wanted < 2 * in_flight and (left is None or wanted < left) and len(self._schedule):
            return left
        tasks = self._queue.claim(wanted, self._clock()) if wanted > 0 else []
        visits = []
        for task in tasks:
            self._tasks[task.id] = task
            visits.append((Visit(task.id, task.reference, task.revision, task.reader), _host(task.reference)))
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
        self._schedule.done(unit)
        try:
            results = future.result()
        except BrokenExecutor:
            raise
        except Exception as error:
            # A worker that was lost: the visits are recorded as failed and come again later.
            message = f"the worker was lost: {type(error).__name__}"
            results = tuple(Result(v.task_id, "failed", message=message) for v in unit.visits)
        for result in results:
            self._record(self._tasks.pop(result.task_id), result, unit.host)

    def _record(self, task: Task, result: Result, host: str) -> None:
        now = self._clock()
        if result.outcome == "rate_limited":
            self._postpone(task, host, now, result.message)
        elif result.outcome in ("read", "unchanged"):
            self._keep(task, result, now)
        else:
            self._miss(task, result, now)

    def _keep(self, task: Task, result: Result, now: datetime) -> None:
        slug, changes = None, 0
        try:
            with self._store.transaction():
                if result.snapshot is not None:
                    slug = result.snapshot.server.slug
                    saved = self._store.save(result.snapshot, result.classifications, now)
                    changes = len(saved.changes)
                self._queue.finish(task, now, slug, result.revision, result.reader)
        except StoreError:
            raise
        except CatalogError as error:
            self._miss(task, Result(task.id, "failed", message=error.message), now)
            return
        tools = len(result.snapshot.tools) if result.snapshot else 0
        self._say(Event(task.reference, result.outcome, slug, tools, changes))

    def _miss(self, task: Task, result: Result, now: datetime) -> None:
        if self._queue.fall_back(task, now, result.message):
            self._say(Event(task.reference, "retry", message=result.message))
            return
        self._queue.fail(task, now, result.message, "gated" if result.outcome == "gated" else "failed")
        self._say(Event(task.reference, result.outcome, message=result.message))

    def _postpone(self, task: Task, host: str, now: datetime, message: str) -> None:
        """The host asked for a rest: everything that waits for it goes back into the queue until then."""
        waiting = [self._tasks.pop(v.task_id) for u in self._schedule.drop(host) for v in u.visits]
        again = now + timedelta(seconds=self._manners.pause_s)
        self._schedule.pause(host, time.monotonic() + self._manners.pause_s)
        self._queue.give_back([task, *waiting], again)
        self._say(Event(task.reference, "rate_limited", message=message))

    def _say(self, event: Event) -> None:
        self.tally.count(event.outcome)
        self._observe(event)


def _host(text: str) -> str:
    """What the reference's downloads are counted under: its kind's host, or the URL's own."""
    try:
        reference = parse_reference(text)
    except CatalogError:
        return "unknown"
    return urlsplit(reference.name).hostname or "unknown" if reference.kind == "http" else reference.kind
