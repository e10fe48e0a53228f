"""Reads tools out of Go servers: mcp-go, the official SDK and their relatives.

Go is interpreted, not matched: functions around a definition are evaluated over partly known values, so that wrappers,
options, loops over lists and translated texts come out as the running server would send them. See `collect` for the
order of work, `interpret` for the bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.extract.go.assemble import assemble
from catalog.extract.go.collect import Collector
from catalog.extract.go.source import Project
from catalog.extract.tree import SourceTree
from catalog.records import Found

_MARKER = re.compile(
    rb"\.\s*(?:Must)?New\w*Tool\w*\s*[\[(]|\bTool\s*\{|\w+Tools?\s*[({]|json:\"input_?[sS]chema|ToolDef(?:inition)?\s*\{"
)


def read(tree: SourceTree) -> Found:
    """All tools that the tree's Go source defines, with a gap for each that could not be resolved."""
    project = Project(tree)
    paths = _candidates(project)
    if not paths:
        return Found()
    collector = Collector(project)
    collector.collect(paths)
    return assemble(collector)


def candidate_paths(tree: SourceTree) -> list[str]:
    """The Go files in which tools may be defined, in path order."""
    return _candidates(Project(tree))


def _candidates(project: Project) -> list[str]:
    if not _uses_library(project):
        return []
    return list(_marked(project))


def _marked(project: Project) -> Iterator[str]:
    for path in project.paths:
        if _MARKER.search(project.raw(path)):
            yield path


def _uses_library(project: Project) -> bool:
    """Whether anything in the tree speaks MCP at all: most Go code does not, and is not parsed."""
    return any(re.search(rb"(?i)mcp|inputSchema", project.raw(path)) for path in project.paths)
