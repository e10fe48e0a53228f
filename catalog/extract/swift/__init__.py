"""Swift: `Tool(name:description:inputSchema:)` of the official SDK, directly or through a function around it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from catalog.extract.swift.values import GRAMMAR, UNKNOWN, Project, Scope, functions
from catalog.extract.syntax import Source, captures, enclosing, line, named
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Location, Tool

_SHOWN = re.compile(r"\bTool\s*\(\s*name\s*:|\bTool\s*\(\s*$", re.MULTILINE)
_SPEAKS_OF_MCP = re.compile(r"\bMCP\b|ModelContextProtocol|inputSchema")
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title")
_DEEPEST_WRAPPER = 3


def candidate_paths(tree: SourceTree) -> tuple[str, ...]:
    """The files in which a registration can be seen."""
    return tuple(p for p in tree.paths(".swift") if _is_candidate(tree.read_text(p)))


def _is_candidate(text: str) -> bool:
    return bool(_SPEAKS_OF_MCP.search(text) and _SHOWN.search(text))


def read(tree: SourceTree) -> Found:
    """The tools that Swift code of the tree defines."""
    tools: list[Tool] = []
    gaps: list[Gap] = []
    project = Project(tree)
    for path in candidate_paths(tree):
        source = project.source(path)
        if source is None:
            gaps.append(Gap(path, None, "the file is too large to be parsed"))
            continue
        for call in _tool_calls(source):
            for item in _resolve(project, Scope(source), call, call, 0):
                if isinstance(item, Tool):
                    tools.append(item)
                else:
                    gaps.append(item)
    return Found(tuple(tools), tuple(gaps))


def _tool_calls(source: Source) -> list[Node]:
    calls = captures(source.root, "(call_expression) @c", GRAMMAR).get("c", [])
    return [c for c in calls if named(c) and source.text(named(c)[0]) in ("Tool", "MCP.Tool", "MCPTool")]


def _resolve(project: Project, scope: Scope, call: Node, shown: Node, depth: int) -> Iterator[Tool | Gap]:
    """The tool of one `Tool(...)`; where its name is a parameter, those of the calls of the function around it."""
    said = dict(project.arguments(call, scope))
    place = Location(scope.source.path, line(shown))
    if isinstance(said.get("name"), str):
        yield from _tool(said, place, _condition(shown, scope))
        return
    if "name" not in said:
        return
    followed = list(_follow(project, scope, call, depth))
    yield from followed or [Gap(place.path, place.line, "a tool is made here under a name that could not be resolved")]


def _follow(project: Project, scope: Scope, call: Node, depth: int) -> Iterator[Tool | Gap]:
    wrapper = enclosing(call, "function_declaration")
    name = scope.text(wrapper.child_by_field_name("name")) if wrapper is not None else ""
    if wrapper is None or depth >= _DEEPEST_WRAPPER or not name or wrapper not in list(functions(scope.source, name)):
        return
    pattern = re.compile(rf"\b{re.escape(name)}\s*\(")
    for path in project.tree.paths(".swift"):
        source = project.source(path) if pattern.search(project.tree.read_text(path)) else None
        for caller in captures(source.root, "(call_expression) @c", GRAMMAR).get("c", []) if source else ():
            callee = source.text(named(caller)[0]).rpartition(".")[2] if source and named(caller) else ""
            if callee != name or source is None:
                continue
            bound = project.bind(wrapper, scope, project.arguments(caller, Scope(source)))
            said = dict(project.arguments(call, Scope(scope.source, bound)))
            if isinstance(said.get("name"), str):
                yield from _tool(said, Location(path, line(caller)), _condition(caller, Scope(source)))
            else:
                yield Gap(path, line(caller), f"{name} makes a tool under a name that could not be resolved")


def _tool(said: dict[str, object], place: Location, condition: str | None) -> Iterator[Tool | Gap]:
    name, description = said["name"], said.get("description")
    schema = said.get("inputSchema", said.get("parameters"))
    assert isinstance(name, str)
    if description is UNKNOWN:
        yield Gap(place.path, place.line, f"the description of {name} could not be resolved")
    if schema is UNKNOWN or (isinstance(schema, dict) and schema.get("properties") is UNKNOWN):
        yield Gap(place.path, place.line, f"the input schema of {name} could not be resolved")
    hints, title = said.get("annotations"), said.get("title")
    yield Tool(
        name,
        title=title if isinstance(title, str) else None,
        description=description if isinstance(description, str) else None,
        input_schema=_known(schema) if isinstance(schema, dict) else None,
        annotations={k: v for k, v in hints.items() if k in _HINTS and isinstance(v, (bool, str))}
        if isinstance(hints, dict)
        else {},
        location=place,
        extractor="swift sdk",
        conditional=condition,
    )


def _known(value: dict[str, object]) -> dict[str, object]:
    """The mapping without the parts that are unknown; an unknown property stays as one of any type."""
    out: dict[str, object] = {}
    for key, part in value.items():
        if isinstance(part, dict):
            out[key] = {k: {} if v is UNKNOWN else v for k, v in part.items()} if key == "properties" else part
            out[key] = _known(out[key])  # type: ignore[arg-type]
        elif isinstance(part, list):
            out[key] = [_known(p) if isinstance(p, dict) else p for p in part if p is not UNKNOWN]
        elif part is not UNKNOWN:
            out[key] = part
    return out


def _condition(node: Node, scope: Scope) -> str | None:
    """The text of the nearest `if` around a tool within its function."""
    around = enclosing(node, "if_statement", "function_declaration", "lambda_literal")
    if around is None or around.type != "if_statement":
        return None
    test = around.child_by_field_name("condition")
    return " ".join(scope.text(test).split())[:300] or None
