"""The official SDK's registrations: `addTool(name, description, inputSchema)`, `Tool(...)`, functions around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from catalog.extract.kotlin.overloads import takes, type_bindings, type_parameters, typed_parts
from catalog.extract.kotlin.project import File, child_of, declared_name, members
from catalog.extract.kotlin.values import UNKNOWN, Scope, Values, bind, call_parts
from catalog.extract.syntax import ancestors, enclosing, line, matches
from catalog.records import Gap, Location, Tool

_CALLS = "(call_expression) @call"
_FUNCTIONS = ("function_declaration",)
_DEEPEST_WRAPPER = 3
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint", "title")


def added_tools(values: Values, file: File) -> Iterator[Tool | Gap]:
    """The tools registered by calls in one file; a function around a registration is followed to its own calls."""
    for call in _calls(file):
        name, _, trailing, holder = call_parts(call, file)
        if (name == "addTool" and not _is_inner(call)) or name == "RegisteredTool":
            yield from _resolve(values, file, call, holder, trailing, Scope(file), 0)


def _calls(file: File) -> list[Node]:
    return [m["call"][0] for m in matches(file.source.root, _CALLS, "tree_sitter_kotlin")]


def _is_inner(call: Node) -> bool:
    """Whether the node is the call without its trailing block, which is a call node of its own."""
    return call.parent is not None and call.parent.type == "call_expression" and call.parent.named_child(0) == call


def _resolve(
    values: Values, file: File, call: Node, holder: Node, trailing: Node | None, scope: Scope, depth: int
) -> Iterator[Tool | Gap]:
    said = _arguments(values, file, holder, scope)
    place = Location(file.source.path, line(call))
    if isinstance(said.get("name"), str):
        handler = Location(file.source.path, line(trailing)) if trailing is not None else None
        yield from _tool(said, place, handler, _condition(call, file))
        return
    wrapper = enclosing(call, *_FUNCTIONS)
    followed = list(_follow(values, file, call, holder, trailing, wrapper, depth)) if wrapper is not None else []
    if followed:
        yield from followed
    else:
        yield Gap(place.path, place.line, "a tool is added here under a name that could not be resolved")


@dataclass(frozen=True, slots=True)
class _Use:
    """A call that reaches a function around a registration: what it gives, and where it stands."""

    bound: dict[str, object]
    types: dict[str, str]
    file: File
    call: Node
    trailing: Node | None


def _follow(
    values: Values, file: File, call: Node, holder: Node, trailing: Node | None, wrapper: Node, depth: int
) -> Iterator[Tool | Gap]:
    """The registration as the calls of the function around it make it."""
    for use in _uses(values, file, wrapper, depth):
        said = _arguments(values, file, holder, Scope(file, use.bound))
        said |= typed_parts(values, file, holder, use.types, use.file)
        path = use.file.source.path
        if isinstance(said.get("name"), str):
            handler = Location(path, line(use.trailing)) if use.trailing is not None else None
            place = Location(path, line(use.call))
            yield from _tool(said, place, handler, _condition(use.call, use.file) or _condition(call, file))
        else:
            name = declared_name(wrapper, file)
            yield Gap(path, line(use.call), f"{name} adds a tool under a name that could not be resolved")


def _uses(values: Values, file: File, wrapper: Node, depth: int) -> Iterator[_Use]:
    """The calls of a function; where one passes on a type parameter of the function around it, that one's calls."""
    name = declared_name(wrapper, file)
    if depth >= _DEEPEST_WRAPPER or not name:
        return
    pattern = re.compile(rf"\b{re.escape(name)}\s*[<(]")
    for path in values.project.tree.paths(".kt"):
        caller_file = values.project.file(path) if pattern.search(values.project.tree.read_text(path)) else None
        for caller in _calls(caller_file) if caller_file else ():
            called, _, trailing, holder = call_parts(caller, caller_file or file)
            if called != name or caller_file is None or _is_inner(caller):
                continue
            types = type_bindings(wrapper, file, holder, caller_file)
            if types is None:
                continue  # a call of another function of this name
            outer = enclosing(caller, *_FUNCTIONS)
            own = type_parameters(outer, caller_file) if outer is not None else []
            through: Iterable[_Use | None] = (None,)
            if outer is not None and set(types.values()) & set(own):
                is_overload = declared_name(outer, caller_file) == name  # its calls are found by the same name
                through = () if is_overload else _uses(values, caller_file, outer, depth + 1)
            for use in through:
                positional, by_name = values.arguments(holder, Scope(caller_file, use.bound if use else {}))
                if not takes(wrapper, file, len(positional) + (trailing is not None), by_name):
                    continue
                bound = bind(wrapper, file, positional, by_name, values)
                if use is None:
                    yield _Use(bound, types, caller_file, caller, trailing)
                else:
                    given = {k: use.types.get(v, v) for k, v in types.items()}
                    yield _Use(bound, given, use.file, use.call, use.trailing)


