"""Java: annotated methods (Quarkus, Spring AI and their like) and tools built with the official SDK."""

from __future__ import annotations

import re

from catalog.extract.java.annotations import AnnotatedMethods
from catalog.extract.java.building import SHOWN, built_tools
from catalog.extract.java.project import Project
from catalog.extract.java.registrations import registered_classes
from catalog.extract.java.values import Values
from catalog.extract.jvm import present_frameworks
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool

_ANNOTATED = re.compile(r"@(?:[\w.]+\.)?(?:Tool|McpTool|ToolMapping)\b")
_MCP = re.compile(r"modelcontextprotocol|\bmcp\b", re.IGNORECASE)


def candidate_paths(tree: SourceTree) -> tuple[str, ...]:
    """The files in which a registration can be seen."""
    return tuple(path for path in tree.paths(".java") if _is_candidate(tree.read_text(path)))


def _is_candidate(text: str) -> bool:
    return bool(_ANNOTATED.search(text) or (_MCP.search(text) and SHOWN.search(text)))


def read(tree: SourceTree) -> Found:
    """The tools that Java code of the tree registers."""
    project = Project(tree)
    values = Values(project)
    annotated = AnnotatedMethods(project, values, present_frameworks(tree), registered_classes(project))
    tools: list[Tool] = []
    gaps: list[Gap] = []
    for path in candidate_paths(tree):
        file = project.file(path)
        if file is None:
            gaps.append(Gap(path, None, "the file is too large to be parsed"))
            continue
        for item in (*annotated.read(file), *built_tools(values, file)):
            if isinstance(item, Tool):
                tools.append(item)
            else:
                gaps.append(item)
    return Found(tuple(tools), tuple(gaps))
