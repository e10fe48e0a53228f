"""TypeScript and JavaScript servers: the official SDK, FastMCP, list handlers, decorators, own helpers, bundles.

Sites that register tools are found by text, then read with a lazy evaluator (`evaluate`) that follows names across
files, opens loops and wrapper functions (`opening`) and knows zod and TypeBox (`schemas`). What frameworks call their
functions and keys is data: `data/extract/typescript.toml`.
"""

from __future__ import annotations

import sys
from typing import Any

from catalog.extract.tree import SourceTree
from catalog.extract.typescript.definitions import MAX_NAME, Draft
from catalog.extract.typescript.dispatch import handlers
from catalog.extract.typescript.evaluate import Evaluator
from catalog.extract.typescript.facts import FactFinder
from catalog.extract.typescript.fallback import exported_definitions
from catalog.extract.typescript.layout import source_paths, unreferenced
from catalog.extract.typescript.project import Project
from catalog.extract.typescript.registrations import Finder, Site
from catalog.extract.typescript.spoken import spoken_definitions
from catalog.extract.typescript.values import Func, Unknown, Value
from catalog.records import Fact, Found, Gap, Location, Tool

EXTRACTOR = "typescript"
_RECURSION = 12_000
# A source that trips the evaluator costs its own registration, not those of the whole tree.
_FAILURES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
_SKIPPED_REASONS = ("cyclic definition",)


def read(tree: SourceTree) -> Found:
    """Every tool that TypeScript and JavaScript files register, one per name; what stayed unresolved is a gap."""
    return _read(tree)[0]


def candidate_paths(tree: SourceTree) -> list[str]:
    """The files that `read` parses for this tree."""
    return _read(tree)[1].parsed()


def _read(tree: SourceTree) -> tuple[Found, Project]:
    project = Project(tree)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION))
    try:
        return _collect(project, source_paths(tree)), project
    finally:
        sys.setrecursionlimit(limit)


def _collect(project: Project, paths: list[str]) -> Found:
    finder = Finder(Evaluator(project), paths)
    collected = _Collection(finder)
    for site in finder.sites():
        try:
            collected.add(site, finder.solve(site))
        except RecursionError:
            collected.gap(site, "the definition is nested too deeply to follow")
        except _FAILURES as error:
            collected.gap(site, f"the reader failed here: {type(error).__name__} {str(error)[:80]}".rstrip())
    return collected.result()


