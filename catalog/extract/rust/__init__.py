"""Reads tools out of Rust servers: attributed functions, attributed structs, tool objects built by hand."""

from __future__ import annotations

import re

from catalog.extract.rust.objects import Objects
from catalog.extract.rust.patterns import patterns
from catalog.extract.rust.source import Project
from catalog.extract.rust.tools import Tools
from catalog.extract.rust.values import Evaluator
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool


def read(tree: SourceTree) -> Found:
    """All tools that the tree's Rust source defines, with a gap for each that could not be resolved."""
    project = Project(tree)
    paths = _candidates(project)
    evaluator = Evaluator(project)
    tools, objects = Tools(project, evaluator), Objects(project, evaluator)
    for path in paths:
        tools.read(path)
        objects.read(path)
    tools.drop_unregistered()
    found: dict[str, Tool] = {}
    for tool in [*tools.tools, *objects.tools]:
        found.setdefault(tool.name, tool)
    large = [
        Gap(path, None, "the file is too large to be parsed and may hold tool definitions")
        for path in project.too_large
    ]
    return Found(tuple(found.values()), tuple(dict.fromkeys([*tools.gaps, *objects.gaps, *large])))


def candidate_paths(tree: SourceTree) -> list[str]:
    """The Rust files in which tools may be defined, in path order."""
    return _candidates(Project(tree))


def _candidates(project: Project) -> list[str]:
    known = patterns()
    marked = "|".join([*known["functions"]["attributes"], *known["structs"]["attributes"]]).encode()
    pattern = re.compile(
        rb"#\[\s*(?:\w+::)*(?:"
        + marked
        + rb")\s*[\](]|\bTool\s*\{\s*\n?|\bTool::new\s*\(|\bTool::builder|#\[cfg_attr\([^\]]*\btool\b"
    )
    return [path for path in project.paths if pattern.search(project.raw(path))]
