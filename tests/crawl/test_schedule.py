"""What goes to a worker together, and what is kept apart."""

from __future__ import annotations

from catalog.crawl.schedule import Manners, Schedule
from catalog.crawl.unit import Unit, Visit


def filled(revisits: int = 0, first_visits: int = 0, manners: Manners | None = None, workers: int = 1) -> Schedule:
    schedule = Schedule(manners or Manners(), workers)
    for n in range(revisits + first_visits):
        schedule.put(Unit("npm", (Visit(n, f"npm:p{n}", "1.0" if n < revisits else None),)))
    return schedule


def sizes(schedule: Schedule) -> list[int]:
    taken = []
    while unit := schedule.take(0.0):
        taken.append(len(unit.visits))
        schedule.done(unit, 0.0)
    return taken


def test_many_revisits_go_together_and_few_first_visits() -> None:
    assert sizes(filled(revisits=200))[0] == 32
    assert sizes(filled(first_visits=200))[0] == 4


def test_nothing_is_lost_or_given_twice() -> None:
    schedule = filled(revisits=50, first_visits=50)
    seen: list[int] = []
    while unit := schedule.take(0.0):
        seen += [v.task_id for v in unit.visits]
        schedule.done(unit, 0.0)
    assert sorted(seen) == list(range(100))
    assert len(schedule) == 0


def test_what_is_left_is_shared_among_the_workers() -> None:
    assert max(sizes(filled(revisits=12, workers=6))) <= 3


def test_downloads_that_keep_a_distance_go_one_by_one() -> None:
    schedule = filled(revisits=3, manners=Manners(interval_s=2.0))
    unit = schedule.take(0.0)
    assert unit is not None
    assert len(unit.visits) == 1
    assert schedule.take(1.0) is None
    assert schedule.take(2.0) is not None


def test_a_suspect_goes_alone() -> None:
    schedule = Schedule(Manners())
    for n, is_suspect in enumerate((False, False, True, True, False)):
        schedule.put(Unit("npm", (Visit(n, f"npm:p{n}", "1.0"),), is_suspect))
    assert sizes(schedule) == [2, 1, 1, 1]


def test_hosts_that_are_done_are_forgotten() -> None:
    schedule = Schedule(Manners())
    for n in range(3):
        schedule.put(Unit(f"host{n}.example", (Visit(n, f"https://host{n}.example/mcp"),)))
    assert sizes(schedule) == [1, 1, 1]
    assert schedule._hosts == {}