def _arguments(values: Values, file: File, holder: Node, scope: Scope) -> dict[str, object]:
    """What an `addTool` or `RegisteredTool` call says, whether itself or through a `Tool(...)` given to it."""
    inner = _inner_tool(values, holder, file)
    if inner is not None:
        tool_file, tool_call = inner
        tool_scope = Scope(tool_file, scope.bindings)
        positional, by_name = values.arguments(tool_call, tool_scope)
    else:
        positional, by_name = values.arguments(holder, scope)
    said = dict(by_name)
    texts = [v for v in positional if isinstance(v, str)]
    if "name" not in said and positional:
        said["name"] = positional[0]
        texts = texts[1:]
    if texts:
        said.setdefault("description", texts[0])
    schemas = [v for v in positional if isinstance(v, dict) and v.get("type") == "object"]
    if schemas:
        said.setdefault("inputSchema", schemas[0])
    return said


def _inner_tool(values: Values, holder: Node, file: File) -> tuple[File, Node] | None:
    """The `Tool(...)` call given as argument, directly or through a value of the project."""
    for argument in child_of(holder, "value_arguments").named_children if child_of(holder, "value_arguments") else ():  # type: ignore[union-attr]
        node = argument.named_children[-1] if argument.named_children else argument
        if node.type == "call_expression" and file.text(node).startswith(("Tool(", "McpTool(")):
            return file, node
        if node.type == "identifier":
            for found, declared in _values_named(values, file, node):
                value = declared.named_children[-1]
                if value.type == "call_expression" and found.text(value).startswith("Tool("):
                    return found, value
    return None


def _values_named(values: Values, file: File, name_node: Node) -> Iterator[tuple[File, Node]]:
    name = file.text(name_node)
    for above in ancestors(name_node):
        for node in (
            above.named_children
            if above.type in ("block", "lambda_literal")
            else members(above, "property_declaration")
        ):
            if node.type == "property_declaration" and declared_name(node, file) == name:
                yield file, node
    yield from values.project.declarations("val", name, file)


def _tool(
    said: dict[str, object], place: Location, handler: Location | None, condition: str | None
) -> Iterator[Tool | Gap]:
    name, description, schema = said["name"], said.get("description"), said.get("inputSchema", said.get("input"))
    title = said.get("title")
    hints = said.get("toolAnnotations", said.get("annotations"))
    assert isinstance(name, str)
    if description is UNKNOWN:
        yield Gap(place.path, place.line, f"the description of {name} could not be resolved")
    if schema is UNKNOWN:
        yield Gap(place.path, place.line, f"the input schema of {name} could not be resolved")
    yield Tool(
        name,
        title=title if isinstance(title, str) else None,
        description=description if isinstance(description, str) else None,
        input_schema=known(schema) if isinstance(schema, dict) else {"type": "object"} if schema is None else None,
        annotations={k: v for k, v in hints.items() if k in _HINTS and isinstance(v, (bool, str))}
        if isinstance(hints, dict)
        else {},
        location=place,
        extractor="kotlin sdk",
        conditional=condition,
        handler=handler,
    )


def known(value: object) -> dict[str, object]:
    """The mapping without the parts that are unknown."""
    assert isinstance(value, dict)
    out: dict[str, object] = {}
    for key, part in value.items():
        if isinstance(part, dict):
            out[key] = known(part)
        elif part is UNKNOWN and key not in _KEYWORDS:
            out[key] = {}
        elif part is not UNKNOWN:
            out[key] = [p for p in part if p is not UNKNOWN] if isinstance(part, list) else part
    return out


_KEYWORDS = (
    "type",
    "description",
    "default",
    "enum",
    "required",
    "minimum",
    "maximum",
    "format",
    "title",
    "pattern",
    "items",
)


def _condition(call: Node, file: File) -> str | None:
    """The text of the nearest `if` around the registration within its function."""
    for above in ancestors(call):
        if above.type in _FUNCTIONS:
            return None
        if above.type == "if_expression":
            test = above.child_by_field_name("condition")
            return " ".join(file.text(test).split())[:300] if test is not None else None
    return None
