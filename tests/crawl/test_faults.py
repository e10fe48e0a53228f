"""Whatever breaks while crawling ends with a clear record; the rest goes on, and nothing stored is lost."""

from __future__ import annotations

import os
import shutil
import signal
import socketserver
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from catalog.crawl import unit as unit_module
from catalog.crawl.coordinator import Coordinator, Event
from catalog.crawl.engines import open_engine
from catalog.crawl.schedule import Manners
from catalog.crawl.unit import Result, Unit, work
from catalog.sources import download
from catalog.sources.download import DownloadLimits
from catalog.sources.reference import parse_reference
from catalog.store.queue import CrawlQueue, Wanted
from catalog.store.read import StoreReader
from catalog.store.write import StoreWriter
from tests.crawl.fixtures import serve_notes, serve_package
from tests.local_hosts import Answer, Host, json_answer
from tests.plain_classifier import PlainClassifier

ROOT = Path(__file__).parents[2]
TEN_GB = 10_000_000_000
# A certificate that nobody signed, for localhost, and its key: of use to this test alone.
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgC9VyG94Pj3OVNa1n
cyp5Zclp1YwC13MllBcVICcC4rShRANCAATX8rd0nUl5TwViVpR9G2Wc4hlXJS+X
wQEZxPuTBTEIvcAg/c1wFem9jlC/0ae5yhtEXaDbt4nsFk6gQOEpbY7N
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUMc9CfREZpG/Aw8B/0pRDkljflw8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE5NDEzOFoYDzIxMjYxMDI5
MTk0MTM4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATX8rd0nUl5TwViVpR9G2Wc4hlXJS+XwQEZxPuTBTEIvcAg/c1wFem9
jlC/0ae5yhtEXaDbt4nsFk6gQOEpbY7No1MwUTAdBgNVHQ4EFgQUpOJiQv7m06I9
r+j6W7T/ZD7NUQgwHwYDVR0jBBgwFoAUpOJiQv7m06I9r+j6W7T/ZD7NUQgwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAqgOsQWiheQ0ZLfbBwzpTH
SV7oSNx5fa9wg888ql0YlwIhAM6baxD3LYniTHtmXSoCYHJs6mwvbvBYZTLKYCLa
4u/6
-----END CERTIFICATE-----
"""


@pytest.fixture
def npm(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return serve_notes(host, tmp_path, monkeypatch)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a test can wait for; the code that keeps them is the real one."""
    limits = DownloadLimits(read_s=1.0, total_s=1.0, tries=1, max_bytes=5_000_000)
    monkeypatch.setattr(download, "DownloadLimits", lambda: limits)
    monkeypatch.setattr(unit_module, "labeller", PlainClassifier)


def crawl(
    path: Path, references: list[str], executor: Executor | None = None, run: Callable[[Unit], Any] = work
) -> dict[str, Event]:
    events: list[Event] = []
    wanted = [Wanted(parse_reference(r).identity, ((r, "listed"),), "1") for r in references]
    with StoreWriter(path) as store, ThreadPoolExecutor(2) as threads:
        queue = CrawlQueue(store)
        queue.add(wanted, datetime.now(UTC))
        Coordinator(store, queue, Manners(pause_s=0.05), events.append, run=run).crawl(executor or threads, 4)
    return {e.reference: e for e in events}


def stored_tools(path: Path) -> set[str]:
    with StoreReader(path) as reader:
        return {t.tool.name for t in reader.tools()}


