"""Which definition counts where a tree holds several of one name, and how complete the whole is believed to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from catalog.extract.tree import SourceTree
from catalog.records import Gap, Tool

# Folders that builds write to. Own source of the same package is preferred over what lies below them.
_BUILD_FOLDERS = frozenset(
    {"dist", "build", "out", "esm", "cjs", "bundle", "bundled", ".output", "lib-cjs", "lib-esm", "generated", "target"}
)
_MANIFESTS = ("package.json", "pyproject.toml", "go.mod", "Cargo.toml", "composer.json", "Gemfile")
# Readers mark with this prefix what is a list of tools and not their registration.
LIST_PREFIX = "list:"
# The operations of a description that a library's call turns into tools, and of one that code names beside tools.
MADE_OPERATIONS = "openapi"
NAMED_OPERATIONS = "openapi:named"
_OPERATIONS = (MADE_OPERATIONS, NAMED_OPERATIONS)


def choose_definitions(tree: SourceTree, tools: Sequence[Tool], gaps: Iterable[Gap]) -> tuple[list[Tool], list[Gap]]:
    """One tool per name, and gaps for what the choice itself leaves uncertain.

    Code wins over lists of tools, own source over build output, then the richer definition. A list only completes tools
    whose registration could not be resolved fully, and stands in where no registration was found at all.
    """
    listed = [t for t in tools if t.extractor.startswith(LIST_PREFIX)]
    gaps = tuple(gaps)
    registered = [t for t in tools if not t.extractor.startswith(LIST_PREFIX)]
    registered = _without_stale_builds(tree, _without_foreign_operations(registered, gaps))
    if not registered:
        chosen = _best_by_name(listed)
        notes = [_stand_in_gap(t) for t in chosen[:1]]
        return chosen, notes
    by_name = {t.name: t for t in _best_by_name(listed)}
    unresolved: set[tuple[str, int | None]] = {(g.path, g.line) for g in gaps if g.line is not None}
    return [_complete(t, by_name.get(t.name), unresolved) for t in _best_by_name(registered)], []


def completeness(tools: Sequence[Tool], gaps: Iterable[Gap]) -> float:
    """The share of what was seen that was resolved, 0.0 to 1.0. A gap on a tool that was found counts half a tool."""
    if not tools:
        return 0.0
    places = {(t.location.path, t.location.line) for t in tools if t.location}
    partly = missed = 0
    for gap in gaps:
        if (gap.path, gap.line) in places:
            partly += 1
        else:
            missed += 1
    resolved = len(tools) - min(partly, len(tools)) / 2
    return round(resolved / (len(tools) + missed), 3)


def is_built(path: str) -> bool:
    """Whether the path is build output: below a build folder, or minified."""
    return ".min." in path or any(f.lower() in _BUILD_FOLDERS for f in PurePosixPath(path).parts[:-1])


def _without_foreign_operations(tools: list[Tool], gaps: Sequence[Gap]) -> list[Tool]:
    """Tools without the operations of API descriptions that code only names, where every registration in code was
    followed to the end: what makes tools of a description registers them under names that the code does not hold."""
    if not any(t.extractor not in _OPERATIONS for t in tools) or any(g.line is not None for g in gaps):
        return tools
    return [t for t in tools if t.extractor != NAMED_OPERATIONS]


def _without_stale_builds(tree: SourceTree, tools: Sequence[Tool]) -> list[Tool]:
    """Tools without those found only in build output of a package whose own source registers as many or more."""
    roots = {str(PurePosixPath(p).parent) for p in tree.sizes if PurePosixPath(p).name in _MANIFESTS}
    names: dict[tuple[str, bool], set[str]] = {}
    home = {id(t): (_package_root(t, roots), bool(t.location and is_built(t.location.path))) for t in tools}
    for tool in tools:
        names.setdefault(home[id(tool)], set()).add(tool.name)

    def is_stale(tool: Tool) -> bool:
        root, built = home[id(tool)]
        own = names.get((root, False), set())
        return built and tool.name not in own and len(own) >= len(names[(root, True)]) / 2

    return [t for t in tools if not is_stale(t)]


def _package_root(tool: Tool, roots: set[str]) -> str:
    parents = PurePosixPath(tool.location.path).parents if tool.location else ()
    return next((str(p) for p in parents if str(p) in roots), "")


def _best_by_name(tools: Iterable[Tool]) -> list[Tool]:
    best: dict[str, Tool] = {}
    for tool in tools:
        if tool.name not in best or _rank(tool) > _rank(best[tool.name]):
            best[tool.name] = tool
    return list(best.values())


def _rank(tool: Tool) -> tuple[bool, bool, int, int]:
    own = not (tool.location and is_built(tool.location.path))
    properties = len((tool.input_schema or {}).get("properties") or {})
    parts = sum(p is not None for p in (tool.title, tool.description, tool.input_schema)) + bool(tool.annotations)
    return own, tool.conditional is None, parts, properties + len(tool.description or "")


def _complete(tool: Tool, listed: Tool | None, unresolved: set[tuple[str, int | None]]) -> Tool:
    if listed is None or tool.location is None or (tool.location.path, tool.location.line) not in unresolved:
        return tool
    return replace(
        tool,
        description=tool.description if tool.description is not None else listed.description,
        input_schema=tool.input_schema if tool.input_schema is not None else listed.input_schema,
    )


def _stand_in_gap(tool: Tool) -> Gap:
    path = tool.location.path if tool.location else ""
    return Gap(
        path, None, "no registration was found in code; the tools come from a list that the server may not follow"
    )
