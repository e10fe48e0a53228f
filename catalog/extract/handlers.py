"""What the handler of a tool visibly does, for languages whose readers do not say it: found by text, without a grammar.

The handler's text runs from where it begins to the end of its block, by brackets or by `end`. Functions that it
calls are looked into two levels deep: those of its file, and those of which the tree holds only one of the name.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from catalog.extract.tree import SourceTree
from catalog.records import Fact, Location, Tool
from classifier.resources import data_path

_MOST_CHARACTERS = 20_000
_LARGEST_LINE = 5_000
_LARGEST_FILE_BYTES = 1_000_000
_SHORTEST_FOLLOWED = 5
_DEEPEST_CALL = 2
_MOST_CALLED = 12
_MOST_FACTS = 24
# Above this number of tools one handler is only a wrapper, whose code says nothing of any of them.
_MOST_SHARING = 3
# What is left open runs to the end of the text: otherwise every further opening would search all of it again.
_STRINGS = r'"""[\s\S]*?(?:"""|\Z)|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*(?:`|\Z)'
_QUOTED = r"'''[\s\S]*?(?:'''|\Z)|'(?:\\.|[^'\\\n])*'"
_CHARACTER = r"'(?:\\[^'\n]{1,8}|[^'\\\n])'"
_SLASHES = r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)"
_HASH = r"#(?![\[{])[^\n]*"
_QUOTED_TEXTS = ("php", "ruby")
_TOKEN = re.compile(rf"{_STRINGS}|{_CHARACTER}|{_SLASHES}|=>|[{{}}()\[\];]")
_TOKEN_QUOTED = re.compile(rf"{_STRINGS}|{_QUOTED}|{_SLASHES}|=>|[{{}}()\[\];]")
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\s*(?:<[^<>()]{0,40}>)?\(")
_HOST = re.compile(r"https?://([\w.-]+(?::\d+)?)")


@dataclass(frozen=True, slots=True)
class _Pattern:
    kind: str
    expression: re.Pattern[str]
    method: re.Pattern[str] | None
    default: str | None


@dataclass(frozen=True, eq=False)
class _File:
    """A source file with the place of each function in it and where its lines begin."""

    path: str
    text: str
    language: str
    lines: tuple[int, ...]
    functions: Mapping[str, int] = field(default_factory=dict)

    def line_at(self, offset: int) -> int:
        return bisect_right(self.lines, offset)


def with_facts(tree: SourceTree, tools: Sequence[Tool]) -> list[Tool]:
    """The tools with facts about their handlers, where a reader gave a handler and no facts."""
    sharing = Counter(t.handler for t in tools if t.handler)
    code = _Code(tree)
    out: list[Tool] = []
    for tool in tools:
        place = tool.handler
        if place is None or tool.facts or sharing[place] > _MOST_SHARING or place.path not in tree.sizes:
            out.append(tool)
        else:
            out.append(replace(tool, facts=code.facts(place)))
    return out


_Region = tuple[str, tuple[int, int]]


class _Code:
    """The files of a tree, opened when first needed, with the places of all functions in them."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._files: dict[str, _File | None] = {}
        self._defined: dict[str, dict[str, list[str]]] = {}
        self._regions: dict[_Region, tuple[tuple[Fact, ...], tuple[_Region, ...]]] = {}

    def facts(self, place: Location) -> tuple[Fact, ...]:
        """Facts of the code that begins on a line, in its order, those of the functions that it calls after its own."""
        file = self._file(place.path)
        if file is None or not 1 <= place.line <= len(file.lines):
            return ()
        found: dict[Fact, None] = {}
        seen = {(file.path, _extent(file, file.lines[place.line - 1]))}
        level = list(seen)
        for _ in range(_DEEPEST_CALL + 1):
            following: list[_Region] = []
            for path, region in level:
                within = self._file(path)
                if within is None:
                    continue
                facts, called = self._region(within, region)
                found |= dict.fromkeys(facts)
                following += [r for r in called if r not in seen]
            level = list(dict.fromkeys(following))[:_MOST_CALLED]
            seen.update(level)
        return tuple(found)[:_MOST_FACTS]

    def _region(self, file: _File, region: tuple[int, int]) -> tuple[tuple[Fact, ...], tuple[_Region, ...]]:
        """The facts of a region and the regions that it calls, worked out once: tools share what they call."""
        key = (file.path, region)
        if key not in self._regions:
            self._regions[key] = (tuple(_in_region(file, *region)), tuple(self._called(file, region)))
        return self._regions[key]

    def _called(self, file: _File, region: tuple[int, int]) -> Iterator[_Region]:
        """The functions that a region calls: of the same file, or the only ones of their name in the tree."""
        text = _without_comments(file.text[slice(*region)], file.language)
        for name in dict.fromkeys(_CALLED.findall(text)):
            where: _File | None = file
            if name not in file.functions:
                paths = self._functions(file.language).get(name, []) if len(name) >= _SHORTEST_FOLLOWED else []
                where = self._file(paths[0]) if len(paths) == 1 else None
            if where is not None and name in where.functions:
                extent = _extent(where, where.functions[name])
                if where is not file or not region[0] <= where.functions[name] < region[1]:
                    yield where.path, extent

    def _functions(self, language: str) -> dict[str, list[str]]:
        if language not in self._defined:
            defined: dict[str, list[str]] = {}
            for path in self._tree.paths(*_knowledge()["endings"][language]):
                file = self._file(path)
                for name in file.functions if file else ():
                    defined.setdefault(name, []).append(path)
            self._defined[language] = defined
        return self._defined[language]

    def _file(self, path: str) -> _File | None:
        if path not in self._files:
            self._files[path] = _open(self._tree, path)
        return self._files[path]


def _without_comments(text: str, language: str) -> str:
    """The text with every comment made blank, so that places stay what they are."""
    return _commented(language).sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m["comment"] else m[0], text)


