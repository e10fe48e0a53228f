"""The units of a build: what is rendered together, and by which page kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.site.output import Writer
from catalog.site.pages import Page, Site
from catalog.site.pages.attacks import attack_pages
from catalog.site.pages.browse import browse_pages
from catalog.site.pages.front import front_pages
from catalog.site.pages.lists import list_page
from catalog.site.pages.machine import machine_pages
from catalog.site.pages.report import report_pages
from catalog.site.pages.search import part_pages, search_pages
from catalog.site.pages.server import server_pages
from catalog.site.pages.tool import tool_pages
from catalog.site.plan import Plan
from catalog.site.views import server_view
from catalog.store.read import StoreReader

# Pages about the whole catalogue: rendered by every build, written where their bytes differ.
_VOLATILE: dict[str, Callable[[Site, Plan, StoreReader], Iterator[Page]]] = {
    "front": front_pages,
    "browse": browse_pages,
    "attacks": attack_pages,
    "report": report_pages,
    "machine": machine_pages,
    "search": search_pages,
}


@dataclass(frozen=True, slots=True)
class Job:
    """What a process needs to render: where to read and where to write. `current` is the site in place, if any."""

    store: Path
    plan: Path
    staging: str
    current: str | None
    site: Site


@dataclass(frozen=True, slots=True)
class Unit:
    """`kind` is `server`, `list`, `part` or a volatile one; an empty fingerprint means: render in every build."""

    kind: str
    key: str
    fingerprint: str

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Rendered:
    """All files of a unit, by path, and how many of them differed from what is in place."""

    unit: Unit
    files: list[str]
    written: int


def volatile_units() -> Iterator[Unit]:
    yield from (Unit(kind, "", "") for kind in _VOLATILE)


class Renderer:
    """Renders units in one process."""

    def __init__(self, job: Job) -> None:
        self._site = job.site
        self._store = StoreReader(job.store)
        self._plan = Plan(job.plan)
        self._writer = Writer(job.staging, job.current)

    def close(self) -> None:
        self._plan.close()
        self._store.__exit__(None, None, None)

    def render(self, unit: Unit) -> Rendered:
        before = self._writer.written
        files = []
        for page in self._pages(unit):
            self._writer.write(page.path, page.text)
            files.append(page.path)
        return Rendered(unit, files, self._writer.written - before)

    def _pages(self, unit: Unit) -> Iterator[Page]:
        if unit.kind == "server":
            view = server_view(self._store, self._plan, unit.key)
            yield from server_pages(self._site, view)
            yield from tool_pages(self._site, view)
        elif unit.kind == "part":
            yield from part_pages(self._site, self._plan, self._store, unit.key)
        elif unit.kind == "list":
            yield from list_page(self._site, self._plan, unit.key)
        else:
            yield from _VOLATILE[unit.kind](self._site, self._plan, self._store)