class _Collection:
    """Tools by name and the gaps beside them."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.drafts: dict[str, Draft] = {}
        self.unresolved: list[tuple[Site, Draft]] = []
        self.silent: list[Site] = []  # list handlers that gave nothing
        self.gaps: dict[tuple[str, int, str], Gap] = {}
        self.facts = FactFinder(finder.evaluator)
        self.homes: dict[str, tuple[str, int]] = {}  # where each tool is registered: path, line
        self.productive: set[tuple[str, int]] = set()  # sites that gave at least one tool

    def gap(self, site: Site, reason: str) -> None:
        line = site.module.line(site.node)
        self.gaps[(site.module.path, line, reason)] = Gap(site.module.path, line, reason)

    def add(self, site: Site, drafts: list[Draft]) -> None:
        if site.kind == "call" and (site.module.path, site.node.start_byte) in self.finder.opener.consumed:
            return
        if site.kind == "handler" and not drafts:
            self.silent.append(site)
        settle = self.finder.evaluator.settle
        for draft in drafts:
            name = settle(draft.name)
            if isinstance(name, str) and 0 < len(name) <= MAX_NAME:
                draft.name = name
                self._keep(name, draft, site)
            elif isinstance(name, Unknown):
                self.unresolved.append((site, draft))

    def _keep(self, name: str, draft: Draft, site: Site) -> None:
        if not _is_plausible(draft, site):
            return
        self.productive.add((site.module.path, site.node.start_byte))
        old = self.drafts.get(name)
        if old is None or _weight(draft) > _weight(old):
            self.drafts[name] = draft
            self.homes[name] = (site.module.path, site.module.line(site.node))

    def result(self) -> Found:
        self._fall_back()
        self._leave_out_unreferenced()
        self._find_handlers()
        tools = []
        for name, draft in self.drafts.items():
            tools.append(self._tool(name, draft))
        for path in self.finder.project.unparsed():
            reason = "parsing this file would not end in time; nothing in it was read"
            self.gaps[(path, 1, reason)] = Gap(path, None, reason)
        tools.sort(key=lambda t: (t.location.path, t.location.line) if t.location else ("", 0))
        return Found(tuple(tools), tuple(self.gaps.values()))

    def _find_handlers(self) -> None:
        missing = {n for n, d in self.drafts.items() if not isinstance(d.handler, Func)}
        for name, handler in handlers(self.finder.evaluator, self.finder.paths, missing).items():
            self.drafts[name].handler = handler

    def _fall_back(self) -> None:
        """What registrations could not be followed to is looked for by its shape."""
        seen: set[tuple[str, int]] = set()
        told: set[tuple[str, int]] = set()
        for site, draft in self.unresolved:
            reason = draft.name.reason if isinstance(draft.name, Unknown) else "not resolved"
            place = (site.module.path, site.node.start_byte)
            if place in self.finder.opener.consumed:
                continue
            if place not in seen and place not in self.productive:
                seen.add(place)
                self._by_shape(site)
            if reason in _SKIPPED_REASONS or (site.kind == "handler" and self.drafts and _is_generic(site)):
                continue
            if place not in told:
                told.add(place)
                self.gap(site, f"a tool is registered here whose name was not resolved: {reason}")

        if not self.drafts:
            for draft in spoken_definitions(self.finder):
                name = self.finder.evaluator.settle(draft.name)
                if isinstance(name, str) and 0 < len(name) <= MAX_NAME:
                    self.drafts.setdefault(name, draft)
        if not self.drafts and self.silent:
            self._by_shape(self.silent[0])
            for site in self.silent:
                self.gap(site, "tools are listed here, and the list could not be followed")

    def _leave_out_unreferenced(self) -> None:
        """Registrations in files that nothing imports do not run, as long as others do."""
        homes: dict[str, list[str]] = {}
        for name, (path, _) in self.homes.items():
            if name in self.drafts:
                homes.setdefault(path, []).append(name)
        unused = unreferenced(self.finder.project, self.finder.paths, set(homes)) if len(homes) > 1 else set()
        for path in sorted(unused) if len(unused) < len(homes) else ():
            for name in homes[path]:
                del self.drafts[name]
            reason = f"{len(homes[path])} tools are registered here, but nothing in the tree loads this file"
            self.gaps[(path, 1, reason)] = Gap(path, self.homes[homes[path][0]][1], reason)

    def _by_shape(self, site: Site) -> None:
        for draft in exported_definitions(self.finder, site):
            name = self.finder.evaluator.settle(draft.name)
            if isinstance(name, str) and name not in self.drafts:
                draft.name = name
                self.drafts[name] = draft

    def _facts_of(self, handler: Value) -> tuple[Fact, ...]:
        try:
            return self.facts.of(handler) if isinstance(handler, Func) else ()
        except (RecursionError, *_FAILURES):
            return ()

    def _tool(self, name: str, draft: Draft) -> Tool:
        settle = self.finder.evaluator.settle
        description, title = settle(draft.description), settle(draft.title)
        location = Location(draft.module.path, draft.module.line(draft.node)) if draft.module and draft.node else None
        for part, unknown in draft.open:
            if part != "name" and location is not None and unknown.reason not in _SKIPPED_REASONS:
                reason = f"{name}: {part} not fully resolved: {unknown.reason}"
                self.gaps[(location.path, location.line, reason)] = Gap(location.path, location.line, reason)
        handler = draft.handler
        return Tool(
            name=name,
            title=title if isinstance(title, str) else None,
            description=description if isinstance(description, str) else getattr(description, "partial", None),
            input_schema=draft.schema,
            annotations=_plain_annotations(draft.annotations),
            location=location,
            extractor=EXTRACTOR,
            conditional=draft.condition,
            handler=Location(handler.env.module.path, handler.env.module.line(handler.node))
            if isinstance(handler, Func)
            else None,
            facts=self._facts_of(handler),
        )


def _plain_annotations(found: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in found.items() if isinstance(v, (bool, str, int, float))}


def _is_generic(site: Site) -> bool:
    """A list handler inside a class that has its own way to add tools: a framework's code, not a registration."""
    text = site.module.data
    return b"addTool(" in text or b"registerTool(" in text or b".tool(" in text


def _is_plausible(draft: Draft, site: Site) -> bool:
    if any(c in str(draft.name) for c in "\n\r\t") or (" " in str(draft.name).strip() and draft.schema is None):
        return False
    if site.kind == "call":
        return draft.description is not None or draft.schema is not None or draft.handler is not None
    return True


def _weight(draft: Draft) -> tuple[int, int, int]:
    has_description = isinstance(draft.description, str)
    properties = len((draft.schema or {}).get("properties") or {}) if draft.schema else -1
    return (int(has_description) + int(draft.schema is not None), -len(draft.open), properties)
