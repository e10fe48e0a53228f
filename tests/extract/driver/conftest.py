"""A reader that is easy to steer: each `.fake` file holds `NAME [DESCRIPTION]` lines, `!` to raise, `?` for a gap."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import catalog.extract
from catalog.extract import Reader
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Location, Tool


def _candidate_paths(tree: SourceTree) -> tuple[str, ...]:
    return tuple(tree.paths(".fake", ".list"))


def _read(tree: SourceTree) -> Found:
    tools: list[Tool] = []
    gaps: list[Gap] = []
    for path in _candidate_paths(tree):
        for number, line in enumerate(tree.read_text(path).splitlines(), 1):
            if line.startswith("!"):
                raise ValueError("cannot read this")
            if line.startswith("?"):
                gaps.append(Gap(path, number, "unresolved name"))
                continue
            name, _, description = line.partition(" ")
            extractor = "list:test" if path.endswith(".list") else "test"
            tools.append(
                Tool(name, description=description or None, location=Location(path, number), extractor=extractor)
            )
            if description == "?":
                tools[-1] = Tool(name, location=Location(path, number), extractor=extractor)
                gaps.append(Gap(path, number, "unresolved description"))
    return Found(tuple(tools), tuple(gaps))


@pytest.fixture
def fake_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("fake_reader")
    module.read = _read  # type: ignore[attr-defined]
    module.candidate_paths = _candidate_paths  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fake_reader", module)
    monkeypatch.setattr(catalog.extract, "READERS", (Reader("fake_reader", (".fake", ".list")),))
