"""What may start now: per host, so many at once, so far apart, and not before it asked us to return."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from catalog.crawl.unit import Unit, Visit

# Visits that go to a worker together: handing them over costs as much as asking whether one has changed.
_FIRST_VISITS = 4
_REVISITS = 32


@dataclass(frozen=True, slots=True)
class Manners:
    """Bounds towards one host. `interval_s` lies between the starts of two downloads."""

    per_host: int = 4
    interval_s: float = 0.0
    pause_s: float = 60.0


@dataclass(slots=True)
class _Host:
    running: int = 0
    free_at: float = 0.0
    waiting: deque[Unit] = field(default_factory=deque)


class Schedule:
    """Units that wait for their host. Time is passed in, in seconds of any clock that does not go back.

    What is taken is one unit, worked off in order by one worker: a host has no more downloads at once than units.
    """

    def __init__(self, manners: Manners, workers: int = 1) -> None:
        self._manners, self._workers = manners, workers
        self._hosts: dict[str, _Host] = {}
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def put(self, unit: Unit) -> None:
        self._hosts.setdefault(unit.host, _Host()).waiting.append(unit)
        self._waiting += len(unit.visits)

    def take(self, now_s: float) -> Unit | None:
        """Visits that may start now, of the host that has waited longest for its turn; None when none may."""
        name = min(
            (name for name, h in self._hosts.items() if h.waiting and self._is_free(h, now_s)),
            key=lambda name: (self._hosts[name].running, self._hosts[name].free_at),
            default=None,
        )
        if name is None:
            return None
        host = self._hosts[name]
        unit = Unit(name, self._together(host))
        self._waiting -= len(unit.visits)
        host.running += 1
        host.free_at = max(now_s, host.free_at) + self._manners.interval_s
        return unit

    def done(self, unit: Unit, now_s: float) -> None:
        host = self._hosts[unit.host]
        host.running -= 1
        if not host.running and not host.waiting and host.free_at <= now_s:
            del self._hosts[unit.host]  # tens of thousands of servers run at a host of their own

    def pause(self, host: str, until_s: float) -> None:
        """Starts nothing more at the host before that time."""
        known = self._hosts.setdefault(host, _Host())
        known.free_at = max(known.free_at, until_s)

    def drop(self, host: str) -> list[Unit]:
        """The waiting units of a host, which are no longer waiting."""
        known = self._hosts.get(host)
        if known is None:
            return []
        waiting, known.waiting = list(known.waiting), deque()
        self._waiting -= sum(len(u.visits) for u in waiting)
        return waiting

    def wait_s(self, now_s: float) -> float | None:
        """How long until a host's time comes, None when nothing waits for time alone."""
        times = [h.free_at - now_s for h in self._hosts.values() if h.waiting and h.running < self._manners.per_host]
        return max(0.0, min(times)) if times else None

    def _is_free(self, host: _Host, now_s: float) -> bool:
        return host.running < self._manners.per_host and host.free_at <= now_s

    def _together(self, host: _Host) -> tuple[Visit, ...]:
        """The visits of a few waiting units: one where downloads keep a distance, fewer where few are left to share."""
        first = host.waiting.popleft()
        visits = list(first.visits)
        share = -(-len(host.waiting) // self._workers)
        while host.waiting and share > 0 and not (self._manners.interval_s or first.is_suspect):
            unit = host.waiting[0]
            most = _REVISITS if visits[-1].revision and unit.visits[0].revision else _FIRST_VISITS
            if unit.is_suspect or len(visits) + len(unit.visits) > most:
                break
            visits += host.waiting.popleft().visits
            share -= 1
        return tuple(visits)
