"""Crawls over local hosts: whole, resumable, polite, and cheap the second time."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.crawl import unit as unit_module
from catalog.crawl.coordinator import Coordinator, Event
from catalog.crawl.schedule import Manners
from catalog.sources.reference import parse_reference
from catalog.store.queue import CrawlQueue, Wanted
from catalog.store.read import StoreReader
from catalog.store.write import StoreWriter
from tests.crawl.fixtures import go_source, serve_package, with_etags
from tests.local_hosts import Answer, Host, json_answer, serve_repository
from tests.plain_classifier import PlainClassifier

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def plain_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_module, "labeller", PlainClassifier)


@pytest.fixture
def npm(host: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("npm_config_registry", host.url)
    monkeypatch.setenv("GITHUB_API_URL", host.url)
    return host


def wanted(*references: str) -> Wanted:
    return Wanted(parse_reference(references[0]).identity, tuple((r, "because") for r in references), "1")


def crawl(path: Path, servers: list[Wanted], manners: Manners | None = None, again: bool = False) -> list[Event]:
    events: list[Event] = []
    with StoreWriter(path) as store, ThreadPoolExecutor(2) as executor:
        queue = CrawlQueue(store)
        queue.add(servers, datetime.now(UTC))
        if again:
            store.connection.execute("UPDATE crawl_tasks SET state = 'pending'")
        Coordinator(store, queue, manners or Manners(pause_s=0.05), events.append).crawl(executor, 4)
    return events


def stored(path: Path) -> set[tuple[str, str, str]]:
    with StoreReader(path) as reader:
        return {
            (t.server_slug, t.tool.name, t.classification.category if t.classification else "?") for t in reader.tools()
        }


def test_every_server_is_stored_with_labels(npm: Host, tmp_path: Path) -> None:
    serve_package(npm, "notes", ["list_notes", "delete_note"])
    serve_package(npm, "mail", ["create_mail"])
    events = crawl(tmp_path / "c.db", [wanted("npm:notes"), wanted("npm:mail")])
    assert {e.outcome for e in events} == {"read"}
    assert stored(tmp_path / "c.db") == {
        ("npm-notes", "list_notes", "Read"),
        ("npm-notes", "delete_note", "Destructive"),
        ("npm-mail", "create_mail", "Write"),
    }


def test_a_failing_server_is_recorded_with_its_reason_and_the_rest_goes_on(npm: Host, tmp_path: Path) -> None:
    serve_package(npm, "notes", ["list_notes"])
    serve_package(npm, "empty", [])
    npm.routes["/broken"] = Answer(b"not json")
    events = crawl(
        tmp_path / "c.db", [wanted("npm:gone"), wanted("npm:broken"), wanted("npm:empty"), wanted("npm:notes")]
    )
    assert {e.reference: e.outcome for e in events} == {
        "npm:gone": "failed",
        "npm:broken": "failed",
        "npm:empty": "empty",
        "npm:notes": "read",
    }
    with sqlite3.connect(tmp_path / "c.db") as connection:
        failures = dict(connection.execute("SELECT identity, error FROM crawl_failures").fetchall())
    assert set(failures) == {"npm:gone", "npm:broken", "npm:empty"}
    assert "no package gone" in failures["npm:gone"]


def test_a_source_without_tools_gives_way_to_the_next_one(npm: Host, tmp_path: Path) -> None:
    serve_package(npm, "shell", [])
    serve_repository(npm, "ann/shell", {"main.go": go_source(["run_shell"])})
    events = crawl(tmp_path / "c.db", [wanted("npm:shell", "ann/shell")])
    assert [e.outcome for e in events] == ["retry", "read"]
    assert stored(tmp_path / "c.db") == {("ann-shell", "run_shell", "Read")}


def test_servers_of_one_repository_are_one_download(npm: Host, tmp_path: Path) -> None:
    files = {f"{name}/main.go": go_source([f"list_{name}"]) for name in ("one", "two", "three")}
    serve_repository(npm, "ann/mono", files)
    crawl(tmp_path / "c.db", [wanted(f"ann/mono//{name}") for name in ("one", "two", "three")])
    assert {tool for _, tool, _ in stored(tmp_path / "c.db")} == {"list_one", "list_two", "list_three"}
    assert len([path for path, _ in npm.requests if "tarball" in path]) == 1


def test_the_second_crawl_only_asks_whether_something_changed(
    npm: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATALOG_HTTP_CACHE", str(tmp_path / "cache"))
    statuses = with_etags(npm)
    names = [f"notes{n}" for n in range(5)]
    for name in names:
        serve_package(npm, name, ["list_notes"])
    servers = [wanted(f"npm:{name}") for name in names]
    crawl(tmp_path / "c.db", servers)
    before = sqlite3.connect(tmp_path / "c.db").execute("SELECT * FROM tools").fetchall()
    statuses.clear()
    events = crawl(tmp_path / "c.db", servers, again=True)
    assert {e.outcome for e in events} == {"unchanged"}
    assert statuses == [304] * len(names)
    assert sqlite3.connect(tmp_path / "c.db").execute("SELECT * FROM tools").fetchall() == before


def test_a_changed_server_is_read_again_and_its_change_recorded(npm: Host, tmp_path: Path) -> None:
    serve_package(npm, "notes", ["list_notes"])
    crawl(tmp_path / "c.db", [wanted("npm:notes")])
    serve_package(npm, "notes", ["list_notes", "delete_note"], "2.0.0")
    (event,) = crawl(tmp_path / "c.db", [wanted("npm:notes")], again=True)
    assert (event.outcome, event.changes) == ("read", 1)
    with StoreReader(tmp_path / "c.db") as reader:
        (change,) = reader.changes(severity="high")
    assert (change.change.kind, change.change.tool) == ("tool_added", "delete_note")


def test_a_host_that_asks_for_a_rest_gets_it_and_nothing_is_lost(npm: Host, tmp_path: Path) -> None:
    serve_package(npm, "notes", ["list_notes"])
    busy = json_answer({}, 403, x_ratelimit_remaining="0")
    npm.routes["/notes"] = [busy, npm.routes["/notes"]]  # type: ignore[list-item]
    events = crawl(tmp_path / "c.db", [wanted("npm:notes")])
    assert [e.outcome for e in events] == ["rate_limited", "read"]


def test_no_host_is_asked_more_often_at_once_than_allowed(npm: Host, tmp_path: Path) -> None:
    running, most = [0], [0]

    def slow(unit: unit_module.Unit) -> tuple[unit_module.Result, ...]:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.02)
        running[0] -= 1
        return tuple(unit_module.Result(v.task_id, "failed") for v in unit.visits)

    with StoreWriter(tmp_path / "c.db") as store, ThreadPoolExecutor(8) as executor:
        queue = CrawlQueue(store)
        queue.add([wanted(f"npm:p{n}") for n in range(12)], datetime.now(UTC))
        Coordinator(store, queue, Manners(per_host=2), run=slow).crawl(executor, 8)
    assert most[0] == 2


def test_a_limit_leaves_the_rest_for_the_next_crawl(npm: Host, tmp_path: Path) -> None:
    for n in range(5):
        serve_package(npm, f"p{n}", ["list_notes"])
    with StoreWriter(tmp_path / "c.db") as store, ThreadPoolExecutor(2) as executor:
        queue = CrawlQueue(store)
        queue.add([wanted(f"npm:p{n}") for n in range(5)], datetime.now(UTC))
        Coordinator(store, queue, Manners()).crawl(executor, 4, limit=2)
        assert queue.counts() == {"done": 2, "pending": 3}


def test_an_unexpected_error_in_one_visit_is_a_record_not_the_end(npm: Host, tmp_path: Path) -> None:
    def broken(unit: unit_module.Unit) -> tuple[unit_module.Result, ...]:
        raise OSError("lost")

    with StoreWriter(tmp_path / "c.db") as store, ThreadPoolExecutor(2) as executor:
        queue = CrawlQueue(store)
        queue.add([wanted("npm:a")], datetime.now(UTC))
        tally = Coordinator(store, queue, Manners(), run=broken).crawl(executor, 2)
        assert tally.outcomes == {"failed": 1}
        assert queue.counts() == {"failed": 1}


_CRAWLER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from catalog.crawl import unit
from catalog.crawl.coordinator import Coordinator
from catalog.crawl.schedule import Manners
from catalog.store.queue import CrawlQueue
from catalog.store.write import StoreWriter
from tests.plain_classifier import PlainClassifier
unit._classifier = PlainClassifier
with StoreWriter(Path(sys.argv[1])) as store, ThreadPoolExecutor(2) as executor:
    print("ready", flush=True)
    Coordinator(store, CrawlQueue(store), Manners()).crawl(executor, 4)
"""


