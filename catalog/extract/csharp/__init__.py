"""Reads tools out of C# servers: attributed methods, command classes in groups, tool objects built by hand."""

from __future__ import annotations

import re

from catalog.extract.csharp.commands import Commands
from catalog.extract.csharp.literals import Literals
from catalog.extract.csharp.methods import Methods
from catalog.extract.csharp.patterns import patterns
from catalog.extract.csharp.source import Project
from catalog.extract.csharp.values import Evaluator
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool


def read(tree: SourceTree) -> Found:
    """All tools that the tree's C# source defines, with a gap for each that could not be resolved."""
    project = Project(tree)
    evaluator = Evaluator(project)
    methods, commands, literals = (
        Methods(project, evaluator),
        Commands(project, evaluator),
        Literals(project, evaluator),
    )
    attributed, grouped, built = (_matching(project, each) for each in _markers())
    for path in attributed:
        methods.read(path)
    commands.read_all(grouped)
    for path in built:
        literals.read(path)
    methods.drop_unregistered()
    found: dict[str, Tool] = {}
    for tool in [*methods.tools, *commands.tools, *literals.tools]:
        found.setdefault(tool.name, tool)
    gaps = [*methods.gaps, *commands.gaps, *([] if commands.tools else literals.gaps), *_too_large(project)]
    return Found(tuple(found.values()), tuple(dict.fromkeys(gaps)))


def candidate_paths(tree: SourceTree) -> list[str]:
    """The C# files in which tools may be defined, in path order."""
    project = Project(tree)
    return sorted({path for marker in _markers() for path in _matching(project, marker)})


def _markers() -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    known = patterns()
    tools = "|".join([*known["attributes"]["tool"], *known["trigger"]["tool"]]).encode()
    groups = "|".join(known["groups"]["types"]).encode()
    return (
        re.compile(rb"[\[,]\s*(?:[\w.]+\.)?(?:" + tools + rb")(?:Attribute)?\s*[\],(]"),
        re.compile(rb"\bnew\s+(?:" + groups + rb")\s*\(|\b(?:" + groups + rb")\s+\w+\s*=\s*new"),
        re.compile(
            rb"\bnew\s+(?:[\w.]+\.)?Tool\s*(?:\(\s*\))?\s*\{|\bTool\s+\w+\s*=\s*new\b|McpServerTool\.Create\s*\(|List<Tool>"
        ),
    )


def _matching(project: Project, marker: re.Pattern[bytes]) -> list[str]:
    return [path for path in project.paths if marker.search(project.raw(path))]


def _too_large(project: Project) -> list[Gap]:
    return [
        Gap(path, None, "the file is too large to be parsed and may hold tool definitions")
        for path in project.too_large
    ]