@contextmanager
def streaming(
    handler: Callable[[BaseHTTPRequestHandler], None], tls: bool = False, folder: Path | None = None
) -> Iterator[str]:
    """A host whose every answer the handler writes by hand."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                handler(self)
            except OSError:  # the client has heard enough
                self.close_connection = True

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None: ...

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None: ...

    server: socketserver.BaseServer = Quiet(("127.0.0.1", 0), Handler)
    if tls:
        assert folder is not None
        (folder / "pair.pem").write_text(CERTIFICATE, encoding="utf-8")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "pair.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http{'s' * tls}://127.0.0.1:{server.server_address[1]}"  # type: ignore[index]
    finally:
        server.shutdown()
        server.server_close()


def package_at(host: Host, name: str, tarball: str) -> None:
    """An npm package whose tarball lies elsewhere."""
    listed = {"1.0.0": {"version": "1.0.0", "dist": {"tarball": tarball}}}
    host.routes[f"/{name}"] = json_answer({"dist-tags": {"latest": "1.0.0"}, "versions": listed})


def test_a_host_without_a_trusted_certificate_is_refused(npm: Host, tmp_path: Path, impatient: None) -> None:
    with streaming(lambda request: None, tls=True, folder=tmp_path) as secure:
        package_at(npm, "odd", f"{secure}/odd.tgz")
        events = crawl(tmp_path / "c.db", ["npm:odd", "npm:notes"])
    assert events["npm:odd"].outcome == "failed"
    assert "certificate" in events["npm:odd"].message.lower()
    assert stored_tools(tmp_path / "c.db") == {"list_notes", "delete_note"}


def test_a_redirect_loop_is_one_failed_server(npm: Host, tmp_path: Path, impatient: None) -> None:
    npm.routes["/round"] = Answer(b"", 302, {"Location": f"{npm.url}/round"})
    events = crawl(tmp_path / "c.db", ["npm:round", "npm:notes"])
    assert events["npm:round"].outcome == "failed"
    assert "redirect" in events["npm:round"].message.lower()
    assert events["npm:notes"].outcome == "read"


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_ten_gigabytes_is_left_unread(npm: Host, tmp_path: Path, impatient: None, announced: bool) -> None:
    sent = 0

    def pour(request: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        request.send_response(200)
        if announced:
            request.send_header("Content-Length", str(TEN_GB))
        request.end_headers()
        while sent < TEN_GB:
            request.wfile.write(b"\0" * 1_000_000)
            sent += 1_000_000

    with streaming(pour) as url:
        package_at(npm, "huge", f"{url}/huge.tgz")
        events = crawl(tmp_path / "c.db", ["npm:huge", "npm:notes"])
    assert "larger than the 5000000 bytes" in events["npm:huge"].message
    assert sent < 50_000_000
    assert events["npm:notes"].outcome == "read"


def test_a_stream_that_never_ends_meets_its_deadline(npm: Host, tmp_path: Path, impatient: None) -> None:
    ended = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not ended.wait(0.05):
            request.wfile.write(b"\0")
            request.wfile.flush()

    with streaming(drip) as url:
        package_at(npm, "slow", f"{url}/slow.tgz")
        events = crawl(tmp_path / "c.db", ["npm:slow", "npm:notes"])
        ended.set()
    assert "took longer than 1 s" in events["npm:slow"].message
    assert events["npm:notes"].outcome == "read"


def die_on_request(unit: Unit) -> tuple[Result, ...]:
    """A unit of work that a package can end with its process, as a crash in a parser would."""
    if any("deadly" in visit.reference for visit in unit.visits):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)  # so that others are in flight when it happens
    return tuple(Result(v.task_id, "failed", message="reached") for v in unit.visits)


def test_a_source_that_ends_its_process_is_one_failed_server(npm: Host, tmp_path: Path) -> None:
    names = [f"npm:fine-{n}" for n in range(6)]
    with open_engine("local", 2) as executor:
        events = crawl(tmp_path / "c.db", ["npm:deadly", *names], executor, die_on_request)
    assert "the worker was lost" in events["npm:deadly"].message
    assert {events[name].message for name in names} == {"reached"}


def fill_store(npm: Host, folder: Path) -> Path:
    """A store with the notes server in it, and a list that names a larger one."""
    path = folder / "catalog.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unit_module, "labeller", PlainClassifier)
        crawl(path, ["npm:notes"])
    serve_package(npm, "large", [f"delete_thing_{n}" for n in range(1500)])
    (folder / "list.txt").write_text("npm:large\n", encoding="utf-8")
    return path


def command(npm: Host, folder: Path, *before: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "npm_config_registry": npm.url, "PYTHONPATH": str(ROOT)}
    crawl_list = ["crawl", str(folder / "list.txt"), "--workers", "1", "--cache", str(folder / "cache")]
    line = [*before, sys.executable, "-m", "catalog", "--db", str(folder / "catalog.db"), *crawl_list]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, cwd=folder)


def check_unharmed(path: Path) -> None:
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert stored_tools(path) == {"list_notes", "delete_note"}


def test_a_disk_that_is_full_stops_the_crawl_and_harms_nothing(npm: Host, tmp_path: Path) -> None:
    path = fill_store(npm, tmp_path)
    blocks = path.stat().st_size // 512 + 200
    done = command(npm, tmp_path, "sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh")
    assert done.returncode == 5, done.stderr
    assert "catalog.db" in done.stderr
    check_unharmed(path)
    assert command(npm, tmp_path).returncode == 0
    assert len(stored_tools(path)) == 1502


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere here")
def test_a_store_that_may_not_be_written_is_named_and_left_alone(npm: Host, tmp_path: Path) -> None:
    path = fill_store(npm, tmp_path)
    path.chmod(0o444)
    folder = path.parent
    folder.chmod(0o555)
    rights = "-dac_override,-dac_read_search,-fowner"
    before = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"] if os.geteuid() == 0 else []
    try:
        done = command(npm, tmp_path, *before)
    finally:
        folder.chmod(0o755)
    assert done.returncode == 5, done.stderr
    assert "catalog.db" in done.stderr
    check_unharmed(path)
