"""Which major version of the standalone FastMCP a tree asks for: schemas and descriptions differ between them."""

from __future__ import annotations

import re

from catalog.extract.manifest import python_requirements
from catalog.extract.tree import SourceTree

NEWEST = 4
_UPPER = re.compile(r"(<=|<|==|~=|\^)\s*(\d+)(?:\.(\d+|\*))?")
_MANIFESTS = (".dist-info/METADATA", "PKG-INFO", "pyproject.toml")


def fastmcp_major(tree: SourceTree) -> int:
    """The newest major version that the shallowest manifest's requirement lets in; the newest known without one."""
    manifests = (p for p in tree.sizes if p.endswith(_MANIFESTS))
    for path in sorted(manifests, key=lambda p: (p.count("/"), p)):
        for name, spec in python_requirements(tree, path):
            if name == "fastmcp":
                return newest_allowed(spec)
    return NEWEST


def newest_allowed(spec: str) -> int:
    """The newest major version within a range such as `>=2.3,<3`."""
    newest = NEWEST
    for sign, major, minor in _UPPER.findall(spec):
        newest = min(newest, int(major) - 1 if sign == "<" and minor in ("", "0") else int(major))
    return max(newest, 0)
