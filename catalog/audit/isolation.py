"""Whether the source of a server could reach beyond this machine at all; the knowledge is `data/audit/reach.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from catalog.audit.reach import knowledge
from catalog.extract.manifest import dependency_names, manifest_kind, mapping, read_json, read_toml
from catalog.extract.tree import SourceTree

_LARGEST_FILE_BYTES = 1_000_000
_MANIFEST_OF = {
    **dict.fromkeys((".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx"), "package.json"),
    ".py": "pyproject.toml",
}
_RUN_WITH = ("dependencies", "optionalDependencies", "peerDependencies")


def speaks_to_no_network(tree: SourceTree) -> bool:
    """Whether nothing in the tree's source or manifests could reach beyond this machine. False when in doubt.

    In doubt: source in other languages than Python, TypeScript and JavaScript, source without a manifest that says
    what it runs with, and files that were not read.
    """
    raw = knowledge()["closed_world"]
    languages: set[str] = set()
    for path in tree.paths():
        suffix = PurePosixPath(path).suffix.lower()
        if suffix in raw["other_sources"]:
            return False
        if suffix in _MANIFEST_OF:
            if tree.sizes[path] > _LARGEST_FILE_BYTES or _has_any(tree.read_text(path), raw["network_words"]):
                return False
            languages.add(_MANIFEST_OF[suffix])
    if not languages or tree.gaps:
        return False
    listed = [p for p in tree.paths() if manifest_kind(p) in languages]
    if languages != {manifest_kind(p) for p in listed}:
        return False
    packages = frozenset(raw["local_packages"])
    return all(name in packages for path in listed for name in _dependencies(tree, path))


def _has_any(text: str, words: list[str]) -> bool:
    return any(word in text for word in words)


def _dependencies(tree: SourceTree, path: str) -> Iterator[str]:
    """The packages that a manifest says its program runs with, in lower case; its own path where it does not tell."""
    name = PurePosixPath(path).name
    if name == "package.json":
        document = read_json(tree, path)
        yield from (str(n).lower() for group in _RUN_WITH for n in mapping(document.get(group)))
    elif name in ("pyproject.toml", "METADATA", "PKG-INFO"):
        yield from (n.lower().replace("_", "-") for n in dependency_names(tree, path))
        if "dependencies" in str(mapping(read_toml(tree, path).get("project")).get("dynamic")):
            yield path
    else:
        yield path
