"""PHP: classes of which each is a tool, attributes on handlers, and calls that register a handler under a name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from catalog.extract.php.classes import class_tools
from catalog.extract.php.handlers import attributed_tools, registered_tools
from catalog.extract.php.project import Project
from catalog.extract.php.schemas import Schemas
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool
from classifier.resources import data_path

_SPEAKS_OF_MCP = re.compile(r"mcp", re.IGNORECASE)


@cache
def patterns() -> dict[str, Any]:
    """The tables of `data/extract/php.toml`."""
    return tomllib.loads(data_path("extract", "php.toml").read_text(encoding="utf-8"))


@cache
def _hint() -> re.Pattern[str]:
    said = patterns()
    attributes = "|".join(said["attributes"]["tool"])
    supertypes = "|".join(said["tool_class"]["supertypes"])
    calls = "|".join(said["calls"])
    return re.compile(
        rf"#\[[^\]]{{0,300}}\b(?:{attributes})\b|\bclass\s+\w+\s+(?:extends|implements)\s+[^{{]{{0,300}}?(?:{supertypes})\b|->(?:{calls})\s*\("
    )


def candidate_paths(tree: SourceTree) -> tuple[str, ...]:
    """The files in which a registration can be seen."""
    return tuple(p for p in tree.paths(".php") if _is_candidate(tree.read_text(p)))


def _is_candidate(text: str) -> bool:
    return bool(_SPEAKS_OF_MCP.search(text) and _hint().search(text))


def read(tree: SourceTree) -> Found:
    """The tools that PHP code of the tree registers."""
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
    schemas = Schemas(project)
    files = []
    for path in candidate_paths(tree):
        file = project.file(path)
        if file is None:
            yield Gap(path, None, "the file is too large to be parsed")
        else:
            files.append(file)
    said = patterns()
    yield from class_tools(schemas, files, said["tool_class"], said["hints"])
    for file in files:
        yield from attributed_tools(schemas, file, said["attributes"])
        yield from registered_tools(schemas, file, said["calls"])
