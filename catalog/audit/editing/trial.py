"""Edits tried on a copy of the tree: only those after which reading gives exactly the proposed hints are kept."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tree_sitter import Node

from catalog.audit.editing.opened import BOM
from catalog.audit.editing.records import Edit, Overlap, Refused, Wish, apply
from catalog.extract import read_tree
from catalog.extract.syntax import parse
from catalog.extract.tree import SourceTree
from catalog.extract.typescript.sources import Module
from catalog.records import Found, Tool

_ROUNDS = 12
_MOST_ALONE = 60  # tools that are tried one by one where only together they changed something else
_NOT_READ_BACK = "its hints, declared here, do not reach the list of tools that the server gives; edit it by hand"
_CHANGES_OTHERS = "declaring its hints here would change another tool too"
_COLLIDES = "its hints would stand where another tool's do"


@dataclass(frozen=True, slots=True)
class Plan:
    """What editing a tree comes to: the new bytes of each file by path, the tools edited, and why others are not."""

    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    edited: tuple[Wish, ...]
    refused: tuple[tuple[Wish, str], ...]


@dataclass(slots=True)
class _Attempt:
    """One tool on its way through the places where its hints could be declared."""

    wish: Wish
    ways: Iterator[tuple[Edit, ...] | Refused]
    edits: tuple[Edit, ...] = ()
    reason: str | None = None
    is_open: bool = True

    def advance(self, reason: str | None = None) -> None:
        """On to the next place; the first reason given is the one told at the end."""
        self.reason = self.reason or reason
        self.edits = ()
        for way in self.ways:
            if isinstance(way, Refused):
                self.reason = self.reason or way.reason
            else:
                self.edits = way
                return
        self.is_open = False

    def give_up(self, reason: str) -> None:
        self.reason, self.edits, self.is_open = reason, (), False


@dataclass(slots=True)
class Trial:
    """A copy of a tree on which edits are tried. `work_dir` is an empty folder that its owner removes."""

    tree: SourceTree
    found: Found
    work_dir: Path
    _originals: dict[str, bytes] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)

    def run(self, wishes: Iterable[tuple[Wish, Iterator[tuple[Edit, ...] | Refused]]]) -> Plan:
        """The largest set of edits that was found to do what it should and nothing else."""
        attempts = [_Attempt(wish, ways) for wish, ways in wishes]
        for attempt in attempts:
            attempt.advance()
        self._copy()
        for _ in range(_ROUNDS):
            after = self._apply(attempts)
            failed, strangers = self._differences(attempts, after)
            if not failed and not strangers:
                return self._plan(attempts, after)
            for attempt in failed:
                attempt.advance(_NOT_READ_BACK)
            if not failed:
                self._separate([a for a in attempts if a.edits], strangers)
        for attempt in attempts:  # unreached in practice: better no edit than an unproven one
            attempt.give_up("the edits could not be proven to be right; edit it by hand")
        return self._plan(attempts, {})

    def _plan(self, attempts: Sequence[_Attempt], after: Mapping[str, bytes]) -> Plan:
        edited = tuple(a.wish for a in attempts if a.edits)
        refused = tuple((a.wish, a.reason or "no place for its hints was found") for a in attempts if not a.edits)
        return Plan({path: self._original(path) for path in after}, after, edited, refused)

    # --- the copy -----------------------------------------------------------------------------------------------

    def _copy(self) -> None:
        for path in self.tree.sizes:
            target = self.work_dir / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.tree.read_bytes(path))

    def _original(self, path: str) -> bytes:
        if path not in self._originals:
            self._originals[path] = self.tree.read_bytes(path)
        return self._originals[path]

    def _apply(self, attempts: Sequence[_Attempt]) -> dict[str, bytes]:
        """The new bytes of every file that an edit touches. A tool whose edits collide with others' goes on or out."""
        by_path: dict[str, list[Edit]] = {}
        for attempt in attempts:
            while attempt.edits and not self._fits(by_path, attempt.edits):
                attempt.advance(_COLLIDES)
            for edit in attempt.edits:
                by_path.setdefault(edit.path, []).append(edit)
        return {path: self._edited(path, edits) for path, edits in by_path.items()}

    def _fits(self, by_path: Mapping[str, list[Edit]], edits: Sequence[Edit]) -> bool:
        try:
            for path in {e.path for e in edits}:
                self._edited(path, [*by_path.get(path, ()), *(e for e in edits if e.path == path)])
        except Overlap:
            return False
        return True

    def _edited(self, path: str, edits: Iterable[Edit]) -> bytes:
        raw = self._original(path)
        mark = BOM if raw.startswith(BOM) else b""
        return mark + apply(raw[len(mark) :], edits)

    def _read(self, after: Mapping[str, bytes]) -> Found:
        for path in self._written - after.keys():
            (self.work_dir / path).write_bytes(self._original(path))
        for path, data in after.items():
            (self.work_dir / path).write_bytes(data)
        self._written = set(after)
        return read_tree(SourceTree(self.work_dir, self.tree.limits))

    # --- the proof ----------------------------------------------------------------------------------------------

    def _differences(
        self, attempts: Sequence[_Attempt], after: Mapping[str, bytes]
    ) -> tuple[list[_Attempt], set[str | None]]:
        """The edited tools that do not read back as they should, and the files in which anything else changed.

        None stands for a change that has no file.
        """
        if not after:
            return [], set()
        edited = {a.wish.tool.name: a for a in attempts if a.edits}
        strangers: set[str | None] = {p for p, data in after.items() if not _parses_as_well(p, self._original(p), data)}
        found = self._read(after)
        now = {t.name: t for t in found.tools}
        failed: list[_Attempt] = []
        for tool in self.found.tools:
            attempt, read = edited.get(tool.name), now.pop(tool.name, None)
            hints: Mapping[Any, bool] = attempt.wish.hints if attempt else {}
            wanted = {**tool.annotations, **hints}
            if read is not None and _essence(read, read.annotations) == _essence(tool, wanted):
                continue
            if attempt is not None:
                failed.append(attempt)
            else:
                strangers.add(tool.location.path if tool.location else None)
        strangers |= {t.location.path if t.location else None for t in now.values()}
        strangers |= {path for path, _ in _gaps(found, self.tree) - _gaps(self.found, self.tree)}
        return failed, strangers

    def _separate(self, edited: Sequence[_Attempt], strangers: set[str | None]) -> None:
        """Finds those of the edited tools that change something else, by trying each alone."""
        blamed = [a for a in edited if any(e.path in strangers for e in a.edits)] or list(edited)
        alone = blamed if len(blamed) <= _MOST_ALONE else []
        guilty = [a for a in alone if any(self._differences([a], self._apply([a])))] or blamed
        for attempt in guilty:
            attempt.advance(_CHANGES_OTHERS)


