"""What a crawl costs beside reading and labelling, a second time, at size, and after being killed.

usage: python benchmarks/crawl.py pace  [--servers N]           crawl beside reading and labelling alone
       python benchmarks/crawl.py again [--servers N]           a second crawl with nothing changed beside the first
       python benchmarks/crawl.py scale [--servers N ...]       cost per server at each size beside that at the first
       python benchmarks/crawl.py kill  [--servers N] [--moments M]  killed M times, resumed, beside never interrupted

Serves generated packages and a registry on this machine (see server_shapes and registry_host) and crawls them into a
fresh store with the command line. The host shares the cores: its share is printed, and not taken off. Prints JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import processes
from benchmarks.registry_host import Host, serve
from benchmarks.server_shapes import VARIANTS, Weight, files_of, kind_of

_AT_ONCE = 50  # trees that are on disk at a time while reading alone is measured
_NEVER_READ = ("gone", "unavailable", "escaping", "bomb")


@dataclass(frozen=True)
class Crawl:
    """One finished crawl: its cost, the host's processor seconds, and the host's answers by status."""

    cost: processes.Cost
    host_cpu_s: float
    answers: dict[str, int]

    @property
    def cpu_s(self) -> float:
        return self.cost.coordinator_cpu_s + self.cost.workers_cpu_s

    def figures(self, servers: int) -> dict[str, Any]:
        cores = os.cpu_count() or 1
        return {
            "servers": servers,
            "servers_per_s": round(servers / self.cost.wall_s, 2),
            "wall_s": round(self.cost.wall_s, 1),
            "cpu_ms_per_server": {
                "coordinator": round(1000 * self.cost.coordinator_cpu_s / servers, 2),
                "workers": round(1000 * self.cost.workers_cpu_s / servers, 2),
                "host": round(1000 * self.host_cpu_s / servers, 2),
            },
            "share_of_all_cores": {
                "coordinator": round(self.cost.coordinator_cpu_s / self.cost.wall_s / cores, 3),
                "workers": round(self.cost.workers_cpu_s / self.cost.wall_s / cores, 3),
                "host": round(self.host_cpu_s / self.cost.wall_s / cores, 3),
            },
            "peak_mb": {
                "coordinator": self.cost.coordinator_mb,
                "largest_worker": self.cost.largest_worker_mb,
                "all_processes_at_most": self.cost.all_mb,
            },
            "answers": self.answers,
            "said": self.cost.said,
        }


def crawl(folder: Path, host: Host, workers: int, *more: str, servers: int | None = None) -> Crawl:
    """With the number of servers, tells on standard error how far it is."""
    before, used = host.counts(), host.cpu_s()
    watch = _Progress(folder / "c.db", servers) if servers else lambda cost: None
    cost = processes.run(command(folder, host, workers, *more), environment(host), watch)
    after = host.counts()
    answers = {k: n - before.get(k, 0) for k, n in after.items() if n != before.get(k, 0)}
    return Crawl(cost, host.cpu_s() - used, answers)


class _Progress:
    """A line on standard error every few seconds: rewritten on a terminal, one below the other in a file."""

    def __init__(self, path: Path, servers: int) -> None:
        self._path, self._servers = path, servers
        self._started = self._told = time.monotonic()

    def __call__(self, cost: processes.Cost) -> None:
        now, is_terminal = time.monotonic(), sys.stderr.isatty()
        if now - self._told < (2 if is_terminal else 15):
            return
        self._told = now
        done, wall_s = _finished(self._path), now - self._started
        left_s = wall_s * (self._servers - done) / done if done else 0.0
        cpu_ms = 1000 * sum(cost.cpu_s.values()) / max(1, done)
        said = (
            f"{done} of {self._servers} servers, {done / wall_s:.1f} a second, {left_s / 60:.1f} minutes left;"
            f" {cpu_ms:.1f} ms of processor time each; {cost.coordinator_mb} MB the coordinator,"
            f" {cost.largest_worker_mb} MB the largest worker"
        )
        print(f"\r{said}\033[K" if is_terminal else said, end="" if is_terminal else "\n", file=sys.stderr, flush=True)


def command(folder: Path, host: Host, workers: int, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "catalog", "--db", str(folder / "c.db"), "crawl", "registry:", "--registry-url", host.url,
        "--workers", str(workers), "--per-host", str(workers), *more,
    ]  # fmt: skip


def environment(host: Host) -> dict[str, str]:
    return {**os.environ, "npm_config_registry": host.url}


def alone(servers: int, cores: int, weight: Weight) -> tuple[float, float]:
    """Servers a second, and processor milliseconds a server, of reading and labelling trees that lie on disk."""
    numbers = range(min(servers, VARIANTS))
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
        parts = list(pool.map(_alone, [(numbers[n::cores], weight) for n in range(cores)]))
    return len(numbers) / max(wall for wall, _ in parts), 1000 * sum(cpu for _, cpu in parts) / len(numbers)


def _alone(share: tuple[range, Weight]) -> tuple[float, float]:
    import classifier
    from catalog.extract import read_tree
    from catalog.extract.tree import SourceTree

    (numbers, weight), judge, wall, cpu = share, classifier.load(), 0.0, 0.0
    for begin in range(0, len(numbers), _AT_ONCE):
        with tempfile.TemporaryDirectory() as folder:
            trees = [Path(folder) / str(n) for n in numbers[begin : begin + _AT_ONCE] if kind_of(n) not in _NEVER_READ]
            for tree in trees:
                _write_tree(tree, int(tree.name), weight)
            started, used = time.perf_counter(), time.process_time()
            for tree in trees:
                judge.classify([t.definition("x") for t in read_tree(SourceTree(tree)).tools])
            wall += time.perf_counter() - started
            cpu += time.process_time() - used
    return wall, cpu


def _write_tree(root: Path, number: int, weight: Weight) -> None:
    for name, text in files_of(number, weight).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def pace(options: argparse.Namespace) -> dict[str, Any]:
    """Alone before and after the crawl: a machine's pace changes with its temperature and its other guests."""
    before = alone(options.servers[0], options.cores, options.weight)
    with tempfile.TemporaryDirectory() as name, serve(options.servers[0], options.weight) as host:
        done = crawl(Path(name), host, options.workers)
    after = alone(options.servers[0], options.cores, options.weight)
    rate, cpu_ms = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
    rate_of_crawl = options.servers[0] / done.cost.wall_s
    return {
        "crawl_over_alone": round(rate_of_crawl / rate, 3),
        "cpu_of_alone_over_crawl": round(cpu_ms * options.servers[0] / 1000 / done.cpu_s, 3),
        "alone": {"servers_per_s": round(rate, 2), "cpu_ms_per_server": round(cpu_ms, 2), "runs": [before, after]},
        "crawl": done.figures(options.servers[0]),
    }


