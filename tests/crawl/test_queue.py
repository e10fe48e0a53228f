"""The queue: nothing twice, nothing lost, whoever claims and whenever they die."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.store.queue import CrawlQueue, Wanted
from catalog.store.write import StoreWriter

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def wanted(name: str, *more: str, stamp: str | None = "1") -> Wanted:
    return Wanted(name, ((name, "why"), *((m, "next") for m in more)), stamp)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreWriter]:
    with StoreWriter(tmp_path / "c.db") as writer:
        yield writer


@pytest.fixture
def queue(store: StoreWriter) -> CrawlQueue:
    return CrawlQueue(store)


def test_what_is_known_is_not_queued_again(queue: CrawlQueue) -> None:
    assert queue.add([wanted("npm:a"), wanted("npm:b")], NOW) == 2
    assert queue.add([wanted("npm:a")], NOW) == 0
    assert queue.counts() == {"pending": 2}


def test_a_new_stamp_makes_a_finished_server_due_again(queue: CrawlQueue) -> None:
    queue.add([wanted("npm:a")], NOW)
    (task,) = queue.claim(5, NOW)
    queue.finish(task, NOW, "a", "r1", "v1")
    assert queue.add([wanted("npm:a")], NOW) == 0
    assert queue.add([wanted("npm:a", stamp="2")], NOW) == 1
    (again,) = queue.claim(5, NOW)
    assert (again.revision, again.reader) == ("r1", "v1")


def test_a_claimed_task_is_not_claimed_again(queue: CrawlQueue, store: StoreWriter) -> None:
    queue.add([wanted("npm:a"), wanted("npm:b"), wanted("npm:c")], NOW)
    first = queue.claim(2, NOW)
    with StoreWriter(store.path) as other:
        second = CrawlQueue(other).claim(5, NOW)
    assert [t.reference for t in first] == ["npm:a", "npm:b"]
    assert [t.reference for t in second] == ["npm:c"]


def test_claims_of_a_dead_process_are_given_back(queue: CrawlQueue) -> None:
    queue.add([wanted("npm:a")], NOW)
    queue.owner = f"{socket.gethostname()}:4194305"  # past the largest process id
    queue.claim(1, NOW)
    assert queue.recover(NOW) == 1
    assert queue.counts() == {"pending": 1}


def test_claims_of_a_living_process_stay(queue: CrawlQueue) -> None:
    queue.add([wanted("npm:a")], NOW)
    queue.owner = f"{socket.gethostname()}:1"
    queue.claim(1, NOW)
    assert queue.recover(NOW + 2 * HOUR) == 0


def test_claims_from_another_machine_end_with_their_lease(queue: CrawlQueue) -> None:
    queue.add([wanted("npm:a")], NOW)
    queue.owner = "elsewhere:1"
    queue.claim(1, NOW)
    assert queue.recover(NOW + timedelta(minutes=5)) == 0
    assert queue.recover(NOW + HOUR) == 1


def test_the_next_candidate_takes_its_turn_until_there_is_none(queue: CrawlQueue) -> None:
    queue.add([wanted("npm:a", "ann/a")], NOW)
    (task,) = queue.claim(1, NOW)
    assert queue.fall_back(task, "no tools")
    (task,) = queue.claim(1, NOW)
    assert task.reference == "ann/a"
    assert not queue.fall_back(task, "no tools")


def test_a_failed_server_comes_again_later_and_later_but_at_least_weekly(queue: CrawlQueue) -> None:
    queue.add([wanted("npm:a")], NOW)
    now, pauses = NOW, []
    for _ in range(12):
        (task,) = queue.claim(1, now)
        again = queue.fail(task, now, "unreachable")
        pauses.append(again - now)
        assert queue.claim(1, again) == []
        assert queue.revisit(again - timedelta(seconds=1), 100 * HOUR) == 0
        assert queue.revisit(again, 100 * HOUR) == 1
        now = again
    assert pauses[:3] == [HOUR, 2 * HOUR, 4 * HOUR]
    assert pauses[-1] == timedelta(days=7)


def test_finished_servers_are_due_when_they_are_old_enough(queue: CrawlQueue) -> None:
    queue.add([wanted("npm:a")], NOW)
    (task,) = queue.claim(1, NOW)
    queue.finish(task, NOW, "a", None, "v1")
    assert queue.revisit(NOW + HOUR, 2 * HOUR) == 0
    assert queue.revisit(NOW + 3 * HOUR, 2 * HOUR) == 1


def test_what_is_given_back_waits_for_its_time(queue: CrawlQueue) -> None:
    queue.add([wanted("npm:a")], NOW)
    queue.give_back(queue.claim(1, NOW), NOW + HOUR)
    assert queue.claim(1, NOW) == []
    assert queue.next_due() == NOW + HOUR
    assert len(queue.claim(1, NOW + HOUR)) == 1
