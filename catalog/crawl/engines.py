"""Where units of work run: processes of this machine, or a Dask cluster. The results are the same."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Literal, cast

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
    # Spawned, not forked: a fork would share the store's connection and the threads of HTTP clients.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


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
