"""The Python files of one tree: read once, parsed when needed, found by import name."""

from __future__ import annotations

import ast
import bisect
import posixpath
import re
from dataclasses import dataclass, field
from itertools import accumulate

from catalog.extract.python import newer
from catalog.extract.python.fstrings import older
from catalog.extract.python.values import Scope, Value
from catalog.extract.tree import SourceTree
from catalog.records import Gap

_FIELD = re.compile(r"\b[rR]?[fF][rR]?['\"]")
MAX_FILE_CHARS = 1_500_000
MAX_FILE_MARKS = 300_000  # commas, brackets, dots: about as many as there are nodes, at a kilobyte each
MAX_LINE_CHARS = 20_000
MAX_TOTAL_CHARS = 25_000_000
MAX_PARSED_CHARS = 10_000_000
# Absolute imports of these are the SDKs themselves, even where a folder of the tree has the same name.
SDK_PACKAGES = frozenset({"mcp", "fastmcp", "mcp_types", "pydantic", "typing", "enum", "dataclasses"})


@dataclass(eq=False, slots=True)
class Module:
    """One parsed file. `lines` are the numbers of the lines that matter to registration, in order."""

    path: str
    tree: ast.Module
    lines: list[int] = field(default_factory=list)
    scope: Scope = field(init=False)
    state: str = "new"  # new, running, done
    stars: list[Value] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scope = Scope(self)

    def touches(self, first: int, last: int) -> bool:
        """Whether a line of interest lies between the two, inclusive."""
        at = bisect.bisect_left(self.lines, first)
        return at < len(self.lines) and self.lines[at] <= last


