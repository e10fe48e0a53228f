"""Tool definitions in the JSON shapes that people have them in: the one place where that JSON turns into tools."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.errors import InvalidInput
from catalog.records import Gap, Tool

ACCEPTED = "a tools/list result, a JSON-RPC response, an array of tools, or JSON Lines with one of these a line"
MAX_DEPTH = 200


def read_definitions(text: str, name: str) -> tuple[tuple[Tool, ...], tuple[Gap, ...]]:
    """All tools of a JSON document or of JSON Lines, in order, and what the document says is missing.

    `name` is what to call the document in errors. Raises InvalidInput where the text is not JSON or holds no
    definitions (an empty list is a valid answer: no tools).
    """
    tools: dict[str, Tool] = {}
    gaps: list[Gap] = []
    for value, line in _documents(text, name):
        where = name if line is None else f"{name} line {line}"
        for index, raw in enumerate(_tool_list(value, where)):
            tool = tool_from_json(raw, f"{where}, tool {index + 1}")
            tools.setdefault(tool.name, tool)
        result = value.get("result", value) if isinstance(value, dict) else {}
        if isinstance(result, Mapping) and result.get("nextCursor") and line is None:
            gaps.append(Gap(name, None, "the list has further pages (nextCursor) that are not in this file"))
        if isinstance(value, Mapping):
            gaps.extend(_stated_gaps(value))
    return tuple(tools.values()), tuple(gaps)


def raw_tools(text: str, name: str) -> Iterator[tuple[Any, str]]:
    """Every tool object of the text as it stands, repeated names included, with the place to name in an error."""
    for value, line in _documents(text, name):
        where = name if line is None else f"{name} line {line}"
        for index, raw in enumerate(_tool_list(value, where)):
            yield raw, f"{where}, tool {index + 1}"


def tool_from_json(raw: Any, where: str) -> Tool:
    """One MCP `Tool` object; InvalidInput where it has no name. Values of the wrong type count as absent."""
    if not isinstance(raw, Mapping):
        raise InvalidInput(f"{where}: a tool definition is an object, not {type(raw).__name__}")
    name = raw.get("name")
    if not isinstance(name, str) or not name.strip():
        raise InvalidInput(f"{where}: a tool definition needs a name", f"Accepted: {ACCEPTED}.")
    schema = raw.get("inputSchema", raw.get("input_schema"))
    annotations = raw.get("annotations")
    title, description, extractor = raw.get("title"), raw.get("description"), raw.get("extractor")
    return Tool(
        name=name,
        title=title if isinstance(title, str) else None,
        description=description if isinstance(description, str) else None,
        input_schema=schema if isinstance(schema, Mapping) else None,
        annotations=annotations if isinstance(annotations, Mapping) else {},
        extractor=extractor if isinstance(extractor, str) and extractor else "snapshot",
    )


def parse_json(text: str, where: str) -> Any:
    """Any JSON value, safe to store: InvalidInput for what is not JSON or nests too deep; lone surrogates replaced."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise InvalidInput(f"{where}: nested too deeply to be tool definitions") from None
    except ValueError as error:
        raise InvalidInput(f"{where}: not JSON ({error})", f"Accepted: {ACCEPTED}.") from None
    return _storable(value, where, 0)


def _documents(text: str, name: str) -> Iterator[tuple[Any, int | None]]:
    """The whole text as one document, or each line as one with its number."""
    text = text.removeprefix("\ufeff")
    try:
        yield parse_json(text, name), None
        return
    except InvalidInput:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].rstrip().endswith(("}", "]")):
            raise
    for number, line in lines:
        yield parse_json(line, f"{name} line {number}"), number


def _tool_list(value: Any, where: str) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        if isinstance(value.get("error"), Mapping):
            message = value["error"].get("message")
            raise InvalidInput(f"{where}: the server answered with an error: {message}")
        result = value.get("result", value)
        if isinstance(result, Mapping) and isinstance(result.get("tools"), list):
            return list(result["tools"])
        if isinstance(value.get("name"), str) and not {"version", "scripts", "dependencies"} & value.keys():
            return [value]
    raise InvalidInput(f"{where}: this JSON holds no tool definitions", f"Accepted: {ACCEPTED}.")


def _stated_gaps(value: Mapping[str, Any]) -> Iterator[Gap]:
    """The gaps of a document that `catalog extract` wrote."""
    stated = value.get("gaps")
    for gap in stated if isinstance(stated, list) else ():
        if isinstance(gap, Mapping) and isinstance(gap.get("reason"), str):
            line = gap.get("line")
            yield Gap(str(gap.get("path") or ""), line if isinstance(line, int) else None, gap["reason"])


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _storable(value: Any, where: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise InvalidInput(f"{where}: nested more than {MAX_DEPTH} deep")
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(v, where, depth + 1) for v in value]
    if isinstance(value, dict):
        return {_storable(k, where, depth): _storable(v, where, depth + 1) for k, v in value.items()}
    return value
