"""Builds the static site from the store: plans, renders what changed in several processes, then puts it in place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.site.output import Output
from catalog.site.pages.lists import list_keys
from catalog.site.plan import Plan
from catalog.site.planning import make_plan
from catalog.site.site import make_site
from catalog.site.state import OldState, state_line
from catalog.site.units import Job, Rendered, Unit, volatile_units
from catalog.site.workers import Workers
from catalog.store.read import StoreReader

Progress = Callable[[int, int], None]  # steps done, steps in all


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made. `servers` and `tools` are all that the site shows; `rendered` counts servers whose pages were
    made anew, `written` files that differ from the last build, `removed` files that are no more."""

    directory: Path
    servers: int
    tools: int
    rendered: int
    written: int
    removed: int


def build_site(
    store: StoreReader,
    directory: Path,
    base_url: str | None = None,
    name: str = "MCP tool catalogue",
    progress: Progress = lambda done, total: None,
    jobs: int | None = None,
) -> Built:
    """Makes the site in `directory` what the store says, rendering only servers that changed since the last build.

    `jobs` is the number of processes (default: one per processor, one alone for a small catalogue). An interrupted
    build leaves the old site, or is finished by the next one. Raises UsageError when the folder holds something that no
    build made, StoreError when the store cannot be read.
    """
    output = Output(directory)
    scratch = output.scratch
    try:
        site = make_site(output.writer(), base_url, name)
        make_plan(store, output.plan, site.version)
        job = Job(store.path, output.plan, str(output.staging), None if output.fresh else str(directory), site)
        return _Build(output, job, scratch, progress).run(jobs)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class _Build:
    """One build: the old state to compare with, the new one as it grows."""

    def __init__(self, output: Output, job: Job, scratch: Path, progress: Progress) -> None:
        self._output, self._job, self._progress = output, job, progress
        self._plan = Plan(job.plan)
        self._lists = list(list_keys(self._plan))
        self._old = OldState(output.old_state(), scratch / "gone")
        self._rendered = self._written = self._done = 0

    def run(self, jobs: int | None) -> Built:
        servers, tools = self._plan.count("server"), int(next(self._plan.rows("SELECT total(tools) FROM server"))[0])
        steps = servers + self._plan.parts() + len(self._lists) + len(list(volatile_units()))
        count = jobs or (1 if tools < 600 else os.cpu_count() or 1)
        with self._output.new_state().open("w", encoding="utf-8") as state, Workers(self._job, count) as workers:
            assets = Unit("assets", "", "")
            self._old.line(assets)
            state.write(self._finished(Rendered(assets, list(self._job.site.assets.values()), 0)))
            for line in workers.run(self._units(servers), self._unchanged):
                state.write(line if isinstance(line, str) else self._finished(line))
                self._done += 1
                self._progress(self._done, steps)
        removed = self._output_removed()
        self._plan.close()
        return Built(self._output.directory, servers, tools, self._rendered, self._written, removed)

    def _units(self, servers: int) -> Iterator[Unit]:
        yield from volatile_units()
        parts = self._plan.parts()
        for part in range(parts):
            yield Unit(
                "part",
                f"{part}/{parts}",
                self._job.site.fingerprint_of((row[0], row[1]) for row in self._plan.servers_of_part(part, parts)),
            )
        for key, digest in self._lists:
            yield Unit("list", key, self._job.site.fingerprint_of([(key, digest)]))
        version = self._job.site.version
        for slug, digest in self._plan.fingerprints():
            yield Unit("server", slug, f"{digest}.{version}")

    def _unchanged(self, unit: Unit) -> str | None:
        """The old state's line of a unit that need not be rendered."""
        return self._old.line(unit)

    def _finished(self, rendered: Rendered) -> str:
        unit = rendered.unit
        self._rendered += unit.kind == "server"
        self._written += rendered.written
        self._old.keep(unit, rendered.files)
        return state_line(unit, rendered.files)

    def _output_removed(self) -> int:
        stale = list(self._old.stale())
        self._output.commit(stale)
        return len(stale)
