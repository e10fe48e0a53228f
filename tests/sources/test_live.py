"""Running servers: listed over stdio, Streamable HTTP and SSE with the official SDK, and never called."""

from __future__ import annotations

import http.server
import os
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import SourceError, UsageError
from catalog.sources import http as http_source
from catalog.sources import stdio
from catalog.sources.gated import Gated
from catalog.sources.reference import Reference

ROOT = Path(__file__).parents[2]
COMMAND = f"{shlex.quote(sys.executable)} -m tests.servers.notes"
OPEN = stdio.RunOptions("off", {"PYTHONPATH": str(ROOT)}, 30.0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=["http", "sse"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.servers.notes", request.param, str(port)], cwd=ROOT)
    try:
        for _ in range(1200):  # a busy machine may take a minute to start it
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/{'mcp' if request.param == 'http' else 'sse'}"
    finally:
        process.terminate()
        process.wait(10)


class Stub(http.server.BaseHTTPRequestHandler):
    """Answers every request with the status and body that the test sets."""

    status, body = 401, b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_DELETE = do_POST

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def stub() -> Iterator[tuple[type[Stub], str]]:
    class Own(Stub):
        pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Own, f"http://127.0.0.1:{server.server_port}/mcp"
    server.shutdown()


def listed(fetched: Any) -> dict[str, Any]:
    return {t.name: t for t in fetched.tools}


def test_a_server_at_a_url_lists_all_its_pages(url: str, tmp_path: Path) -> None:
    fetched = http_source.fetch(Reference("http", url), tmp_path, "notes")
    tools = listed(fetched)
    assert set(tools) == {"list_notes", "delete_note"}
    assert tools["list_notes"].annotations == {"readOnlyHint": True}
    assert tools["delete_note"].input_schema["required"] == ["id"]
    assert (fetched.server.name, fetched.server.version) == ("notes", "1.2.3")


def test_a_local_server_lists_its_tools_only_when_run(tmp_path: Path) -> None:
    reference = Reference("stdio", COMMAND)
    with pytest.raises(UsageError, match="--run"):
        stdio.fetch(reference, tmp_path, "notes")
    fetched = stdio.fetch_running(reference, tmp_path, "notes", OPEN)
    assert set(listed(fetched)) == {"list_notes", "delete_note"}


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_a_sandboxed_server_is_listed_too(tmp_path: Path) -> None:
    options = stdio.RunOptions("require", {"PYTHONPATH": str(ROOT)}, 30.0)
    fetched = stdio.fetch_running(Reference("stdio", COMMAND), tmp_path, "notes", options)
    assert set(listed(fetched)) == {"list_notes", "delete_note"}


def test_a_required_sandbox_that_is_missing_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match="bubblewrap"):
        stdio.fetch_running(Reference("stdio", COMMAND), tmp_path, "notes", stdio.RunOptions("require"))


def test_a_run_server_sees_nothing_of_the_callers_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    variables = {**OPEN.variables, "NOTES_REQUIRES": "MY_TOKEN"}
    with pytest.raises(SourceError, match="MY_TOKEN is not set"):
        stdio.fetch_running(Reference("stdio", COMMAND), tmp_path, "notes", stdio.RunOptions("off", variables, 30.0))
    with_dummy = stdio.RunOptions("off", {**variables, **stdio.dummies(["MY_TOKEN"])}, 30.0)
    assert stdio.fetch_running(Reference("stdio", COMMAND), tmp_path, "notes", with_dummy).tools


def test_a_list_whose_cursor_repeats_ends_with_a_gap(tmp_path: Path) -> None:
    options = stdio.RunOptions("off", {**OPEN.variables, "NOTES_LOOP": "1"}, 30.0)
    fetched = stdio.fetch_running(Reference("stdio", COMMAND), tmp_path, "notes", options)
    assert set(listed(fetched)) == {"list_notes"}
    assert "does not end" in fetched.gaps[0].reason


def test_a_server_that_never_answers_is_given_up_and_ended(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    reference = Reference("stdio", f"{shlex.quote(sys.executable)} -c {shlex.quote(script)}")
    with pytest.raises(SourceError, match="did not list its tools within 2 seconds"):
        stdio.fetch_running(reference, tmp_path, "notes", stdio.RunOptions("off", {}, 2.0))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_a_program_that_is_no_server_is_an_error_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        stdio.fetch_running(Reference("stdio", "sh -c 'echo broken >&2; exit 3'"), tmp_path, "notes", OPEN)
    assert "broken" in str(caught.value)


def test_a_server_that_wants_credentials_is_gated(stub: tuple[type[Stub], str], tmp_path: Path) -> None:
    with pytest.raises(Gated, match=r"(?s)answers 401.*CATALOG_HEADERS"):
        http_source.fetch(Reference("http", stub[1]), tmp_path, "notes")


def test_a_response_without_end_is_cut(
    stub: tuple[type[Stub], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub[0].status, stub[0].body = 200, b"x" * 200_000
    monkeypatch.setattr(http_source, "MAX_RESPONSE_BYTES", 100_000)
    with pytest.raises(SourceError):
        http_source.fetch(Reference("http", stub[1]), tmp_path, "notes")


def test_headers_go_to_their_host_alone() -> None:
    environment = {"CATALOG_HEADERS": '{"a.example": {"Authorization": "Bearer t"}}'}
    assert http_source.headers_for("https://a.example/mcp", environment) == {"Authorization": "Bearer t"}
    assert http_source.headers_for("https://b.example/mcp", environment) == {}
    with pytest.raises(UsageError, match="CATALOG_HEADERS"):
        http_source.headers_for("https://a.example/mcp", {"CATALOG_HEADERS": "Bearer t"})


def test_a_stored_url_keeps_no_secrets() -> None:
    assert http_source.without_secrets("https://me:pw@h.example/mcp?key=1") == "https://h.example/mcp"