def test_a_crawl_killed_at_any_moment_goes_on_and_ends_the_same(npm: Host, tmp_path: Path) -> None:
    servers = []
    for n in range(60):
        serve_package(npm, f"p{n}", [f"list_{n}", f"delete_{n}"])
        servers.append(wanted(f"npm:p{n}"))
    crawl(tmp_path / "whole.db", servers)
    path = tmp_path / "killed.db"
    with StoreWriter(path) as store:
        CrawlQueue(store).add(servers, datetime.now(UTC))
    for pause_s in (0.0, 0.05, 0.1, 0.15, 0.2, 0.3):
        process = subprocess.Popen(
            [sys.executable, "-c", _CRAWLER, str(path)], cwd=ROOT, env=os.environ.copy(), stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pause_s)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    subprocess.run([sys.executable, "-c", _CRAWLER, str(path)], cwd=ROOT, check=True, capture_output=True)
    assert stored(path) == stored(tmp_path / "whole.db")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT state, count(*) FROM crawl_tasks GROUP BY 1").fetchall() == [("done", 60)]
        assert connection.execute("SELECT count(*) FROM snapshots").fetchone() == (60,)


def test_events_are_fit_for_machines() -> None:
    assert json.loads(json.dumps(Event("npm:a", "read", "npm-a", 3).to_json()))["tools"] == 3


