"""Which lines of which files matter: those that register tools by their look, and those that call what holds them."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from catalog.extract.python.patterns import Patterns
from catalog.extract.python.project import Project

MAX_ROUNDS = 6
MAX_LINES_PER_ROUND = 150
_HINT = re.compile(r"tool|mcp|regist", re.IGNORECASE)
_DEFINITION = re.compile(r"(?m)^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_ANSWER = re.compile(r"[\"']tools[\"']\s*:")
_WORD = re.compile(r"[A-Za-z_]\w*")
# Names too common to say that the function holding a registration is meant.
_COMMON = frozenset(
    {
        "decorator",
        "wrapper",
        "inner",
        "tool",
        "main",
        "get",
        "call",
        "list_tools",
        "handle_list_tools",
        "init",
        "new",
        "name",
    }
)


@dataclass(slots=True)
class _File:
    """The shape of one file, from its text alone."""

    text: str
    starts: list[int]
    definitions: list[tuple[int, int, str, str]]  # line, indent, def or class, name
    words: set[str] | None = None
    lines: dict[int, int] = field(default_factory=dict)  # line of interest: round in which it was found

    def line_of(self, offset: int) -> int:
        return bisect.bisect_right(self.starts, offset)

    def lines_with(self, word: str) -> Iterator[tuple[int, str]]:
        """Number and text of the lines that hold the word, each once."""
        at = self.text.find(word)
        while at >= 0:
            line = self.line_of(at)
            end = self.starts[line] if line < len(self.starts) else len(self.text) + 1
            yield line, self.text[self.starts[line - 1] : end - 1]
            at = self.text.find(word, end)


@dataclass(slots=True)
class Relevance:
    """Lines of interest by path, in order, and the round in which each was found."""

    lines: dict[str, list[int]]
    rounds: dict[str, dict[int, int]]


def search(project: Project, patterns: Patterns) -> Relevance:
    """Finds registrations by text, then, in rounds, the lines that name the functions and classes holding them."""
    files: dict[str, _File] = {}
    for path in project.paths:
        text = project.text(path)
        if _HINT.search(text):
            files[path] = _shape(text)
    by_hand = any("tools/list" in f.text for f in files.values())
    fresh = {holder for f in files.values() for holder in _registrations(f, patterns, by_hand)}
    known: set[tuple[str, str]] = set()
    for number in range(1, MAX_ROUNDS):
        fresh = {h for h in fresh - known if h[1] not in _COMMON}
        if not fresh:
            break
        known |= fresh
        fresh = {holder for f in files.values() for holder in _mentions(f, fresh, number)}
        if number > 1 and _forget_if_vague(files.values(), number):
            break
    return Relevance(
        {path: sorted(f.lines) for path, f in files.items() if f.lines},
        {path: f.lines for path, f in files.items() if f.lines},
    )


def _forget_if_vague(files: Iterable[_File], number: int) -> bool:
    """Drops the lines of a round that found so many that its names must be common words; whether it did."""
    found = [(f, line) for f in files for line, at in f.lines.items() if at == number]
    if len(found) <= MAX_LINES_PER_ROUND:
        return False
    for file, line in found:
        del file.lines[line]
    return True


def _shape(text: str) -> _File:
    starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))[:-1]
    out = _File(text, starts, [])
    for match in _DEFINITION.finditer(text):
        out.definitions.append((out.line_of(match.start(2)), len(match[1].expandtabs()), match[2], match[3]))
    return out


def _registrations(file: _File, patterns: Patterns, by_hand: bool) -> set[tuple[str, str]]:
    """The holders of the lines that register; of those that may answer `by_hand`, where the tree does that."""
    seen: set[int] = set()
    for word in patterns.words:
        for line, text in file.lines_with(word):
            if line not in seen:
                seen.add(line)
                if patterns.search.search(text) or (by_hand and _ANSWER.search(text)):
                    file.lines.setdefault(line, 0)
    return _holders(file, list(file.lines))


# How code reaches a function, a method or a class; %s is the name.
_REACHES = {
    "function": r"(?<![\w.'\"])(?<!def )%s\b(?=[ \t]*(?:[(,)\]}]|$))|\b\w+\.%s[ \t]*\(",
    "method": r"\.%s\b(?=[ \t]*(?:[(,)\]}]|$))",
    "class": r"(?<![\w'\"])(?<!class )%s\b(?=[ \t]*(?:[(,)\]}]|$))",
}


def _mentions(file: _File, holders: set[tuple[str, str]], number: int) -> set[tuple[str, str]]:
    if file.words is None:
        file.words = set(_WORD.findall(file.text))
    found: list[int] = []
    for kind, name in sorted(holders):
        if name not in file.words:
            continue
        pattern = re.compile(_REACHES[kind].replace("%s", name))
        for line, text in file.lines_with(name):
            if line not in file.lines and pattern.search(text) and not text.startswith(("from ", "import ", "#")):
                file.lines[line] = number
                found.append(line)
    return _holders(file, found)


def _holders(file: _File, lines: list[int]) -> set[tuple[str, str]]:
    """Kind and name of the functions around these lines (of the class for its constructor): how code reaches them."""
    found: set[tuple[str, str]] = set()
    numbers = [d[0] for d in file.definitions]
    for line in lines:
        start = file.starts[line - 1]
        end = file.starts[line] if line < len(file.starts) else len(file.text)
        content = file.text[start:end].expandtabs()
        indent = len(content) - len(content.lstrip())
        at = bisect.bisect_left(numbers, line) - 1
        inner: str | None = None
        while at >= 0 and indent > 0:
            _, outer, kind, name = file.definitions[at]
            if outer < indent:
                if inner is not None:
                    found.add(("method" if kind == "class" else "function", inner))
                if kind == "class":
                    if inner in (None, "__init__", "__post_init__"):
                        found.add(("class", name))
                    inner = None
                else:
                    inner = name
                indent = outer
            at -= 1
        if inner is not None:
            found.add(("function", inner))
    return {(kind, name) for kind, name in found if not name.startswith("__")}
