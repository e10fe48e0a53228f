"""A source tree as the readers see it: bounded, without links, and with the parts that are not the server left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from catalog.records import Gap

# Folders that never hold the server's own source.
SKIPPED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "bower_components", "vendor", "third_party",
        "__pycache__", ".tox", ".mypy_cache", ".idea", ".vscode", "site-packages", ".next", ".cache",
    }
)  # fmt: skip
# Folders whose registrations are examples of registrations: read only when nothing else holds tools.
PERIPHERAL_FOLDERS = frozenset(
    {
        "test", "tests", "__tests__", "__mocks__", "spec", "specs", "e2e", "testing", "testdata", "test-data",
        "fixtures", "__fixtures__", "mocks", "mock", "example", "examples", "sample", "samples", "demo", "demos",
        "docs", "doc", "evals", "eval", "evaluation", "benchmark", "benchmarks", "bench", "templates", "template",
        "snapshots", "__snapshots__", "__toolsnaps__", "website", "playground", "storybook", "stories", "cookbook",
    }
)  # fmt: skip
_PERIPHERAL_ENDINGS = (
    ".test.ts", ".test.tsx", ".test.js", ".test.mjs", ".spec.ts", ".spec.js", ".stories.tsx", ".d.ts", ".d.mts",
    ".d.cts", "_test.go", "_test.py", "_test.rb", "Test.java", "Tests.java", "Test.kt", "Tests.cs", "Test.php",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what is read of one tree."""

    max_files: int = 60_000
    max_file_bytes: int = 12_000_000
    max_total_bytes: int = 400_000_000


@dataclass(frozen=True)
class SourceTree:
    """The files under `root`, listed once in a fixed order. Paths are relative with forward slashes."""

    root: Path
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def _listing(self) -> tuple[dict[str, int], tuple[Gap, ...]]:
        sizes: dict[str, int] = {}
        gaps: list[Gap] = []
        total = 0
        for path, size in _walk(self.root):
            if len(sizes) >= self.limits.max_files or total + size > self.limits.max_total_bytes:
                gaps.append(
                    Gap(path, None, f"the tree is larger than is read; reading stopped after {len(sizes)} files")
                )
                break
            if size > self.limits.max_file_bytes:
                gaps.append(
                    Gap(
                        path,
                        None,
                        f"the file has {size} bytes, more than the {self.limits.max_file_bytes} that are read",
                    )
                )
                continue
            sizes[path] = size
            total += size
        return dict(sorted(sizes.items())), tuple(gaps)

    @property
    def sizes(self) -> dict[str, int]:
        """Every readable file's size in bytes by path, in path order."""
        return self._listing[0]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was left out for its size or number."""
        return self._listing[1]

    def paths(self, *suffixes: str, peripheral: bool = False) -> Iterator[str]:
        """Paths that end in one of the suffixes (all when none is given): the server's own, or the peripheral ones."""
        for path in self.sizes:
            if (not suffixes or path.endswith(suffixes)) and is_peripheral(path) is peripheral:
                yield path

    def exists(self, path: str) -> bool:
        return path in self.sizes

    def read_bytes(self, path: str) -> bytes:
        """The file's bytes; KeyError for a path that is not in the tree, b"" where it cannot be opened."""
        if path not in self.sizes:
            raise KeyError(path)
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return b""

    def read_text(self, path: str) -> str:
        """The file's text: UTF-8 with or without a mark, UTF-16 with one; what does not decode is replaced."""
        raw = self.read_bytes(path)
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw.decode("utf-16", errors="replace")
        return raw.decode("utf-8-sig", errors="replace")


def is_peripheral(path: str) -> bool:
    """Whether the path lies among tests, examples, fixtures or documentation."""
    folders = PurePosixPath(path).parts[:-1]
    return path.endswith(_PERIPHERAL_ENDINGS) or any(f.lower() in PERIPHERAL_FOLDERS for f in folders)


def _walk(root: Path) -> Iterator[tuple[str, int]]:
    """Regular files below root in path order; links are not followed, skipped folders not entered."""
    stack = [""]
    while stack:
        folder = stack.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda e: e.name)
        except OSError:
            continue
        below: list[str] = []
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_FOLDERS:
                    below.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield path, entry.stat(follow_symlinks=False).st_size
        stack.extend(reversed(below))