def again(options: argparse.Namespace) -> dict[str, Any]:
    servers = options.servers[0]
    with tempfile.TemporaryDirectory() as name, serve(servers, options.weight) as host:
        first = crawl(Path(name), host, options.workers)
        # Without --since the registry is walked whole, and every server that was read is asked about.
        second = crawl(Path(name), host, options.workers, "--revisit", "0")
    return {
        "second_over_first": round(second.cost.wall_s / first.cost.wall_s, 4),
        "cpu_of_second_over_first": round(second.cpu_s / first.cpu_s, 4),
        "first": first.figures(servers),
        "second": second.figures(servers),
    }


def scale(options: argparse.Namespace) -> dict[str, Any]:
    runs = []
    for servers in options.servers:
        with tempfile.TemporaryDirectory() as name, serve(servers, options.weight) as host:
            figures = crawl(Path(name), host, options.workers, servers=servers).figures(servers)
            size = sum(path.stat().st_size for path in Path(name).glob("c.db*"))
            cached = sum(p.stat().st_size for p in Path(name).glob("c.http-cache/*"))
        runs.append({**figures, "store_kb_per_server": round(size / 1024 / servers, 1), "cache_mb": cached >> 20})
        print("\n" + json.dumps(runs[-1]), file=sys.stderr, flush=True)
    wall = [1000 * run["wall_s"] / run["servers"] for run in runs]
    cpu = [run["cpu_ms_per_server"]["coordinator"] + run["cpu_ms_per_server"]["workers"] for run in runs]
    return {
        "servers": [run["servers"] for run in runs],
        "cost_per_server_over_first_size": [round(one / wall[0], 3) for one in wall],
        "cpu_per_server_over_first_size": [round(one / cpu[0], 3) for one in cpu],
        "wall_ms_per_server": [round(one, 2) for one in wall],
        "cpu_ms_per_server": [round(one, 2) for one in cpu],
        "coordinator_cpu_ms_per_server": [run["cpu_ms_per_server"]["coordinator"] for run in runs],
        "peak_mb_coordinator": [run["peak_mb"]["coordinator"] for run in runs],
        "peak_mb_largest_worker": [run["peak_mb"]["largest_worker"] for run in runs],
        "peak_mb_all_processes_at_most": [run["peak_mb"]["all_processes_at_most"] for run in runs],
        "runs": runs,
    }


