"""How much of the pace of reading and labelling alone a crawl keeps, and whether cost per server grows with size.

usage: python benchmarks/crawl.py [--servers N] [--processes P]

Serves N generated packages and a registry on this machine, crawls them into a fresh store, and reads and labels
the same packages without queue, network and store, all in one run. Prints ratios, peak memory, and the share that a
second crawl takes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.registry_host import files_of, serve


def alone(numbers: range) -> int:
    """Reads and labels the packages of these numbers from disk; gives how many tools were found."""
    import classifier
    from catalog.extract import read_tree
    from catalog.extract.tree import SourceTree

    judge, found = classifier.load(), 0
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files_of(number).items():
                (Path(folder) / name).write_text(text)
            tools = read_tree(SourceTree(Path(folder))).tools
            judge.classify([t.definition("x") for t in tools])
            found += len(tools)
    return found


def crawl(folder: Path, url: str, processes: int, *more: str) -> tuple[float, str]:
    """Seconds that one crawl takes, and what it said at the end."""
    started = time.perf_counter()
    done = subprocess.run(
        [
            sys.executable, "-m", "catalog", "--db", str(folder / "c.db"), "crawl", "registry:", "--registry-url", url,
            "--workers", str(2 * processes), "--per-host", "16", *more,
        ],
        env={**os.environ, "npm_config_registry": url}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        check=True,
    )  # fmt: skip
    return time.perf_counter() - started, done.stderr.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    started = time.perf_counter()
    share = options.servers // options.processes
    with ProcessPoolExecutor(options.processes, mp_context=context) as pool:
        list(pool.map(alone, [range(i * share, (i + 1) * share) for i in range(options.processes)]))
    alone_s = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as name, serve(options.servers) as url:
        folder = Path(name)
        first_s, said = crawl(folder, url, options.processes)
        again_s, said_again = crawl(folder, url, options.processes, "--revisit", "0")
        size = (folder / "c.db").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(
        json.dumps(
            {
                "servers": options.servers,
                "reading_and_labelling_alone_servers_per_s": round(options.servers / alone_s, 1),
                "crawl_servers_per_s": round(options.servers / first_s, 1),
                "crawl_over_alone": round(alone_s / first_s, 3),
                "second_crawl_over_first": round(again_s / first_s, 3),
                "peak_memory_mb_largest_process": round(peak / 1024),
                "store_kb_per_server": round(size / 1024 / options.servers, 1),
                "first": said,
                "second": said_again,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
