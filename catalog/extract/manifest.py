"""Manifests of packages: reading them safely, and the dependencies that they name."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from catalog.extract.tree import SourceTree
from classifier.resources import data_path

_LARGEST_MANIFEST_BYTES = 1_000_000
_PLATFORM_WORDS = re.compile(
    r"(?:^|[-_./])(?:linux|darwin|win32|windows|macos|freebsd|x64|arm64|amd64|x86_64)(?:$|[-_./])"
)
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(;.*)?$")


def platform_packages(tree: SourceTree) -> tuple[str, tuple[str, ...]] | None:
    """The manifest and the names of optional dependencies that carry a native binary for each platform."""
    for path in (p for p in ("package.json",) if tree.exists(p)):
        optional = mapping(read_json(tree, path).get("optionalDependencies"))
        names = tuple(sorted(n for n in optional if _PLATFORM_WORDS.search(n)))
        if names:
            return path, names
    return None


def record_lines(tree: SourceTree) -> Iterator[tuple[str, int]]:
    """Path and size in bytes of every file that a wheel's RECORD lists, whether or not the tree holds it."""
    for path in tree.sizes:
        if path.endswith(".dist-info/RECORD") and tree.sizes[path] < _LARGEST_MANIFEST_BYTES:
            for line in tree.read_text(path).splitlines():
                name, _, size = line.rpartition(",")
                if size.isdigit():
                    yield name.rpartition(",")[0].strip('"'), int(size)


def depends_on_sdk(tree: SourceTree, path: str) -> bool:
    """Whether the manifest at this path names an MCP SDK among its dependencies."""
    return any(is_sdk(manifest_kind(path) or "", name) for name in dependency_names(tree, path))


def is_sdk(kind: str, dependency: str) -> bool:
    """Whether the dependency, as named in this kind of manifest, is an MCP SDK."""
    return any(fnmatchcase(dependency, pattern) for pattern in _sdk_names().get(kind, ()))


def manifest_kind(path: str) -> str | None:
    """The kind under which `sdks.toml` knows a manifest, None for a file that is none."""
    name = PurePosixPath(path).name
    if name.endswith((".csproj", ".fsproj")) or name == "Directory.Packages.props":
        return "csproj"
    if name in ("METADATA", "PKG-INFO", "requirements.txt", "setup.py", "setup.cfg"):
        return "pyproject.toml"
    if name.endswith(".gemspec"):
        return "Gemfile"
    if name in ("build.gradle.kts", "libs.versions.toml"):
        return "build.gradle"
    return name if name in _sdk_names() else None


def dependency_names(tree: SourceTree, path: str) -> tuple[str, ...]:
    """The names of the dependencies in a manifest of any kind, as written there."""
    if tree.sizes.get(path, _LARGEST_MANIFEST_BYTES) >= _LARGEST_MANIFEST_BYTES:
        return ()
    kind = manifest_kind(path)
    if kind == "package.json":
        document = read_json(tree, path)
        groups = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
        return tuple(name for group in groups for name in mapping(document.get(group)))
    if path.endswith("pyproject.toml"):
        return tuple(name for name, _ in python_requirements(tree, path))
    if path.endswith(("METADATA", "PKG-INFO")):
        return tuple(name for name, _ in python_requirements(tree, path))
    if kind == "Cargo.toml":
        document = read_toml(tree, path)
        workspace = mapping(mapping(document.get("workspace")).get("dependencies"))
        return (*mapping(document.get("dependencies")), *workspace)
    if kind == "composer.json":
        return tuple(mapping(read_json(tree, path).get("require")))
    return _named_in_text(kind or "", tree.read_text(path))


def read_json(tree: SourceTree, path: str) -> Mapping[str, Any]:
    """The JSON object in a file; empty where it is none, is broken or too large."""
    if tree.sizes.get(path, _LARGEST_MANIFEST_BYTES) >= _LARGEST_MANIFEST_BYTES:
        return {}
    try:
        return mapping(json.loads(tree.read_text(path)))
    except (ValueError, RecursionError):
        return {}


def read_toml(tree: SourceTree, path: str) -> Mapping[str, Any]:
    """The TOML table in a file; empty where it is broken or too large."""
    if tree.sizes.get(path, _LARGEST_MANIFEST_BYTES) >= _LARGEST_MANIFEST_BYTES:
        return {}
    try:
        return tomllib.loads(tree.read_text(path))
    except (ValueError, RecursionError):
        return {}


@cache
def _sdk_names() -> dict[str, tuple[str, ...]]:
    tables = tomllib.loads(data_path("extract", "sdks.toml").read_text(encoding="utf-8"))
    return {kind: tuple(table["names"]) for kind, table in tables.items()}


_ARTIFACT = re.compile(
    r"<artifactId>\s*([\w.-]+)\s*</artifactId>|Include=\"([\w.-]+)\"|\b(?:gem|add_(?:runtime_)?dependency)\s*\(?\s*[\"']([\w-]+)[\"']"
    r"|[\"']([\w.-]+:[\w.-]+)(?::[^\"']*)?[\"']|^[ \t]*([\w-]+\.\w[\w./-]+)[ \t]+v\d"
    r"|\brequire\s+(\S+\.\S+)\s+v|([\w.-]+)\.git\""
    r"|^([A-Za-z][\w.-]*)(?:\[[^\]]*\])?\s*(?:[=<>~!]=?|$)",
    re.ASCII | re.MULTILINE,
)


def _named_in_text(kind: str, text: str) -> tuple[str, ...]:
    names: list[str] = []
    for match in _ARTIFACT.finditer(text):
        name = next(g for g in match.groups() if g)
        names.append(name)
        if ":" in name:
            names.extend(name.split(":"))
    return tuple(names)


def python_requirements(tree: SourceTree, path: str) -> Iterator[tuple[str, str]]:
    """Name and version range of every requirement that is not for an extra."""
    if path.endswith("pyproject.toml"):
        document = read_toml(tree, path)
        listed = mapping(document.get("project")).get("dependencies")
        for requirement in listed if isinstance(listed, list) else ():
            yield from _parse_requirement(str(requirement))
        poetry = mapping(mapping(mapping(document.get("tool")).get("poetry")).get("dependencies"))
        yield from ((name, str(spec)) for name, spec in poetry.items() if name != "python")
        return
    said = HeaderParser().parsestr(tree.read_text(path)[:200_000])
    for requirement in said.get_all("Requires-Dist", []):
        yield from _parse_requirement(requirement)


def _parse_requirement(requirement: str) -> Iterator[tuple[str, str]]:
    match = _REQUIREMENT.match(requirement)
    if match and "extra" not in (match[3] or ""):
        yield match[1].lower().replace("_", "-"), match[2]


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def text_of(value: object) -> str | None:
    """The value where it is a string with something in it."""
    return value if isinstance(value, str) and value else None