def kill(options: argparse.Namespace) -> dict[str, Any]:
    servers, pick = options.servers[0], random.Random(options.seed)
    # A fifth of the moments falls into start and walk, the rest anywhere in the crawl.
    moments = sorted(pick.randrange(servers) if n % 5 else 0 for n in range(options.moments))
    with tempfile.TemporaryDirectory() as name, serve(servers, options.weight) as host:
        whole, killed = Path(name) / "whole", Path(name) / "killed"
        for folder in (whole, killed):
            folder.mkdir()
        crawl(whole, host, options.workers)
        left, states = 0, []
        for moment in moments:
            left += _kill_at(killed, host, options.workers, moment, pick.random() * (0.7 if moment else 3.0))
            states.append(_sound(killed / "c.db"))
        crawl(killed, host, options.workers)
        stores = [contents(folder / "c.db") for folder in (whole, killed)]
        unlike = [table for table in stores[0] if stores[0][table] != stores[1][table]]
        shutil.rmtree(killed)
    return {
        "equal": not unlike, "tables_that_differ": unlike, "servers": servers, "kills": len(moments),
        "rows_compared": {table: len(rows) for table, rows in stores[0].items()},
        "stores_damaged": states.count(False), "workers_left_running": left, "done_at_kills": moments,
    }  # fmt: skip


def _kill_at(folder: Path, host: Host, workers: int, moment: int, pause_s: float) -> int:
    """Crawls until so many servers are done and a moment longer, then SIGKILL; gives how many workers outlived that."""
    running = subprocess.Popen(
        command(folder, host, workers), env=environment(host), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while moment and running.poll() is None and _finished(folder / "c.db") < moment:
        time.sleep(0.02)
    time.sleep(pause_s)
    workers_then = [pid for pid in processes.tree(running.pid) if pid != running.pid]
    running.send_signal(signal.SIGKILL)
    running.wait()
    for _ in range(100):
        left = [pid for pid in workers_then if _runs(pid)]
        if not left:
            return 0
        time.sleep(0.1)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(left)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _finished(path: Path) -> int:
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            sql = "SELECT count(*) FROM crawl_tasks WHERE state IN ('done', 'failed', 'gated')"
            return int(connection.execute(sql).fetchone()[0])
    except sqlite3.Error:
        return 0


def _sound(path: Path) -> bool:
    if not path.exists():
        return True
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the store says, without the numbers of its rows and the times of their making."""
    tool = "JOIN tools t ON t.id = x.tool_id JOIN servers s ON s.id = t.server_id"
    tables = {
        "servers": "SELECT slug, name, source_kind, reference, description, license, homepage FROM servers",
        "snapshots": "SELECT s.slug, x.version, x.ref, x.commit_sha, x.completeness, x.digest"
        " FROM snapshots x JOIN servers s ON s.id = x.server_id",
        "gaps": "SELECT s.slug, x.path, x.line, x.reason FROM gaps x JOIN snapshots n ON n.id = x.snapshot_id"
        " JOIN servers s ON s.id = n.server_id",
        "tools": "SELECT s.slug, x.name, d.digest, c.answer, x.path, x.line, x.extractor, x.facts, x.removed_at"
        " FROM tools x JOIN servers s ON s.id = x.server_id JOIN definitions d ON d.id = x.definition_id"
        " JOIN classifications c ON c.id = x.classification_id",
        "definitions": "SELECT s.slug, t.name, x.digest, x.title, x.description, x.input_schema, x.annotations"
        f" FROM definitions x {tool}",
        "history": f"SELECT s.slug, t.name, x.until_snapshot_id FROM history x {tool}",
        "search": "SELECT s.slug, x.name, x.words, x.title, x.description FROM tools_fts x"
        " JOIN tools t ON t.id = x.rowid JOIN servers s ON s.id = t.server_id",
        "changes": "SELECT server_id, kind, message FROM changes",
        "crawl_tasks": "SELECT identity, candidates, candidate, stamp, state, attempts, server, revision, reader, error"
        " FROM crawl_tasks",
    }
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {name: sorted(connection.execute(sql).fetchall(), key=repr) for name, sql in tables.items()}


_COMMANDS = {"pace": pace, "again": again, "scale": scale, "kill": kill}
_SERVERS = {"pace": [5000], "again": [5000], "scale": [5000, 50000], "kill": [2000]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=_COMMANDS)
    parser.add_argument("--servers", type=int, nargs="+")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--workers", type=int, help="twice the cores by default")
    parser.add_argument("--weight", choices=("small", "typical"), help="of the packages; typical for pace and again")
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    options.servers = options.servers or _SERVERS[options.what]
    options.weight = options.weight or ("typical" if options.what in ("pace", "again") else "small")
    options.workers = options.workers or 2 * options.cores
    print(json.dumps(_COMMANDS[options.what](options), indent=1))


if __name__ == "__main__":
    main()
