"""A configuration file's text as plain values, with the line of any key. Errors never quote the text.

Formats: JSON (with comments and trailing commas, as editors allow them), TOML and YAML. Hostile nesting is an error.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.errors import InvalidInput
from catalog.stack.clients import Format

MAX_YAML_DEPTH = 60
MAX_COMMENTED_CHARS = 4_000_000
Keys = Sequence[str | int]
_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.S)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.S)
_PLAIN = re.compile(r"[^\s,\]}]+")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|[\[\]{}]', re.S)
_TOML_HEADER = re.compile(r"\s*(\[{1,2})\s*(?P<name>.+?)\s*\]{1,2}\s*(?:#.*)?$")
_TOML_WORD = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_\-]+)"""
_TOML_KEY = re.compile(rf"\s*(?P<name>{_TOML_WORD}(?:\s*\.\s*{_TOML_WORD})*)\s*=")


@dataclass(frozen=True, slots=True)
class Document:
    """A file's value, and the line (from 1) of the member that a path of keys leads to, or of the nearest one above."""

    value: Any
    line: Callable[[Keys], int]


class Unreadable(InvalidInput):
    """A text that is not of its format; `line` is where, None where that is not known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_document(text: str, format: Format) -> Document:
    """The document. Raises Unreadable."""
    if not text.strip():
        return Document({}, lambda keys: 1)
    if format == "toml":
        return _toml(text)
    return _yaml(text) if format == "yaml" else _json(text)


def _json(text: str) -> Document:
    try:
        value = json.loads(text)
    except RecursionError:
        raise Unreadable("it nests too deeply") from None
    except ValueError as error:
        value = _commented(text, getattr(error, "lineno", None))
    return Document(value, lambda keys: _line(text, _json_offset(text, keys)))


def _commented(text: str, line: int | None) -> Any:
    from catalog.policy.jsonc import plain_value

    if len(text) > MAX_COMMENTED_CHARS:
        raise Unreadable("it is not JSON", line)
    try:
        return plain_value(text)
    except InvalidInput as error:
        found = re.search(r"line (\d+)$", error.message)
        raise Unreadable("it is not JSON, not even with comments", int(found[1]) if found else line) from None
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON", line) from None


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _json_offset(text: str, keys: Keys) -> int:
    """Where the member stands. Skips what it does not need; of equal keys the last one counts, as for readers."""
    at = shown = _blank(text, 0)
    for key in keys:
        member = _json_member(text, at, key)
        if member is None:
            break
        shown, at = member
    return shown


def _json_member(text: str, at: int, key: str | int) -> tuple[int, int] | None:
    is_object = text[at : at + 1] == "{"
    if not is_object and text[at : at + 1] != "[":
        return None
    found: tuple[int, int] | None = None
    at, number = _blank(text, at + 1), 0
    while at < len(text) and text[at] not in "]}":
        start, name = at, number
        if is_object:
            string = _STRING.match(text, at)
            if string is None:
                return found
            name = _unquoted(string[0])  # type: ignore[assignment]
            at = _blank(text, _blank(text, string.end()) + 1)
        if name == key:
            found = start, at
        at = _blank(text, _after_value(text, at))
        at = _blank(text, at + 1) if text[at : at + 1] == "," else at
        number += 1
    return found


def _unquoted(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _after_value(text: str, at: int) -> int:
    if text[at : at + 1] in ("{", "["):
        depth = 0
        for token in _TOKEN.finditer(text, at):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
            if depth == 0:
                return token.end()
        return len(text)
    found = _STRING.match(text, at) or _PLAIN.match(text, at)
    return found.end() if found else len(text)


def _toml(text: str) -> Document:
    try:
        value = tomllib.loads(text)
    except RecursionError:
        raise Unreadable("it nests too deeply") from None
    except ValueError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise Unreadable("it is not TOML", int(found[1]) if found else None) from None
    return Document(value, lambda keys: _toml_line(text, [str(key) for key in keys]))


def _toml_line(text: str, keys: Sequence[str]) -> int:
    """The line whose table and key lead furthest along the path."""
    best, line, table = 0, 1, []
    for number, row in enumerate(text.splitlines(), 1):
        header = _TOML_HEADER.match(row)
        member = None if header else _TOML_KEY.match(row)
        if header:
            table = _toml_name(header["name"])
        here = table if header else [*table, *_toml_name(member["name"])] if member else []
        if len(here) > best and list(keys[: len(here)]) == here:
            best, line = len(here), number
    return line


def _toml_name(text: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_TOML_WORD, text)]


def _yaml(text: str) -> Document:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=loader):  # not recursive, so that the nesting is known before composing
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_YAML_DEPTH:
                raise Unreadable("it nests too deeply")
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable("it is not YAML", mark.line + 1 if mark else None) from None
    except (ValueError, RecursionError):
        raise Unreadable("it is not YAML") from None
    return Document(_plain(node, {}), lambda keys: _yaml_line(node, keys))


def _plain(node: Any, made: dict[int, Any]) -> Any:
    """A node as plain values; aliases share one value, so that they cannot grow, and a cycle ends in None."""
    import yaml

    if id(node) in made:
        return made[id(node)]
    made[id(node)] = None
    value: Any = None
    if isinstance(node, yaml.MappingNode):
        value = {}
        for key, member in node.value:
            if isinstance(key, yaml.ScalarNode):
                plain = _plain(member, made)
                if key.value == "<<" and isinstance(plain, dict):
                    value = {**plain, **value}
                else:
                    value[key.value] = plain
    elif isinstance(node, yaml.SequenceNode):
        value = [_plain(member, made) for member in node.value]
    elif isinstance(node, yaml.ScalarNode):
        value = _yaml_scalar(node.tag, node.value)
    made[id(node)] = value
    return value


def _yaml_scalar(tag: str, value: str) -> Any:
    if tag == "tag:yaml.org,2002:bool":
        return value.lower() in ("true", "yes", "on")
    return None if tag == "tag:yaml.org,2002:null" else value


def _yaml_line(node: Any, keys: Keys) -> int:
    import yaml

    line = node.start_mark.line if node is not None else 0
    for key in keys:
        members: Mapping[Any, Any] = {}
        if isinstance(node, yaml.MappingNode):
            members = {k.value: (k, v) for k, v in node.value if isinstance(k, yaml.ScalarNode)}
        elif isinstance(node, yaml.SequenceNode):
            members = {i: (v, v) for i, v in enumerate(node.value)}
        if key not in members:
            break
        shown, node = members[key]
        line = shown.start_mark.line
    return int(line) + 1
