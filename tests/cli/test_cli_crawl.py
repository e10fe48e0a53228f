"""`catalog crawl`: a registry or a list in, a filled store and events out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.crawl.fixtures import npm_entry, serve_notes, serve_package, serve_registry
from tests.local_hosts import Answer, Host


@pytest.fixture
def npm(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return serve_notes(host, tmp_path, monkeypatch)


def test_a_registry_is_crawled_with_real_labels(npm: Host, run: Run) -> None:
    serve_registry(npm, [[npm_entry("notes")], [npm_entry("gone")]])
    outcome = run("crawl", "registry:", "--registry-url", npm.url, "--workers", "1", "--json")
    events = {e["reference"]: e for e in outcome.json_lines}
    assert events["npm:notes@1.0.0"]["tools"] == 2
    assert events["npm:gone@1.0.0"]["outcome"] == "failed"
    assert "queue: 1 done, 1 failed" in outcome.err
    (row,) = run("list", "tools", "--risk", "critical", "--json").json_lines
    assert row["name"] == "delete_note"


def test_a_registry_can_be_named_by_its_address(npm: Host, run: Run) -> None:
    serve_registry(npm, [[npm_entry("notes")]])
    assert "read npm:notes@1.0.0 2 tools" in run("crawl", f"registry:{npm.url}", "--workers", "1").out


def test_a_list_of_references_is_crawled(npm: Host, run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# servers\nnpm:notes  # ours\n\n")
    assert "read npm:notes 2 tools" in run("crawl", str(tmp_path / "list.txt"), "--workers", "1").out
    assert "nothing was due" in run("crawl", str(tmp_path / "list.txt"), "--workers", "1").err


def test_a_crawl_runs_nothing(npm: Host, run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("stdio:echo hello\n")
    outcome = run("crawl", str(tmp_path / "list.txt"))
    assert outcome.code == 2
    assert "only reads" in outcome.err


def test_a_missing_list_is_named(npm: Host, run: Run, tmp_path: Path) -> None:
    outcome = run("crawl", str(tmp_path / "none.txt"))
    assert outcome.code == 6
    assert "none.txt" in outcome.err


def test_a_registry_that_breaks_off_is_said_and_what_it_listed_is_visited(npm: Host, run: Run) -> None:
    serve_registry(npm, [[npm_entry("notes")], [npm_entry("mail")]])
    whole = npm.answer
    npm.answer = lambda path, headers: (  # type: ignore[method-assign]
        Answer(b"[" * 9) if "cursor=1" in path else whole(path, headers)
    )
    outcome = run("crawl", "registry:", "--registry-url", npm.url, "--workers", "1")
    assert outcome.code == 4
    assert "read npm:notes@1.0.0 2 tools" in outcome.out
    assert "not read to its end" in outcome.err
    npm.answer = whole  # type: ignore[method-assign]
    serve_package(npm, "mail", ["send_mail"])
    again = run("crawl", "registry:", "--registry-url", npm.url, "--workers", "1")
    assert again.code == 0
    assert "read npm:mail@1.0.0 1 tools" in again.out
    assert "npm:notes" not in again.out
