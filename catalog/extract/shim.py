"""Packages that register nothing themselves: which dependency they are a thin layer over."""

from __future__ import annotations

import re

from catalog.extract.manifest import is_sdk, mapping, python_requirements, read_json
from catalog.extract.tree import SourceTree

_EXACT_NPM = re.compile(r"=?v?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)$")
_IMPORTED = re.compile(
    r"""(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire(?:\.resolve)?\s*\(\s*)["']([^"'./][^"']*)["']""", re.ASCII
)
_CODE = (".js", ".cjs", ".mjs", ".ts", ".py")
_THIN_BYTES = 30_000


def shim_dependency(tree: SourceTree) -> str | None:
    """The reference (`npm:NAME[@VERSION]` or `pypi:NAME[@VERSION]`) of the dependency that holds the definitions.

    For a tree in which no tool was found, and None unless its own code is thin. Only a dependency that is not an SDK
    and that the package visibly stands on counts: it has "mcp" in its name, or is the only one that the code loads, or
    the only one at all. A version is given only where the manifest pins one.
    """
    if code_bytes(tree) > _THIN_BYTES:
        return None
    return _npm_shim(tree) or _python_shim(tree)


def code_bytes(tree: SourceTree) -> int:
    """The size of the tree's own JavaScript, TypeScript and Python."""
    return sum(tree.sizes[path] for path in tree.paths(*_CODE))


def _npm_shim(tree: SourceTree) -> str | None:
    versions = mapping(read_json(tree, "package.json").get("dependencies")) if tree.exists("package.json") else {}
    own = [n for n in versions if not is_sdk("package.json", n) and not n.startswith("@types/")]
    name = _stands_on(own, _loaded_modules(tree))
    if name is None:
        return None
    exact = _EXACT_NPM.match(str(versions[name]))
    return f"npm:{name}@{exact[1]}" if exact else f"npm:{name}"


def _python_shim(tree: SourceTree) -> str | None:
    for path in tree.sizes:
        if path.count("/") <= 1 and path.endswith((".dist-info/METADATA", "PKG-INFO", "pyproject.toml")):
            versions = {n: v for n, v in python_requirements(tree, path) if not is_sdk("pyproject.toml", n)}
            name = _stands_on(list(versions), set())
            if name is None:
                continue
            exact = re.fullmatch(r"\s*={2,3}\s*([\w.+!-]+)\s*", versions[name])
            return f"pypi:{name}@{exact[1]}" if exact else f"pypi:{name}"
    return None


def _stands_on(names: list[str], loaded: set[str]) -> str | None:
    """The one dependency that a package without registrations of its own can only be a layer over."""
    for group in ([n for n in names if "mcp" in n.lower()], [n for n in names if n in loaded], names):
        if len(group) == 1:
            return group[0]
    return None


def _loaded_modules(tree: SourceTree) -> set[str]:
    loaded: set[str] = set()
    for path in tree.paths(*_CODE[:4]):
        for match in _IMPORTED.finditer(tree.read_text(path)):
            parts = match[1].split("/")
            loaded.add("/".join(parts[: 2 if match[1].startswith("@") else 1]))
    return loaded
