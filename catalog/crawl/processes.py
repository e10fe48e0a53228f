"""Worker processes of this machine: quick to start, sharing nothing with the crawler, and gone when it is."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from shutil import rmtree
from threading import Thread

from catalog.crawl.scratch import open_scratch


def open_processes(workers: int) -> ProcessPoolExecutor:
    """A pool of so many processes. The crawler's store and its threads are not in them."""
    return ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin, initargs=(dict(os.environ),))


def _context() -> BaseContext:
    # Not forked off this process: a fork would share the store's connection and the threads of HTTP clients. Where
    # the system can, they are forked off one that has only read the code: they start at once and share that.
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["catalog.crawl.warm"])
    from multiprocessing.forkserver import ensure_running

    ensure_running()  # it begins to read at once, not when the first unit comes
    return context


def _begin(environment: dict[str, str]) -> None:
    """Gives the worker the crawler's present environment and a scratch folder, and lets it end with the crawler.

    A crawler that was killed tells nobody; what workers are forked off has the environment of its own start.
    """
    os.environ.clear()
    os.environ.update(environment)
    folder = open_scratch()
    parent = parent_process()
    if parent is not None:
        Thread(target=_leave_after, args=(parent, folder), daemon=True).start()


def _leave_after(parent: BaseProcess, folder: Path) -> None:
    parent.join()
    rmtree(folder, ignore_errors=True)
    os._exit(1)
