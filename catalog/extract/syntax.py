"""What every tree-sitter reader needs: bounded parsing, text, lines, cached queries, string literals.

Nothing here knows a language: a reader passes the name of its grammar's module (`tree_sitter_go`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from threading import get_ident

from tree_sitter import Language, Node, Parser, Query, QueryCursor

MAX_PARSED_BYTES = 4_000_000  # a hand-written file with definitions is far smaller; error recovery is slow beyond
MAX_PARSING_SECONDS = 3.0  # of one file; the largest that a person wrote takes a tenth of it
_CHUNK_BYTES = 65_536
_SHORT_BYTES = 8_192  # parsed in one piece: nothing so short takes long
MAX_DEPTH = 120  # levels of nesting that a reader follows; Python's own limit lies far above


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """One parsed file: its path in the tree, its bytes as UTF-8 and its syntax tree's root."""

    path: str
    raw: bytes = field(repr=False)
    root: Node = field(repr=False)

    def text(self, node: Node) -> str:
        """The node's source text; what is not UTF-8 is replaced."""
        return self.raw[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def nodes_at(self, pattern: re.Pattern[bytes], group: int = 0) -> Iterator[Node]:
        """The smallest named node over each match of `pattern`, in file order: found by text, not by walking."""
        for match in pattern.finditer(self.raw):
            start, end = match.span(group)
            node = self.root.named_descendant_for_byte_range(start, end)
            if node is not None:
                yield node


def line(node: Node) -> int:
    """The line the node starts on, counted from 1."""
    return node.start_point[0] + 1


@lru_cache(maxsize=16)
def language(grammar: str, function: str = "language") -> Language:
    """The grammar of a wheel, such as `tree_sitter_go`; `function` where the wheel holds several."""
    return Language(getattr(import_module(grammar), function)())


@lru_cache(maxsize=64)
def _parser(grammar: str, function: str, thread: int) -> Parser:
    """One for each thread: the check of the time lets other threads run while a file is parsed."""
    return Parser(language(grammar, function))


def parse(path: str, text: str | bytes, grammar: str, function: str = "language") -> Source | None:
    """The parsed file, or None when it is larger than `MAX_PARSED_BYTES` or made to take the parser's recovery from
    errors forever: then the reader reports a gap."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if len(raw) > MAX_PARSED_BYTES:
        return None
    root = parsed_within(_parser(grammar, function, get_ident()), raw, MAX_PARSING_SECONDS)
    return Source(path, raw, root) if root is not None else None


def parsed_within(parser: Parser, raw: bytes, seconds: float) -> Node | None:
    """The root of the syntax tree, None where parsing takes longer than this much time of the processor."""
    if len(raw) <= _SHORT_BYTES:
        return parser.parse(raw).root_node
    latest = time.process_time() + seconds
    given: list[memoryview] = []

    def chunk(offset: int, _: object) -> memoryview | bytes:
        if offset >= len(raw):
            return b""
        given.append(memoryview(raw)[offset : offset + _CHUNK_BYTES])
        return given[-1]

    try:
        tree = parser.parse(chunk, progress_callback=lambda *_: time.process_time() > latest)
    except ValueError:  # how the binding says that the callback stopped it
        parser.reset()
        return None
    finally:
        for view in given:  # the binding never lets go of what the callback gave it: a whole file for each parse
            view.release()
    return tree.root_node


@lru_cache(maxsize=256)
def _query(grammar: str, function: str, pattern: str) -> Query:
    return Query(language(grammar, function), pattern)


def matches(node: Node, pattern: str, grammar: str, function: str = "language") -> list[dict[str, list[Node]]]:
    """What a query finds below the node, one dict of captures for each match."""
    return [found for _, found in QueryCursor(_query(grammar, function, pattern)).matches(node)]


def captures(node: Node, pattern: str, grammar: str, function: str = "language") -> dict[str, list[Node]]:
    """All nodes that a query captures below the node, by capture name."""
    return QueryCursor(_query(grammar, function, pattern)).captures(node)


def ancestors(node: Node, limit: int = MAX_DEPTH) -> Iterator[Node]:
    """The node's parents, nearest first, at most `limit` of them."""
    above = node.parent
    while above is not None and limit:
        yield above
        above = above.parent
        limit -= 1


def enclosing(node: Node, *types: str) -> Node | None:
    """The nearest parent of one of the types."""
    return next((above for above in ancestors(node) if above.type in types), None)


def named(node: Node | None) -> list[Node]:
    """The node's named children without comments; empty for None."""
    return [child for child in node.named_children if "comment" not in child.type] if node is not None else []


_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F_]{1,8})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(\r?\n)|(.))",
    re.DOTALL,
)
C_ESCAPES: Mapping[str, str] = {
    "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b", "0": "\0", "s": " ",
}  # fmt: skip


def unescape(text: str, escapes: Mapping[str, str] = C_ESCAPES) -> str:
    r"""The value inside a C-like literal: \n, \xHH, \ooo, \uHHHH (pairs joined), \u{H}, a line continuation."""
    if "\\" not in text:
        return text
    value = _ESCAPE.sub(lambda m: _character(m, escapes), text)
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str], escapes: Mapping[str, str]) -> str:
    braced, four, eight, two, octal, continued, other = match.groups()
    digits = braced or four or eight or two
    if digits:
        code = int(digits.replace("_", "") or "0", 16)
        return chr(code) if code <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
    if octal:
        return chr(int(octal, 8))
    return "" if continued else escapes.get(other, other)


def dedent(text: str) -> str:
    """A multi-line literal as Java, Swift, C# and Kotlin's trimIndent give it: the common margin removed."""
    lines = text.split("\n")
    margin = min((len(each) - len(each.lstrip()) for each in lines if each.strip()), default=0)
    return "\n".join(each[margin:] for each in lines)
