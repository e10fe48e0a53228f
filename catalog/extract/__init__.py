"""Source text in, definitions out, by reading and never by running.

Each language is one module with `read(tree) -> Found`; a module never imports a sibling language. `READERS` is the one
table that names them; a reader is imported only when the tree holds a file with one of its suffixes.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool


@dataclass(frozen=True, slots=True)
class Reader:
    """A language: the module that reads it and the endings of its files."""

    module: str
    suffixes: tuple[str, ...]


READERS: tuple[Reader, ...] = (
    Reader("catalog.extract.typescript", (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx")),
    Reader("catalog.extract.python", (".py",)),
    Reader("catalog.extract.go", (".go",)),
    Reader("catalog.extract.rust", (".rs",)),
    Reader("catalog.extract.csharp", (".cs",)),
    Reader("catalog.extract.java", (".java",)),
    Reader("catalog.extract.kotlin", (".kt",)),
    Reader("catalog.extract.php", (".php",)),
    Reader("catalog.extract.ruby", (".rb",)),
    Reader("catalog.extract.swift", (".swift",)),
    Reader("catalog.extract.data", (".json", ".yaml", ".yml")),
)


def read_tree(tree: SourceTree) -> Found:
    """All tools of the tree, one per name, with every gap. An empty result always carries a gap that says why."""
    tools: dict[str, Tool] = {}
    gaps: list[Gap] = list(tree.gaps)
    for reader in READERS:
        if not any(path.endswith(reader.suffixes) for path in tree.sizes):
            continue
        try:
            module = import_module(reader.module)
        except ModuleNotFoundError:
            continue
        found: Found = module.read(tree)
        for tool in found.tools:
            tools.setdefault(tool.name, tool)
        gaps.extend(found.gaps)
    if not tools and not gaps:
        gaps.append(Gap("", None, "no tool registration was recognised in this tree"))
    return Found(tuple(tools.values()), tuple(gaps))
