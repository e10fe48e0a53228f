"""Where units of work run: processes of this machine, or a Dask cluster. The results are the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal, cast

from catalog.crawl.processes import open_processes
from catalog.errors import SourceError, UsageError

Engine = Literal["local", "dask"]
CONNECT_TIMEOUT = "20s"


@contextmanager
def open_engine(engine: Engine, workers: int, scheduler: str | None = None) -> Iterator[Executor]:
    """An executor for `catalog.crawl.unit.work`.

    `workers` is the number of local processes; `scheduler` the address of a Dask scheduler (`tcp://HOST:8786`), whose
    workers must have this same version installed. Raises UsageError where Dask is wanted and not installed.
    """
    if engine == "dask":
        with _dask(scheduler) as cluster:
            yield cluster
        return
    pool = SteadyPool(workers)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class WorkerLost(Exception):
    """A unit ended its process twice, the second time alone in it."""


class SteadyPool(Executor):
    """Processes that survive a unit which ends one of them (memory, a crash in a parser).

    A pool of the standard library is lost with its first process, and everything in flight with it. Here the pool is
    replaced, and what was in flight is tried once more, each alone in a process of its own, so that only the unit
    that is to blame fails: with WorkerLost.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._pool = open_processes(workers)

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        outer: Future[Any] = Future()
        call = partial(function, *args, **named)
        with self._lock:
            pool = self._pool
            try:
                inner = pool.submit(call)
            except BrokenExecutor:
                pool = self._pool = open_processes(self._workers)
                inner = pool.submit(call)
        inner.add_done_callback(partial(self._pass_on, outer, call, pool))
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _pass_on(
        self, outer: Future[Any], call: Callable[[], Any], pool: ProcessPoolExecutor, inner: Future[Any]
    ) -> None:
        if inner.cancelled():
            outer.cancel()
            return
        if not isinstance(inner.exception(), BrokenExecutor):
            _copy(inner, outer)
            return
        with self._lock:
            if self._pool is pool:
                self._pool = open_processes(self._workers)
        alone = open_processes(1)
        alone.submit(call).add_done_callback(partial(_last_word, outer, alone))


def _last_word(outer: Future[Any], alone: ProcessPoolExecutor, inner: Future[Any]) -> None:
    alone.shutdown(wait=False)
    if isinstance(inner.exception(), BrokenExecutor):
        outer.set_exception(WorkerLost("it ended its process, alone in it"))
    else:
        _copy(inner, outer)


def _copy(inner: Future[Any], outer: Future[Any]) -> None:
    error = inner.exception()
    if error is not None:
        outer.set_exception(error)
    else:
        outer.set_result(inner.result())


@contextmanager
def _dask(scheduler: str | None) -> Iterator[Executor]:
    if not scheduler:
        raise UsageError("--engine dask needs --scheduler ADDRESS", "Start one with `dask scheduler`.")
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("Dask is not installed", "pip install 'mcp-tool-catalog[distributed]'") from None
    try:
        client: Any = cast(Any, Client)(scheduler, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise SourceError(f"no Dask scheduler answers at {scheduler}: {error}") from None
    with client:
        yield client.get_executor(pure=False, retries=2)
