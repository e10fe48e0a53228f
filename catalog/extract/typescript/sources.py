"""Modules of a tree: text, parsed lazily, and small questions about syntax nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from threading import get_ident
from typing import Any

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from catalog.extract.syntax import parsed_within

MAX_PARSING_SECONDS = 8.0  # of one file: the largest bundle seen, 6.5 MB, takes a quarter of it
SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx")

FUNCTIONS = frozenset(
    {
        "arrow_function", "function_declaration", "function_expression", "function", "method_definition",
        "generator_function", "generator_function_declaration",
    }
)  # fmt: skip
CLASSES = frozenset({"class_declaration", "class", "abstract_class_declaration"})
SCOPES = FUNCTIONS | CLASSES | {"program", "statement_block", "for_in_statement", "for_statement", "switch_body"}

_NAMES = frozenset(
    {
        "property_identifier",
        "identifier",
        "shorthand_property_identifier",
        "private_property_identifier",
        "shorthand_property_identifier_pattern",
        "type_identifier",
    }
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|[\s\S])")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


@lru_cache(maxsize=16)
def _parser(grammar: str, thread: int) -> Parser:
    """One for each thread, as in `catalog.extract.syntax`."""
    if grammar == "javascript":
        return Parser(Language(tree_sitter_javascript.language()))
    source = tree_sitter_typescript.language_tsx() if grammar == "tsx" else tree_sitter_typescript.language_typescript()
    return Parser(Language(source))


def grammar_of(path: str) -> str:
    """Which grammar reads a path. TypeScript's own endings cannot hold JSX, the others can."""
    if path.endswith((".ts", ".mts", ".cts")):
        return "typescript"
    return "tsx" if path.endswith(".tsx") else "javascript"


@dataclass(eq=False)
class Module:
    """One file. `data` is UTF-8; the tree is parsed when first asked for and lives as long as the module."""

    path: str
    data: bytes
    tables: dict[int, Any] = field(default_factory=dict, repr=False)
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)
    is_unparsed: bool = False  # made to take the parser's recovery from errors forever, and given up

    @cached_property
    def root(self) -> Node:
        """The syntax tree; an empty one for a file that takes longer to parse than any that a person wrote."""
        parser = _parser(grammar_of(self.path), get_ident())
        root = parsed_within(parser, self.data, MAX_PARSING_SECONDS)
        self.is_unparsed = root is None
        return root if root is not None else parser.parse(b"").root_node

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def line(self, node: Node) -> int:
        return node.start_point[0] + 1


def unescape(raw: str) -> str:
    """The characters that a string or template literal's text stands for."""
    if "\\" not in raw:
        return raw

    def replace(match: re.Match[str]) -> str:
        body = match.group(1)
        if body[0] == "u" and len(body) > 1:
            code = int(body.strip("u{}"), 16)
            return chr(code) if code <= 0x10FFFF else "\ufffd"
        if body[0] == "x" and len(body) > 1:
            return chr(int(body[1:], 16))
        if body[0] in "\r\n\u2028\u2029":
            return ""
        return _ESCAPES.get(body, body)

    text = _ESCAPE.sub(replace, raw)
    text = _SURROGATES.sub(lambda m: m.group().encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return text.encode("utf-8", "replace").decode("utf-8")


def string_value(module: Module, node: Node) -> str:
    """The value of a `string` node."""
    return unescape(module.text(node)[1:-1])


def key_name(module: Module, node: Node) -> str | None:
    """The name that a property key spells, None when it is computed."""
    if node.type in _NAMES:
        return module.text(node)
    if node.type == "string":
        return string_value(module, node)
    if node.type == "number":
        return module.text(node)
    return None


def part_name(module: Module, part: Node) -> str | None:
    """The name that a part of an object literal or class has; None where it is computed, or spread into it."""
    key = part.child_by_field_name("key") or part.child_by_field_name("name") or part.child_by_field_name("property")
    return key_name(module, key if key is not None else part)


def named(node: Node) -> list[Node]:
    """Named children without comments."""
    return [c for c in node.named_children if c.type != "comment"]


def short(module: Module, node: Node, limit: int = 120) -> str:
    """The node's text on one line, cut to `limit` characters."""
    raw = module.data[node.start_byte : min(node.end_byte, node.start_byte + 4 * limit)].decode("utf-8", "replace")
    text = " ".join(raw.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def path_to(module: Module, start: int, end: int) -> list[Node]:
    """The nodes from the root down to the smallest one that spans the bytes [start, end)."""
    node: Node | None = module.root
    chain: list[Node] = []
    target = module.root.descendant_for_byte_range(start, end)
    while node is not None and target is not None:
        chain.append(node)
        if node == target:
            break
        node = node.child_with_descendant(target)
    return chain
