"""Reading the Python of a tree made in the test."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from catalog.extract import python
from catalog.records import Found, Tool
from tests.extract.conftest import MakeTree

Read = Callable[..., Found]
ReadTools = Callable[..., dict[str, Tool]]


@pytest.fixture
def read(make_tree: MakeTree) -> Read:
    """Reads files given as `server="..."` (a module) or `{path: text}`."""

    def run(files: dict[str, str] | None = None, **modules: str) -> Found:
        everything = {**(files or {}), **{f"{name}.py": text for name, text in modules.items()}}
        return python.read(make_tree({path: dedent(text) for path, text in everything.items()}))

    return run


@pytest.fixture
def tools(read: Read) -> ReadTools:
    """The same, as tools by name; fails when something was left unresolved."""

    def run(files: dict[str, str] | None = None, **modules: str) -> dict[str, Tool]:
        found = read(files, **modules)
        assert found.gaps == ()
        return {tool.name: tool for tool in found.tools}

    return run
