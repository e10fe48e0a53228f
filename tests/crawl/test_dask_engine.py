"""The Dask engine: the same store as one process gives, also when a worker dies on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.crawl.coordinator import Coordinator, Event
from catalog.crawl.engines import open_engine
from catalog.crawl.schedule import Manners
from catalog.errors import SourceError, UsageError
from catalog.sources.reference import parse_reference
from catalog.store.queue import CrawlQueue, Wanted
from catalog.store.read import StoreReader
from catalog.store.write import StoreWriter
from tests.crawl.fixtures import serve_package
from tests.local_hosts import Host

distributed = pytest.importorskip("distributed", reason="Dask is not installed")
SERVERS = 24


@pytest.fixture
def npm(host: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("npm_config_registry", host.url)
    for number in range(SERVERS):
        serve_package(host, f"p{number}", [f"list_{number}", f"delete_{number}"])
    return host


@pytest.fixture
def cluster(npm: Host) -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as running:
        yield running


def crawl(path: Path, engine: Any, scheduler: str | None, observe: Any = lambda event: None) -> None:
    wanted = [Wanted(parse_reference(f"npm:p{n}").identity, ((f"npm:p{n}", "listed"),)) for n in range(SERVERS)]
    with StoreWriter(path) as store, open_engine(engine, 1, scheduler) as executor:
        queue = CrawlQueue(store)
        queue.add(wanted, datetime.now(UTC))
        Coordinator(store, queue, Manners(), observe).crawl(executor, 4)


def stored(path: Path) -> list[tuple[Any, ...]]:
    with StoreReader(path) as store:
        return sorted((t.server_slug, t.tool.name, t.digest, str(t.classification)) for t in store.tools())


def test_a_cluster_gives_the_same_store_as_one_process_whatever_dies(tmp_path: Path, cluster: Any) -> None:
    killed: list[int] = []

    def kill_one(event: Event) -> None:
        if not killed:
            killed.append(next(iter(cluster.workers.values())).process.pid)
            os.kill(killed[0], signal.SIGKILL)

    crawl(tmp_path / "dask.db", "dask", cluster.scheduler_address, kill_one)
    crawl(tmp_path / "local.db", "local", None)
    assert killed
    assert len(stored(tmp_path / "local.db")) == 2 * SERVERS
    assert stored(tmp_path / "dask.db") == stored(tmp_path / "local.db")


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import catalog.crawl.engines as engines

    monkeypatch.setattr(engines, "CONNECT_TIMEOUT", "1s")
    with pytest.raises(SourceError, match=r"127\.0\.0\.1:9"), open_engine("dask", 1, "tcp://127.0.0.1:9"):
        raise AssertionError("opened")


def test_dask_needs_an_address() -> None:
    with pytest.raises(UsageError, match="--scheduler"), open_engine("dask", 1, None):
        raise AssertionError("opened")
