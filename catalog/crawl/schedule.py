"""What may start now: per host, so many at once, so far apart, and not before it asked us to return."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from catalog.crawl.unit import Unit


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
    """Units that wait for their host. Time is passed in, in seconds of any clock that does not go back."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._hosts: dict[str, _Host] = {}

    def __len__(self) -> int:
        return sum(len(h.waiting) for h in self._hosts.values())

    def put(self, unit: Unit) -> None:
        self._hosts.setdefault(unit.host, _Host()).waiting.append(unit)

    def take(self, now_s: float) -> Unit | None:
        """A unit that may start now, of the host that has waited longest for its turn; None when none may."""
        ready = [h for h in self._hosts.values() if h.waiting and self._is_free(h, now_s)]
        if not ready:
            return None
        host = min(ready, key=lambda h: (h.running, h.free_at))
        host.running += 1
        host.free_at = max(now_s, host.free_at) + self._interval(host)
        return host.waiting.popleft()

    def done(self, unit: Unit) -> None:
        self._hosts[unit.host].running -= 1

    def pause(self, host: str, until_s: float) -> None:
        """Starts nothing more at the host before that time."""
        self._hosts[host].free_at = max(self._hosts[host].free_at, until_s)

    def drop(self, host: str) -> list[Unit]:
        """The waiting units of a host, which are no longer waiting."""
        waiting, self._hosts[host].waiting = list(self._hosts[host].waiting), deque()
        return waiting

    def wait_s(self, now_s: float) -> float | None:
        """How long until a host's time comes, None when nothing waits for time alone."""
        times = [h.free_at - now_s for h in self._hosts.values() if h.waiting and h.running < self._manners.per_host]
        return max(0.0, min(times)) if times else None

    def _is_free(self, host: _Host, now_s: float) -> bool:
        return host.running < self._manners.per_host and host.free_at <= now_s

    def _interval(self, host: _Host) -> float:
        return self._manners.interval_s