def _open(tree: SourceTree, path: str) -> _File | None:
    language = next((name for name, endings in _knowledge()["endings"].items() if path.endswith(tuple(endings))), None)
    if language is None or tree.sizes[path] > _LARGEST_FILE_BYTES:
        return None
    text = tree.read_text(path)
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    if any(b - a > _LARGEST_LINE for a, b in zip(starts, [*starts[1:], len(text)], strict=True)):
        return None
    functions: dict[str, int] = {}
    for match in _definitions(language).finditer(text):
        functions.setdefault(match["name"], match.start())
    return _File(path, text, language, tuple(starts), functions)


def _extent(file: _File, start: int) -> tuple[int, int]:
    """From a place to the end of the function or call that begins there."""
    if file.language == "ruby":
        return _method_extent(file, start)
    text = file.text[start : start + _MOST_CHARACTERS]
    depth = 0
    was_block = was_arrow = False
    token = _TOKEN_QUOTED if file.language == "php" else _TOKEN
    for match in token.finditer(text):
        character = match[0]
        if character == "=>":
            was_arrow = True
        elif character in "([{" and len(character) == 1:
            depth += 1
        elif character in ")]}" and len(character) == 1:
            depth = max(0, depth - 1) if not was_block and not was_arrow else depth - 1
            was_block = was_block or (character == "}" and depth == 0)
            if depth < 0 or (depth == 0 and character == "}" and _ends_after(text, match.end())):
                return start, start + match.end()
        elif character == ";" and depth == 0 and (was_arrow or was_block):
            return start, start + match.end()
    return start, start + len(text)


def _ends_after(text: str, at: int) -> bool:
    """Whether what follows a closed block does not go on with it, as a parameter list or a chain would."""
    following = text[at : at + 40].lstrip()
    return not following.startswith(("=>", ":", "{", ").", ".", "=", "else", "catch", "finally"))


def _method_extent(file: _File, start: int) -> tuple[int, int]:
    """A Ruby method: from its `def` to the `end` that stands as far to the left."""
    text = file.text[start : start + _MOST_CHARACTERS]
    define = re.search(r"^([ \t]*)def\b", text, re.MULTILINE)
    if define is None or define.start() > 3_000:
        return start, start + min(len(text), 2_000)
    end = re.compile(rf"^{define[1]}end\b", re.MULTILINE).search(text, define.end())
    return start + define.start(), start + (end.end() if end else len(text))


def _in_region(file: _File, start: int, end: int) -> Iterator[Fact]:
    text = _without_comments(file.text[start:end], file.language)
    found: list[tuple[int, Fact]] = []
    for pattern in _patterns(file.language):
        for match in pattern.expression.finditer(text):
            place = Location(file.path, file.line_at(start + match.start()))
            found.append((match.start(), Fact(pattern.kind, _detail(pattern, match, text), place)))
    yield from (fact for _, fact in sorted(found, key=lambda f: f[0]))


def _detail(pattern: _Pattern, match: re.Match[str], text: str) -> str:
    named = next((v for v in match.groupdict().values() if v), None)
    if "mode" in match.groupdict() and match["mode"]:
        return f'open "{match["mode"]}"'
    if pattern.kind != "http":
        return " ".join((named or match[0].rstrip("( ")).split())[:200]
    after = text[match.end() : match.end() + 400]
    method = match.groupdict().get("what") or match.groupdict().get("called") or match.groupdict().get("named") or ""
    method = method or match.groupdict().get("verb") or ""
    if not method and pattern.method:
        stated = pattern.method.search(text[match.start() : match.end() + 400])
        method = next((g for g in stated.groups() if g), "") if stated else ""
    host = _HOST.search(after) or _HOST.search(text)
    return f"{(method or pattern.default or 'GET').upper()} {host[1] if host else ''}".strip()


@cache
def _knowledge() -> Mapping[str, Any]:
    return tomllib.loads(data_path("extract", "handlers.toml").read_text(encoding="utf-8"))


@cache
def _commented(language: str) -> re.Pattern[str]:
    comments = {"ruby": _HASH, "php": _HASH + "|" + _SLASHES}.get(language, _SLASHES)
    quoted = _QUOTED if language in _QUOTED_TEXTS else _CHARACTER
    return re.compile(rf"{_STRINGS}|{quoted}|(?P<comment>{comments})")


@cache
def _definitions(language: str) -> re.Pattern[str]:
    return re.compile(_knowledge()["definitions"][language], re.MULTILINE)


@cache
def _patterns(language: str) -> tuple[_Pattern, ...]:
    return tuple(
        _Pattern(
            entry["kind"],
            re.compile(entry["pattern"], re.IGNORECASE if entry["kind"] == "sql" else 0),
            re.compile(entry["method"]) if "method" in entry else None,
            entry.get("default"),
        )
        for entry in _knowledge()["fact"]
        if language in entry["languages"] or "*" in entry["languages"]
    )
