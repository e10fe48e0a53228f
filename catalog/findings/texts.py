"""Every text of a tool that reaches a model, with its place: name, title, description, schema and annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from catalog.records import Tool
from classifier.schema import escape_pointer

MAX_NODES = 20_000  # of one schema
MAX_CHARACTERS = 400_000  # of one tool, all texts together
_MAX_POINTER = 2_000
# Words of JSON Schema itself, which nobody chose: left out, since they are most of a schema.
_KEYWORDS = frozenset((
    "type", "properties", "description", "required", "items", "title", "default", "enum", "format", "$schema", "anyOf",
    "oneOf", "allOf", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "const", "examples",
    "pattern", "nullable", "$ref", "$defs", "definitions", "exclusiveMinimum", "exclusiveMaximum",
    "additionalProperties",
))  # fmt: skip
_TYPES = frozenset(("string", "object", "array", "integer", "number", "boolean", "null"))


class Text(NamedTuple):
    """A text and where it stands: `path` is a JSON Pointer in `inputSchema` and `annotations`, None elsewhere.

    `is_name` marks identifiers (the tool's name, keys of the schema), whose words are joined by `_`, `-` or capitals.
    """

    field: str
    path: str | None
    text: str
    is_name: bool = False


def read_texts(tool: Tool) -> Iterator[Text]:
    """The texts in the order a client shows them, no longer than MAX_CHARACTERS together."""
    left = MAX_CHARACTERS
    for text in _all(tool):
        if left <= 0:
            return
        yield text if len(text.text) <= left else text._replace(text=text.text[:left])
        left -= len(text.text)


def _all(tool: Tool) -> Iterator[Text]:
    yield Text("name", None, tool.name, True)
    if tool.title:
        yield Text("title", None, tool.title)
    if tool.description:
        yield Text("description", None, tool.description)
    yield from _strings("annotations", tool.annotations)
    if tool.input_schema:
        yield from _strings("inputSchema", tool.input_schema)


def _strings(field: str, root: Mapping[str, Any]) -> Iterator[Text]:
    """Every string and every key below `root`, in document order. Iterative: hostile schemas are deep."""
    pending: list[tuple[str, Any]] = [("", root)]
    for _ in range(MAX_NODES):
        if not pending:
            return
        path, node = pending.pop()
        if isinstance(node, str):
            if node not in _TYPES and node:
                yield Text(field, path, node)
            continue
        if len(path) > _MAX_POINTER:
            continue
        if isinstance(node, Mapping):
            children = [(f"{path}/{escape_pointer(str(key))}", key, value) for key, value in node.items()]
            for place, key, _ in children:
                if isinstance(key, str) and key not in _KEYWORDS and key:
                    yield Text(field, place, key, True)
            pending.extend((place, value) for place, _, value in reversed(children))
        elif isinstance(node, (list, tuple)):
            pending.extend((f"{path}/{n}", value) for n, value in reversed(list(enumerate(node[:MAX_NODES]))))
