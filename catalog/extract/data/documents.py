"""JSON and YAML documents of strangers: read within bounds, as plain values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from catalog.extract.tree import SourceTree

_LARGEST_JSON_BYTES = 12_000_000
_LARGEST_YAML_BYTES = 2_000_000
_MOST_ALIASES = 100
_DEEPEST = 40
_DEEPEST_YAML = 400
_ALIAS = re.compile(r"(?:^|[\s\[,:-])\*[A-Za-z0-9_-]+", re.MULTILINE)
_MERGE_OR_ALIAS = re.compile(r"[\s:-]&[A-Za-z0-9_-]+")


class Unreadable(Exception):
    """A document is broken, too large or too deeply nested; says which."""


def read_documents(tree: SourceTree, path: str) -> list[Any]:
    """The documents of a JSON or YAML file as plain values with text keys; Unreadable where it cannot be read."""
    limit = _LARGEST_JSON_BYTES if path.endswith(".json") else _LARGEST_YAML_BYTES
    if tree.sizes[path] > limit:
        raise Unreadable(f"the document has {tree.sizes[path]} bytes, more than the {limit} that are read")
    text = tree.read_text(path)
    try:
        if path.endswith(".json"):
            return [_plain(json.loads(text), 0)]
        if _MERGE_OR_ALIAS.search(text) and len(_ALIAS.findall(text)) > _MOST_ALIASES:
            raise Unreadable("the YAML repeats parts by alias too often to be expanded")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        _check_nesting(text, loader)
        return [_plain(document, 0) for document in yaml.load_all(text, Loader=loader) if document is not None]
    except RecursionError:
        raise Unreadable("the document is nested too deeply") from None
    except (ValueError, yaml.YAMLError) as error:
        raise Unreadable(f"the document is broken: {type(error).__name__}") from None


def _check_nesting(text: str, loader: Any) -> None:
    """Unreadable where the YAML nests too deeply: the C loader composes by recursion, and would end the process."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST_YAML:
            raise Unreadable("the document is nested too deeply")


def _plain(value: object, depth: int) -> Any:
    """The value with text keys and without anything that JSON cannot hold; what lies too deep is left out."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {str(k): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)
