"""Worker processes: they see the crawler's environment, and leave nothing behind however it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog.crawl.processes import open_processes
from catalog.crawl.scratch import open_scratch

ROOT = Path(__file__).parents[2]
_CRAWLER = """
import os, tempfile, time
from catalog.crawl.processes import open_processes
if __name__ == "__main__":
    pool = open_processes(1)
    print(pool.submit(os.getpid).result(), pool.submit(tempfile.gettempdir).result(), flush=True)
    pool.submit(time.sleep, 600)
    time.sleep(600)
"""


def runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_worker_ends_with_a_crawler_that_was_killed_and_leaves_no_files(tmp_path: Path) -> None:
    script = tmp_path / "crawler.py"
    script.write_text(_CRAWLER)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    crawler = subprocess.Popen([sys.executable, str(script)], env=env, stdout=subprocess.PIPE, text=True)
    assert crawler.stdout is not None
    worker, _, folder = crawler.stdout.readline().strip().partition(" ")
    assert Path(folder).is_dir()
    crawler.send_signal(signal.SIGKILL)
    crawler.wait()
    for _ in range(600):
        if not runs(int(worker)):
            break
        time.sleep(0.05)
    assert not runs(int(worker))
    assert not Path(folder).exists()


def test_workers_have_the_environment_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("first", "second"):
        monkeypatch.setenv("CATALOG_TEST_VALUE", value)
        with open_processes(1) as pool:
            assert pool.submit(os.getenv, "CATALOG_TEST_VALUE").result() == value


def test_what_a_killed_worker_left_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    left = tmp_path / "catalog-worker-4194305-x"  # past the largest process id
    mine = tmp_path / f"catalog-worker-{os.getpid()}-y"
    for folder in (left, mine):
        folder.mkdir()
    assert open_scratch().parent == tmp_path
    assert not left.exists()
    assert mine.exists()
