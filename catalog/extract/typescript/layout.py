"""Which files of a tree are the server's own: sources before what was compiled from them, one build and not two."""

from __future__ import annotations

import json
import posixpath
import re

from catalog.extract.tree import SourceTree
from catalog.extract.typescript.project import Project
from catalog.extract.typescript.registrations import is_worth_reading
from catalog.extract.typescript.sources import SUFFIXES

_BUILDS = frozenset(
    {"dist", "build", "lib", "out", "esm", "cjs", "es", "umd", "bundle", ".smithery", "output", "compiled", "types"}
)
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts", ".min.js.map")


def source_paths(tree: SourceTree) -> list[str]:
    """The TypeScript and JavaScript files to read, without declarations and without second builds of the same code."""
    paths = [p for p in tree.paths(*SUFFIXES) if not p.endswith(_DECLARATIONS)]
    return _one_build(_sources_first(tree, paths))


def _root_of(path: str, roots: set[str]) -> str:
    folder = posixpath.dirname(path)
    while folder and folder not in roots:
        folder = posixpath.dirname(folder)
    return folder


def _sources_first(tree: SourceTree, paths: list[str]) -> list[str]:
    """Leaves out the compiled files of packages whose sources hold registrations."""
    roots = {posixpath.dirname(p) for p in tree.sizes if p == "package.json" or p.endswith("/package.json")}
    by_root: dict[str, list[str]] = {}
    for path in paths:
        by_root.setdefault(_root_of(path, roots), []).append(path)
    kept: list[str] = []
    for root, members in by_root.items():
        prefix = root + "/" if root else ""
        compiled = {p for p in members if p[len(prefix) :].split("/")[0] in _BUILDS and "/" in p[len(prefix) :]}
        sources = [p for p in members if p not in compiled and p.endswith((".ts", ".tsx", ".mts", ".cts"))]
        if compiled and sources and any(is_worth_reading(tree.read_bytes(p)) for p in sources):
            members = [p for p in members if p not in compiled]
        kept += members
    return sorted(kept)


def _one_build(paths: list[str]) -> list[str]:
    """Of a build for `import` and one for `require` only the first."""
    present = set(paths)
    folders = {
        posixpath.dirname(p)
        for p in paths
        if p.endswith(".cjs") and (p[:-4] + ".js" in present or p[:-4] + ".mjs" in present)
    }
    twins = {
        f
        for f in {p.split("/cjs/")[0] for p in paths if "/cjs/" in p}
        if any(p.startswith((f"{f}/esm/", f"{f}/es/", f"{f}/mjs/")) for p in paths)
    }
    out = []
    for path in paths:
        if path.endswith(".cjs") and posixpath.dirname(path) in folders:
            continue
        if path.endswith(".js") and path[:-3] + ".mjs" in present:
            continue
        if "/cjs/" in path and path.split("/cjs/")[0] in twins:
            continue
        out.append(path)
    return out


_ENTRIES = frozenset(
    {"index", "main", "server", "cli", "app", "stdio", "http", "bin", "start", "mcp", "worker", "run", "launcher"}
)
_COMPUTED_IMPORT = re.compile(
    rb"(?:import|require)\s*\(\s*(?![\s\"'`)])|import\.meta\.glob|readdir(?:Sync)?\s*\(|\bglob(?:Sync)?\s*\("
)


def unreferenced(project: Project, paths: list[str], wanted: set[str]) -> set[str]:
    """Those of the wanted files that nothing in the tree imports and that no package starts."""
    open_files = {p for p in wanted if "/" in p and not _is_entry(p)}
    if not open_files or any(_COMPUTED_IMPORT.search(project.data(p)) for p in paths):
        return set()
    named = b"".join(json.dumps(m.get(k)).encode() for m in project.manifests.values() for k in _STARTS)
    for path in sorted(open_files):
        stem, is_index = _stem(path)
        inside = rb"(?:/index)?" if is_index else b""
        pattern = re.compile(rb"[\"'`/]" + re.escape(stem) + inside + rb"(?:\.[cm]?[jt]sx?)?[\"'`]")
        if pattern.search(named) or any(
            stem in project.data(p) and pattern.search(project.data(p)) for p in paths if p != path
        ):
            open_files.discard(path)
    return open_files


_STARTS = ("bin", "main", "module", "exports", "source", "scripts", "mcp", "browser")


_TOP = frozenset({"", "src", "dist", "build", "lib", "out", "esm", "cjs", "app", "source"})


def _is_entry(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    return stem in _ENTRIES and (stem != "index" or folder.rpartition("/")[2] in _TOP)


def _stem(path: str) -> tuple[bytes, bool]:
    """What an import of the file ends with, and whether that is its folder's name."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    return (folder.rpartition("/")[2].encode(), True) if stem == "index" else (stem.encode(), False)