class Project:
    """The Python files that this view of the tree is about."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.paths = list(tree.paths(".py"))
        self.gaps: list[Gap] = []
        self.lines: dict[str, list[int]] = {}  # lines of interest by path
        self.modules: dict[str, Module | None] = {}
        self.parsed_chars = 0
        self._texts: dict[str, str] = {}
        self._unread = self._beyond_bound()
        if self._unread:
            reason = f"{len(self._unread)} files, this one first, were not searched: the tree holds too much Python"
            self.gaps.append(Gap(min(self._unread), None, reason))
        self._starts: dict[str, list[int]] = {}
        self._by_tail: dict[str, list[str]] = {}
        self.folders: set[str] = set()
        for path in self.paths:
            self._by_tail.setdefault(_tail(path), []).append(path)
            folder = posixpath.dirname(path)
            while folder and folder not in self.folders:
                self.folders.add(folder)
                folder = posixpath.dirname(folder)

    def text(self, path: str) -> str:
        """The file's text; empty when it is too large to be read (a gap says so)."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str:
        if path in self._unread:
            return ""
        text = (
            self.tree.read_text(path).replace("\x00", "").replace("\f", " ").replace("\r\n", "\n").replace("\r", "\n")
        )
        if len(text) > MAX_FILE_CHARS:
            lines = text.split("\n")
            long = [number for number, line in enumerate(lines, 1) if len(line) > MAX_LINE_CHARS]
            for number in long:
                lines[number - 1] = ""
                self.gaps.append(Gap(path, number, f"a line longer than {MAX_LINE_CHARS} characters was left out"))
            text = "\n".join(lines)
        return text

    def _beyond_bound(self) -> frozenset[str]:
        """Files of a tree that holds more than is read: those in its largest folders, which programs write."""
        held: dict[str, int] = {}
        for path in self.paths:
            folder = posixpath.dirname(path)
            held[folder] = held.get(folder, 0) + self.tree.sizes[path]
        ordered = sorted(self.paths, key=lambda path: (held[posixpath.dirname(path)], path))
        totals = accumulate(self.tree.sizes[path] for path in ordered)
        return frozenset(path for path, total in zip(ordered, totals, strict=True) if total > MAX_TOTAL_CHARS)

    def excerpt(self, path: str, first: int, last: int) -> str:
        """The text of these lines of the file, both inclusive."""
        starts = self._starts.get(path)
        if starts is None:
            lines = self.text(path).split("\n")
            starts = self._starts[path] = list(accumulate((len(line) + 1 for line in lines), initial=0))
        return self.text(path)[starts[first - 1] : starts[min(last, len(starts) - 1)]]

    def module(self, path: str) -> Module | None:
        """The parsed file, None where it cannot be parsed (a gap says so)."""
        if path not in self.modules:
            self.modules[path] = self._parse(path)
        return self.modules[path]

    def _parse(self, path: str) -> Module | None:
        text = self.text(path)
        if len(text) > MAX_FILE_CHARS or sum(map(text.count, ",([{.=:")) > MAX_FILE_MARKS:
            self.gaps.append(Gap(path, None, f"not parsed: {len(text)} characters of dense code are more than is read"))
            return None
        if self.parsed_chars + len(text) > MAX_PARSED_CHARS:
            self.gaps.append(Gap(path, None, "not parsed: the tree holds more Python than is read at once"))
            return None
        self.parsed_chars += len(text)
        return self._parsed(path, text)

    def _parsed(self, path: str, text: str, newest: bool = True) -> Module | None:
        """The module of a text, which may be of a `newest` Python that this one's parser does not read yet."""
        try:
            return Module(path, ast.parse(text), self.lines.get(path, []))
        except SyntaxError as error:
            if newest:
                rewritten = newer.plain(text)
                rewritten = (older(rewritten) if _FIELD.search(text) else None) or rewritten
                if rewritten != text:
                    return self._parsed(path, rewritten, newest=False)
            return self._parse_in_parts(path, text, error)
        except (RecursionError, MemoryError, ValueError) as error:
            return self._parse_one_by_one(path, text, error)

    def _parse_one_by_one(self, path: str, text: str, error: Exception) -> Module | None:
        """Parses each top-level statement for itself, for files that are nested too deeply somewhere."""
        lines = text.split("\n")
        starts = _top_level_starts(lines)
        body: list[ast.stmt] = []
        for first, following in zip(starts, [*starts[1:], len(lines) + 1], strict=True):
            try:
                part = ast.parse("\n".join(lines[first - 1 : following - 1]))
            except (SyntaxError, RecursionError, MemoryError, ValueError):
                reason = f"lines {first} to {following - 1} cannot be parsed: {type(error).__name__}"
                self.gaps.append(Gap(path, first, reason))
                continue
            for statement in part.body:
                ast.increment_lineno(statement, first - 1)
            body.extend(part.body)
        return Module(path, ast.Module(body=body, type_ignores=[]), self.lines.get(path, []))

    def _parse_in_parts(self, path: str, text: str, error: SyntaxError) -> Module | None:
        """Blanks the top-level statement around each error and parses again; what was left out is a gap."""
        lines = text.split("\n")
        starts = _top_level_starts(lines)
        for _ in range(12):
            at = bisect.bisect_right(starts, max(1, min(error.lineno or 1, len(lines)))) - 1
            first = starts[at] if at >= 0 else 1
            last = starts[at + 1] - 1 if at + 1 < len(starts) else len(lines)
            self.gaps.append(
                Gap(path, error.lineno or first, f"lines {first} to {last} are not valid Python: {error.msg}")
            )
            if not any(lines[first - 1 : last]):
                break
            lines[first - 1 : last] = [""] * (last - first + 1)
            try:
                return Module(path, ast.parse("\n".join(lines)), self.lines.get(path, []))
            except SyntaxError as again:
                error = again
            except (RecursionError, MemoryError, ValueError) as deeper:
                return self._parse_one_by_one(path, "\n".join(lines), deeper)
        self.gaps.append(Gap(path, None, "the file cannot be parsed"))
        return None

    def find(self, importer: str, dotted: str, level: int) -> str | None:
        """The file (or folder without `__init__.py`) that an import means, None when it is not in the tree."""
        if level:
            base = posixpath.dirname(importer)
            for _ in range(level - 1):
                base = posixpath.dirname(base)
            return self._at(posixpath.join(base, dotted.replace(".", "/")) if dotted else base)
        first = dotted.split(".", 1)[0]
        if first in SDK_PACKAGES:
            return None
        inner = dotted.replace(".", "/")
        folder = posixpath.dirname(importer)
        while True:
            for root in (folder, posixpath.join(folder, "src")):
                found = self._at(posixpath.join(root, inner))
                if found is not None and (found != importer or found.endswith("__init__.py")):
                    return found
            if not folder:
                break
            folder = posixpath.dirname(folder)
        return self._elsewhere(importer, inner) if "/" in inner else None

    def _elsewhere(self, importer: str, inner: str) -> str | None:
        """A dotted import whose root is no folder above the importer: another package of the same repository."""
        matches = [
            p
            for p in self._by_tail.get(posixpath.basename(inner), ())
            if p.endswith((f"/{inner}.py", f"/{inner}/__init__.py"))
        ]
        return max(matches, key=lambda p: len(posixpath.commonprefix([p, importer])), default=None)

    def _at(self, stem: str) -> str | None:
        stem = stem.strip("/")
        for path in (f"{stem}/__init__.py" if stem else "__init__.py", f"{stem}.py"):
            if path in self.tree.sizes:
                return path
        return stem if stem in self.folders else None

    def siblings(self, folder: str) -> list[str]:
        """The Python files directly in a folder, packages by their `__init__.py`."""
        out = []
        for path in self.paths:
            parent = posixpath.dirname(path)
            if parent == folder or (posixpath.basename(path) == "__init__.py" and posixpath.dirname(parent) == folder):
                out.append(path)
        return [p for p in out if p != posixpath.join(folder, "__init__.py")]


def _tail(path: str) -> str:
    name = posixpath.basename(path)
    return posixpath.basename(posixpath.dirname(path)) if name == "__init__.py" else name[:-3]


_TOP_LEVEL = re.compile(r"(?!(?:else|elif|except|finally)\b)[A-Za-z_@]")


def _top_level_starts(lines: list[str]) -> list[int]:
    """Numbers of the lines that begin an unindented statement; a decorated one begins at its first decorator."""
    starts: list[int] = []
    decorated = False
    for number, line in enumerate(lines, 1):
        if _TOP_LEVEL.match(line):
            if not decorated:
                starts.append(number)
            decorated = line.startswith("@")
    return starts