def test_once_a_host_asks_for_a_rest_the_rest_of_a_unit_is_not_begun(npm: Host) -> None:
    npm.routes["/a"] = json_answer({}, 403, x_ratelimit_remaining="0")
    serve_package(npm, "b", ["list_notes"])
    visits = (unit_module.Visit(1, "npm:a"), unit_module.Visit(2, "npm:b"))
    results = unit_module.work(unit_module.Unit("npm", visits))
    assert [r.outcome for r in results] == ["rate_limited", "rate_limited"]
    assert [path for path, _ in npm.requests] == ["/a"]


def test_of_visits_whose_worker_was_lost_only_the_one_to_blame_fails(npm: Host, tmp_path: Path) -> None:
    for n in range(6):
        serve_package(npm, f"p{n}", ["list_notes"])

    def ends_at_three(unit: unit_module.Unit) -> tuple[unit_module.Result, ...]:
        if any(visit.reference == "npm:p3" for visit in unit.visits):
            raise OSError("lost")
        return unit_module.work(unit)

    with StoreWriter(tmp_path / "c.db") as store, ThreadPoolExecutor(1) as executor:
        queue = CrawlQueue(store)
        queue.add([wanted(f"npm:p{n}") for n in range(6)], datetime.now(UTC))
        tally = Coordinator(store, queue, Manners(), run=ends_at_three).crawl(executor, 1)
    assert tally.outcomes == {"failed": 1, "read": 5}
