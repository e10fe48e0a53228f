"""What a process and everything that it started cost: time, processor time, memory. Linux only (/proc)."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_EVERY_S = 0.25
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """`cpu_s` and `peak_mb` by process id; the first process is the coordinator, the rest are its workers."""

    first: int
    wall_s: float = 0.0
    cpu_s: dict[int, float] = field(default_factory=dict)
    peak_mb: dict[int, float] = field(default_factory=dict)
    said: str = ""

    @property
    def coordinator_cpu_s(self) -> float:
        return self.cpu_s.get(self.first, 0.0)

    @property
    def workers_cpu_s(self) -> float:
        return sum(self.cpu_s.values()) - self.coordinator_cpu_s

    @property
    def coordinator_mb(self) -> int:
        return round(self.peak_mb.get(self.first, 0))

    @property
    def largest_worker_mb(self) -> int:
        return round(max((mb for pid, mb in self.peak_mb.items() if pid != self.first), default=0))

    @property
    def all_mb(self) -> int:
        """The peaks of all processes added up: shared memory is counted in each, so this is an upper bound."""
        return round(sum(self.peak_mb.values()))


def run(command: Sequence[str], env: Mapping[str, str], watch: Callable[[Cost], None] = lambda cost: None) -> Cost:
    """Runs a command to its end, looking at its processes every quarter of a second; RuntimeError when it fails.

    `watch` is shown the costs so far after each look.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    cost = Cost(process.pid)
    while process.poll() is None:
        look(cost)
        watch(cost)
        time.sleep(_EVERY_S)
    cost.wall_s = time.perf_counter() - started
    said = process.stderr.read().strip().splitlines() if process.stderr else []
    cost.said = said[-1] if said else ""
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {' / '.join(said[-5:])}")
    return cost


def look(cost: Cost) -> None:
    """Notes what every process of the tree has used so far."""
    for pid in tree(cost.first):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        cost.cpu_s[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
        peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
        cost.peak_mb[pid] = max(cost.peak_mb.get(pid, 0), int(peak) / 1024)


def tree(first: int) -> list[int]:
    """The process and all that it started and that still run."""
    found, pending = [], [first]
    while pending:
        pid = pending.pop()
        found.append(pid)
        try:
            tasks = list(Path(f"/proc/{pid}/task").iterdir())
            pending += [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found
