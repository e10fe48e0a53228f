"""Kotlin: the official SDK's `addTool`, classes of which each is a tool, and annotated functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.extract.jvm import knowledge, present_frameworks
from catalog.extract.kotlin.annotated import annotated_tools
from catalog.extract.kotlin.calls import added_tools
from catalog.extract.kotlin.classes import class_tools
from catalog.extract.kotlin.project import Project
from catalog.extract.kotlin.values import Values
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool

_ANNOTATED = re.compile(r"@(?:[\w.]+\.)?(?:Tool|McpTool|ToolMapping)\b")
_ADDED = re.compile(r"\baddTools?\s*\(|\bRegisteredTool\s*\(")


def candidate_paths(tree: SourceTree) -> tuple[str, ...]:
    """The files in which a registration can be seen."""
    return tuple(path for path in tree.paths(".kt") if _kinds(tree.read_text(path)))


def _kinds(text: str) -> tuple[bool, bool, bool] | None:
    """Whether a file shows added tools, annotated functions, tool classes; None when it shows none."""
    kinds = (bool(_ADDED.search(text)), bool(_ANNOTATED.search(text)), bool(_class_pattern().search(text)))
    return kinds if any(kinds) else None


def _class_pattern() -> re.Pattern[str]:
    endings = "|".join(map(re.escape, knowledge().tool_class_endings))
    return re.compile(rf"\b(?:class|object)\s+\w+[^{{}}=]{{0,400}}?:\s*[^{{}}=]{{0,200}}?\w*(?:{endings})\s*[<(,{{]")


def read(tree: SourceTree) -> Found:
    """The tools that Kotlin code of the tree registers."""
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
    values = Values(project)
    frameworks = present_frameworks(tree)
    for path in candidate_paths(tree):
        file = project.file(path)
        if file is None:
            yield Gap(path, None, "the file is too large to be parsed")
            continue
        added, annotated, classes = _kinds(tree.read_text(path)) or (False, False, False)
        if added:
            yield from added_tools(values, file)
        if annotated:
            yield from annotated_tools(values, file, frameworks)
        if classes:
            yield from class_tools(values, file)
