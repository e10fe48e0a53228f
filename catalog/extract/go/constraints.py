"""Build constraints: which files are part of a program as it is released.

The syntax is that of `go help buildconstraint` (Go 1.17 and later): `//go:build` with tags, `!`, `&&`, `||` and
parentheses, before the package clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from catalog.extract.go.patterns import patterns
from catalog.extract.tree import SourceTree

_CONSTRAINT = re.compile(rb"^//go:build[ \t]+(.{1,1000})$", re.MULTILINE)
_TOKEN = re.compile(r"\s*(&&|\|\||[!()]|[\w.]+)")
_SET = re.compile(r"-tags[= ]+[\"']?([\w.,]+(?: [\w.]+)*)")
_BUILD_FILES = (".yml", ".yaml", ".mk", ".sh", ".toml", ".json", "Makefile", "Dockerfile", "Justfile", "justfile")
# Builds of an automation that are no release: what only tests, checks and compliance runs set.
_CHECKING = re.compile(r"\bgo (?:test|vet|run)\b|lint|staticcheck")
_AUTOMATION = (".github/", ".circleci/", ".gitlab", "azure-pipelines")
_RELEASING = re.compile(r"release|publish|build|docker|deploy", re.IGNORECASE)
_LARGEST_BUILD_FILE_BYTES = 200_000

Possible = frozenset[bool]
_EITHER: Possible = frozenset((True, False))


def released_paths(tree: SourceTree, paths: list[str]) -> list[str]:
    """Those of the Go files that some build the tree describes takes in: a tag that neither the toolchain nor a build
    file of the tree sets is not set."""
    stated = {path: _constraint(tree, path) for path in paths}
    if not any(stated.values()):
        return paths
    tags = frozenset(_set_by_builds(tree))
    return [path for path in paths if True in _Expression(stated[path], tags).value()]


def _constraint(tree: SourceTree, path: str) -> str:
    head = tree.read_text(path)[:4_000].encode("utf-8", "replace")
    found = _CONSTRAINT.search(head)
    package = re.search(rb"^package\b", head, re.MULTILINE)
    if found is None or (package is not None and package.start() < found.start()):
        return ""
    return found.group(1).decode("utf-8", "replace")


def _set_by_builds(tree: SourceTree) -> Iterator[str]:
    for path in (p for p in tree.sizes if _is_build_file(tree, p)):
        text = tree.read_text(path)
        for line in text.splitlines() if "-tags" in text else ():
            if "-tags" in line and not _CHECKING.search(line):
                for tags in _SET.findall(line[:2_000]):
                    yield from re.split(r"[ ,]", tags)


def _is_build_file(tree: SourceTree, path: str) -> bool:
    name = PurePosixPath(path).name
    if tree.sizes[path] > _LARGEST_BUILD_FILE_BYTES or not name.endswith(_BUILD_FILES):
        return False
    return not path.startswith(_AUTOMATION) or bool(_RELEASING.search(name))


class _Expression:
    """A constraint, read by descent; what cannot be read is possible."""

    def __init__(self, text: str, tags: frozenset[str]) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0
        self._tags = tags

    def value(self) -> Possible:
        """Which values the constraint can have in a build."""
        return self._either() if self._tokens else _EITHER

    def _either(self) -> Possible:
        left = self._both()
        while self._take("||"):
            right = self._both()
            left = frozenset(a or b for a in left for b in right)
        return left

    def _both(self) -> Possible:
        left = self._single()
        while self._take("&&"):
            right = self._single()
            left = frozenset(a and b for a in left for b in right)
        return left

    def _single(self) -> Possible:
        negated = False
        while self._take("!"):
            negated = not negated
        if self._take("("):
            inner = self._either() if self._at < 60 else _EITHER
            self._take(")")
        elif self._at < len(self._tokens):
            inner = self._tag(self._tokens[self._at])
            self._at += 1
        else:
            inner = _EITHER
        return frozenset(not each for each in inner) if negated else inner

    def _tag(self, name: str) -> Possible:
        known = patterns()["constraints"]["toolchain"]
        return _EITHER if name in known or name in self._tags or name.startswith("go1") else frozenset((False,))

    def _take(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False
