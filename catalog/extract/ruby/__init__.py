"""Ruby: classes of which each is a tool, and tools defined by a call."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from catalog.extract.ruby.calls import defined_tools
from catalog.extract.ruby.classes import class_tools
from catalog.extract.ruby.values import Project
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool
from classifier.resources import data_path

_SHOWN = re.compile(
    r"^[ \t]*class[ \t]+[\w:]+\s*<\s*[\w:]*(?:Tool|ToolBase|Tool::Base)\b|\bdefine_tool\b|\bTool\.define\b",
    re.MULTILINE,
)


@cache
def patterns() -> dict[str, Any]:
    """The tables of `data/extract/ruby.toml`."""
    return tomllib.loads(data_path("extract", "ruby.toml").read_text(encoding="utf-8"))


def candidate_paths(tree: SourceTree) -> tuple[str, ...]:
    """The files in which a registration can be seen."""
    return tuple(path for path in tree.paths(".rb") if _SHOWN.search(tree.read_text(path)))


def read(tree: SourceTree) -> Found:
    """The tools that Ruby code of the tree registers."""
    tools: list[Tool] = []
    gaps: list[Gap] = []
    for item in _items(tree):
        if isinstance(item, Tool):
            tools.append(item)
        else:
            gaps.append(item)
    return Found(tuple(tools), tuple(gaps))


def _items(tree: SourceTree) -> Iterator[Tool | Gap]:
    project = Project(tree)
    files = []
    for path in candidate_paths(tree):
        file = project.file(path)
        if file is None:
            yield Gap(path, None, "the file is too large to be parsed")
        else:
            files.append(file)
    yield from class_tools(project, files, patterns())
    for file in files:
        yield from defined_tools(project, file)