def _essence(tool: Tool, annotations: Mapping[str, Any]) -> tuple[object, ...]:
    """All of a tool but the lines it stands on."""
    return (
        tool.title,
        tool.description,
        tool.input_schema,
        dict(annotations),
        tool.location.path if tool.location else None,
        tool.extractor,
        tool.conditional,
        tool.handler.path if tool.handler else None,
        [(f.kind, f.detail, f.location.path) for f in tool.facts],
    )


def _gaps(found: Found, tree: SourceTree) -> Counter[tuple[str, str]]:
    return Counter((g.path, g.reason) for g in found.gaps if g not in tree.gaps)


def _parses_as_well(path: str, before: bytes, after: bytes) -> bool:
    """Whether a file parses after an edit at least as well as it did before."""
    if path.endswith(".py"):
        return _errors(path, after) <= _errors(path, before) and (_compiles(after) or not _compiles(before))
    return _errors(path, after) <= _errors(path, before)


def _compiles(data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _errors(path: str, data: bytes) -> int:
    """Errors and missing tokens in a file's syntax tree."""
    data = data.removeprefix(BOM)
    if path.endswith(".py"):
        source = parse(path, data, "tree_sitter_python")
        stack = [source.root] if source is not None else []
    else:
        stack = [Module(path, data).root]
    count = 0
    while stack:
        node: Node = stack.pop()
        count += node.is_error or node.is_missing
        if node.has_error:
            stack += node.children
    return count
