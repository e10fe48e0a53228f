"""Rendering units in several processes, in order, with a bounded number of them in flight."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType

from catalog.site.units import Job, Rendered, Renderer, Unit

_BATCH = 12  # small units that one task takes
_SMALL = ("server", "list")
_AHEAD = 8  # tasks in flight per process
_renderer: Renderer | None = None


class Workers:
    """Renders units; with `count` 1 in this process, else in a pool that starts when enough work has come."""

    def __init__(self, job: Job, count: int) -> None:
        self._job, self._count = job, count
        self._pool: ProcessPoolExecutor | None = None
        self._own: Renderer | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if self._own:
            self._own.close()

    def run(self, units: Iterable[Unit], unchanged: Callable[[Unit], str | None]) -> Iterator[str | Rendered]:
        """In the order of the units: the line of an unchanged one as it is, what came of rendering any other."""
        waiting: deque[list[str | Rendered] | Future[list[Rendered]]] = deque()
        batch: list[Unit] = []
        for unit in units:
            line = unchanged(unit)
            if line is not None:
                if batch:
                    waiting.append(self._submit(batch))
                    batch = []
                waiting.append([line])
            else:
                batch.append(unit)
                if unit.kind not in _SMALL or len(batch) >= _BATCH:
                    waiting.append(self._submit(batch))
                    batch = []
            while len(waiting) > _AHEAD * self._count:
                yield from _result(waiting.popleft())
        if batch:
            waiting.append(self._submit(batch))
        while waiting:
            yield from _result(waiting.popleft())

    def _submit(self, batch: list[Unit]) -> list[str | Rendered] | Future[list[Rendered]]:
        if self._count == 1:
            self._own = self._own or Renderer(self._job)
            return [self._own.render(unit) for unit in batch]
        if self._pool is None:
            context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
            self._pool = ProcessPoolExecutor(self._count, context, _start, (self._job,))
        return self._pool.submit(_render, batch)


def _result(held: list[str | Rendered] | Future[list[Rendered]]) -> Iterable[str | Rendered]:
    return held if isinstance(held, list) else held.result()


def _start(job: Job) -> None:
    global _renderer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the pool
    gc.freeze()  # what was imported stays; pages leave few cycles, so look for them rarely
    gc.set_threshold(20_000, 20, 50)
    _renderer = Renderer(job)


def _render(batch: list[Unit]) -> list[Rendered]:
    assert _renderer is not None, "the pool's initializer has run"
    return [_renderer.render(unit) for unit in batch]
