"""Edits one place of a JSON file that may hold comments and trailing commas, and leaves every other byte alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.errors import InvalidInput

MAX_DEPTH = 100
_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.S)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")


@dataclass(frozen=True, slots=True)
class _Node:
    """A value, where it stands, and for containers the members as (key or None, where the member starts, value)."""

    start: int
    end: int
    value: Any
    members: tuple[tuple[str | None, int, _Node], ...] = ()


def edit_list(text: str, path: Sequence[str], ours: Callable[[object], bool], items: Sequence[str]) -> str:
    """Takes the items that are `ours` out of the array at `path` and puts `items` at its end.

    Comments between the other items stay. A missing array is made, and an empty one stays away. Raises InvalidInput.
    """
    text = text if text.strip() else "{}"
    node = _find(_parse(text), path)
    if node is None:
        return _insert(text, path, list(items)) if items else text
    if not isinstance(node.value, list):
        raise InvalidInput(f"{'.'.join(path)} is not an array", "Nothing was changed.")
    return _rewrite(
        text, node, lambda _, value: not ours(value), [json.dumps(item, ensure_ascii=False) for item in items]
    )


def edit_members(text: str, path: Sequence[str], ours: Callable[[str], bool], members: Mapping[str, Any]) -> str:
    """The same for the members of the object at `path`. Raises InvalidInput."""
    text = text if text.strip() else "{}"
    node = _find(_parse(text), path)
    if node is None:
        return _insert(text, path, dict(members)) if members else text
    if not isinstance(node.value, dict):
        raise InvalidInput(f"{'.'.join(path)} is not an object", "Nothing was changed.")
    added = [f"{json.dumps(k, ensure_ascii=False)}: {json.dumps(v, ensure_ascii=False)}" for k, v in members.items()]
    return _rewrite(text, node, lambda key, _: key is None or not ours(key), added)


def plain_value(text: str) -> Any:
    """The value of the whole file. Raises InvalidInput."""
    return _parse(text).value


def _rewrite(text: str, node: _Node, keep: Callable[[str | None, object], bool], added: Sequence[str]) -> str:
    """The container with members dropped and added; what stands before a kept member goes with it."""
    pieces: list[str] = []
    at = node.start + 1
    for key, start, value in node.members:
        if keep(key, value.value):
            pieces.append(text[at:start] + text[start : value.end])
        at = _after_comma(text, value.end)
    tail = text[at : node.end - 1]
    indent = _indent(text, node.start)
    pieces += [f"\n{indent}  {item}" for item in added]
    if added and "\n" not in tail:
        tail = f"{tail}\n{indent}"
    return text[: node.start + 1] + ",".join(pieces) + tail + text[node.end - 1 :]


def _insert(text: str, path: Sequence[str], value: Any) -> str:
    """Makes the value at `path`, with the objects on the way."""
    whole = _parse(text)
    depth = next(d for d in range(len(path) - 1, -1, -1) if _find(whole, path[:d]) is not None)
    parent = _find(whole, path[:depth])
    assert parent is not None
    if not isinstance(parent.value, dict):
        raise InvalidInput(f"{'.'.join(path[:depth]) or 'the file'} is not an object", "Nothing was changed.")
    for key in reversed(path[depth + 1 :]):
        value = {key: value}
    shown = json.dumps(value, indent=2, ensure_ascii=False).replace("\n", f"\n{_indent(text, parent.start)}  ")
    return _rewrite(text, parent, lambda *_: True, [f"{json.dumps(path[depth])}: {shown}"])


def _indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _after_comma(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    end = blank.end() if blank else at
    return end + 1 if text[end : end + 1] == "," else at


def _find(node: _Node, path: Sequence[str]) -> _Node | None:
    for name in path:
        found = [value for key, _, value in node.members if key == name]
        if not isinstance(node.value, dict) or not found:
            return None
        node = found[-1]
    return node


def _parse(text: str) -> _Node:
    node, at = _value(text, _skip(text, 0), 0)
    if _skip(text, at) != len(text):
        raise _wrong(text, _skip(text, at))
    return node


def _value(text: str, at: int, depth: int) -> tuple[_Node, int]:
    if depth > MAX_DEPTH:
        raise InvalidInput("not JSON: nested too deeply", "Nothing was changed.")
    if text[at : at + 1] in ("{", "["):
        return _container(text, at, depth)
    for pattern in (_STRING, _PLAIN):
        if found := pattern.match(text, at):
            try:
                return _Node(at, found.end(), json.loads(found.group())), found.end()
            except ValueError:
                break
    raise _wrong(text, at)


def _container(text: str, start: int, depth: int) -> tuple[_Node, int]:
    is_object = text[start] == "{"
    close = "}" if is_object else "]"
    members: list[tuple[str | None, int, _Node]] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != close:
        member_start, key = at, None
        if is_object:
            name = _STRING.match(text, at)
            colon = _skip(text, name.end()) if name else at
            if not name or text[colon : colon + 1] != ":":
                raise _wrong(text, at)
            key, at = json.loads(name.group()), _skip(text, colon + 1)
        value, at = _value(text, at, depth + 1)
        members.append((key, member_start, value))
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != close:
            raise _wrong(text, at)
    values = [value.value for _, _, value in members]
    whole: Any = {key: v for (key, _, _), v in zip(members, values, strict=True)} if is_object else values
    return _Node(start, at + 1, whole, tuple(members)), at + 1


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _wrong(text: str, at: int) -> InvalidInput:
    line = text.count("\n", 0, at) + 1
    return InvalidInput(f"not JSON, not even with comments: line {line}", "Nothing was changed.")
