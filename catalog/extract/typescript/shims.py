"""Packages that hold no definitions of their own: a launcher of a native binary, a thin front of another package."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from catalog.extract.typescript.project import Project
from catalog.extract.typescript.sources import SUFFIXES
from catalog.records import Gap

_PLATFORM = re.compile(r"(?:^|[-_/])(?:linux|darwin|win32|windows|macos|freebsd)(?:[-_/]|$)")
_RUNS_BINARY = re.compile(rb"\b(?:spawn|spawnSync|execFile|execFileSync|execve)\s*\(")
_BINARY_ENDINGS = (".exe", ".node", ".dylib", ".so", ".wasm")
_SMALL = 60_000


def explain(project: Project) -> list[Gap]:
    """Why a tree holds no definitions, where its package.json tells."""
    gaps: list[Gap] = []
    for folder, manifest in sorted(project._manifests.items()):
        path = posixpath.join(folder, "package.json")
        platform = _platform_packages(manifest)
        if platform:
            listed = ", ".join(platform[:4])
            gaps.append(
                Gap(
                    path,
                    None,
                    f"the definitions are in a native binary of the platform packages ({listed}), which is not read",
                )
            )
            continue
        gaps += _launcher(project, folder, path, manifest) or _front(project, folder, path, manifest)
    return gaps


def _platform_packages(manifest: dict[str, Any]) -> list[str]:
    optional = manifest.get("optionalDependencies")
    return [n for n in optional if _PLATFORM.search(n)] if isinstance(optional, dict) else []


def _starts(manifest: dict[str, Any]) -> list[str]:
    declared = manifest.get("bin")
    starts = [declared] if isinstance(declared, str) else list(declared.values()) if isinstance(declared, dict) else []
    if not starts and isinstance(manifest.get("main"), str):
        starts = [manifest["main"]]
    return [s for s in starts if isinstance(s, str)]


def _launcher(project: Project, folder: str, path: str, manifest: dict[str, Any]) -> list[Gap]:
    binaries = [
        p
        for p in project.tree.sizes
        if p.endswith(_BINARY_ENDINGS) or re.search(r"(?:linux|darwin|windows)[-_](?:amd64|arm64|x64|386)", p)
    ]
    for start in _starts(manifest):
        place = project.resolve(posixpath.join(folder, "package.json"), "./" + start.removeprefix("./"))
        data = project.data(place) if place and project.tree.sizes.get(place, _SMALL) < _SMALL else b""
        if _RUNS_BINARY.search(data):
            what = binaries[0] if binaries else "a program that is not in the tree"
            return [
                Gap(
                    place or path,
                    None,
                    f"the package starts a native binary ({what}), which holds the definitions and is not read",
                )
            ]
    return []


def _front(project: Project, folder: str, path: str, manifest: dict[str, Any]) -> list[Gap]:
    dependencies = manifest.get("dependencies")
    names = list(dependencies) if isinstance(dependencies, dict) else []
    for start in _starts(manifest):
        place = project.resolve(posixpath.join(folder, "package.json"), "./" + start.removeprefix("./"))
        if place is None or not place.endswith(SUFFIXES) or project.tree.sizes[place] > _SMALL:
            continue
        data = project.data(place)
        used = [n for n in names if re.search(rb"['\"]" + re.escape(n).encode() + rb"(?:/[^'\"]*)?['\"]", data)]
        likely = sorted(used, key=lambda n: ("mcp" not in n.lower(), n.startswith("@modelcontextprotocol/sdk"), n))
        if likely:
            return [
                Gap(
                    path,
                    None,
                    f"the definitions are in the dependency {likely[0]}, which {place} starts, and not in this tree",
                )
            ]
    return []
