"""A source tree as the readers see it: bounded, without links, and with the parts that are not the server left out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from catalog.records import Gap, Root

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
        "__tests__", "__mocks__", "e2e", "testing", "testdata", "test-data", "fixtures", "__fixtures__", "mocks",
        "__snapshots__", "__toolsnaps__", "storybook", "stories", "cookbook", "evals", "benchmarks", "androidtest",
    }
)  # fmt: skip
# The same, unless the folder lies below one that holds tools: there the word names what the tools are about.
PERIPHERAL_SUBJECTS = frozenset(
    {
        "test", "tests", "spec", "specs", "mock", "example", "examples", "sample", "samples", "demo", "demos", "docs",
        "doc", "eval", "evaluation", "benchmark", "bench", "templates", "template", "snapshots", "website",
        "playground",
    }
)  # fmt: skip
_TOOL_FOLDERS = frozenset(
    {
        "tool", "tools", "toolset", "toolsets", "handlers", "commands", "modules", "features", "services",
        "operations", "resources", "actions", "endpoints", "routes", "domains",
    }
)  # fmt: skip
_PERIPHERAL_ENDINGS = (
    ".test.ts", ".test.tsx", ".test.js", ".test.mjs", ".spec.ts", ".spec.js", ".stories.tsx", ".d.ts", ".d.mts",
    ".d.cts", "_test.go", "_test.py", "_test.rb", "_spec.rb", "Test.java", "Tests.java", "IT.java", "Test.kt",
    "Tests.kt", "Tests.cs", "Test.php", "Tests.swift", ".test.jsx", ".test.cjs", ".test.mts", ".spec.tsx",
)  # fmt: skip
# Of those, what a test invents for itself: never the server's tools, even where nothing else is found.
_TEST_FOLDERS = frozenset(
    {
        "test", "tests", "__tests__", "spec", "specs", "e2e", "testing", "testdata", "test-data", "androidtest", "mock",
        "mocks", "__mocks__", "fixtures", "__fixtures__",
    }
)  # fmt: skip
_NO_TEST_ENDINGS = (".stories.tsx", ".d.ts", ".d.mts", ".d.cts")
_CACHED_CHARACTERS = 16_000_000


# Files that never hold a definition, however large: neither read nor counted nor missed.
_MEDIA_ENDINGS = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".bmp", ".tiff", ".mp3", ".mp4", ".mov", ".webm", ".wav", ".ogg",
    ".pdf", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".psd", ".db", ".sqlite", ".sqlite3", ".parquet", ".onnx",
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

    root: Root
    limits: Limits = field(default_factory=Limits)
    only_peripheral: bool = False

    @cached_property
    def _listing(self) -> tuple[dict[str, int], tuple[Gap, ...]]:
        sizes: dict[str, int] = {}
        gaps: list[Gap] = []
        total = 0
        for path, size in _walk(self.root):
            if not _is_printable(path):
                gaps.append(Gap(ascii(path), None, "the file's name is not valid UTF-8; it was not read"))
                continue
            if path.lower().endswith(_MEDIA_ENDINGS):
                continue
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

    @cached_property
    def _by_role(self) -> dict[bool, tuple[str, ...]]:
        roles: dict[bool, list[str]] = {False: [], True: []}
        for path in self.sizes:
            roles[is_peripheral(path)].append(path)
        return {role: tuple(paths) for role, paths in roles.items()}

    def paths(self, *suffixes: str, peripheral: bool | None = None) -> Iterator[str]:
        """Paths that end in one of the suffixes (all when none is given): the server's own, or the peripheral ones.

        Without `peripheral`, those that this view of the tree is about.
        """
        for path in self._by_role[self.only_peripheral if peripheral is None else peripheral]:
            if not suffixes or path.endswith(suffixes):
                yield path

    def peripheral_view(self) -> SourceTree:
        """The same tree, with tests, examples and documentation in the place of the server's own files."""
        return self._view(self.sizes, only_peripheral=True)

    def restricted(self, paths: Set[str]) -> SourceTree:
        """The same tree as if it held these paths alone; sizes and limits stay."""
        return self._view({p: n for p, n in self.sizes.items() if p in paths}, self.only_peripheral)

    def _view(self, sizes: dict[str, int], only_peripheral: bool) -> SourceTree:
        view = SourceTree(self.root, self.limits, only_peripheral)
        view.__dict__["_listing"] = (sizes, self.gaps)
        view.__dict__["_texts"] = self._texts
        return view

    def exists(self, path: str) -> bool:
        return path in self.sizes

    def read_bytes(self, path: str) -> bytes:
        """The file's bytes; KeyError for a path that is not in the tree, b"" where it cannot be opened."""
        if path not in self.sizes:
            raise KeyError(path)
        if not isinstance(self.root, Path):
            return self.root[path]
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return b""

    @cached_property
    def _texts(self) -> _Texts:
        return _Texts()

    def read_text(self, path: str) -> str:
        """The file's text: UTF-8 with or without a mark, UTF-16 with one; what does not decode is replaced.

        The texts read last are kept (a few readers ask for the same file), within a fixed size.
        """
        if path not in self.sizes:
            raise KeyError(path)
        return self._texts.get(path) or self._texts.keep(path, _decode(self.read_bytes(path)))


class _Texts:
    """The texts read last, oldest dropped first."""

    def __init__(self) -> None:
        self._by_path: dict[str, str] = {}
        self._characters = 0

    def get(self, path: str) -> str | None:
        return self._by_path.get(path)

    def keep(self, path: str, text: str) -> str:
        if len(text) > _CACHED_CHARACTERS:
            return text
        self._by_path[path] = text
        self._characters += len(text)
        while self._characters > _CACHED_CHARACTERS:
            self._characters -= len(self._by_path.pop(next(iter(self._by_path))))
        return text


def _is_printable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decode(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    return raw.decode("utf-8-sig", errors="replace")


def is_peripheral(path: str) -> bool:
    """Whether the path lies among tests, examples, fixtures or documentation."""
    *folders, name = PurePosixPath(path).parts
    if _is_peripheral_name(name):
        return True
    below_tools = False
    above = ""
    for folder in map(str.lower, folders):
        if folder in PERIPHERAL_FOLDERS or (folder in PERIPHERAL_SUBJECTS and not below_tools):
            return True
        # Below src/main lie the packages of a Java or Kotlin program, which are named as their authors like.
        below_tools = below_tools or folder in _TOOL_FOLDERS or (above, folder) == ("src", "main")
        above = folder
    return False


def is_test(path: str) -> bool:
    """Whether a peripheral path is a test or its fixtures, and no example or documentation of the server."""
    *folders, name = PurePosixPath(path).parts
    named_so = _is_peripheral_name(name) and not name.endswith(_NO_TEST_ENDINGS)
    return named_so or any(f.lower() in _TEST_FOLDERS for f in folders)


def _is_peripheral_name(name: str) -> bool:
    return name.endswith(_PERIPHERAL_ENDINGS) or (name.startswith("test_") and name.endswith(".py"))


def _walk(root: Root) -> Iterator[tuple[str, int]]:
    """Regular files below root in path order; links are not followed, skipped folders not entered."""
    if not isinstance(root, Path):
        for path in sorted(root):
            if SKIPPED_FOLDERS.isdisjoint(path.split("/")[:-1]):
                yield path, len(root[path])
        return
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
