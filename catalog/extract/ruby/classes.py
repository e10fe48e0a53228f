"""Ruby classes of which each is a tool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tree_sitter import Node

from catalog.extract.ruby.calls import hints
from catalog.extract.ruby.schemas import of_block, of_hash, of_properties
from catalog.extract.ruby.values import GRAMMAR, UNKNOWN, File, Project, statements
from catalog.extract.syntax import ancestors, captures, line
from catalog.extract.tree import SourceTree
from catalog.records import Gap, Location, Tool

_MOST_LEVELS = 8
_REGISTERING = re.compile(
    r"\b(?:register_tools?|tools:|tools\s*=|add_tools?)\s*\(?\s*(\[[^\]]{0,6000}\]|(?:[^\n#]{0,300},\s*\n){0,80}[^\n#]{0,300})"
)
_DYNAMIC = re.compile(r"\b(?:descendants|subclasses|constants|const_get|constantize|map|each|select)\b|\*[a-z]")
_NAME = re.compile(r"\b[A-Z]\w*\b")
_LARGEST_SCRIPT_BYTES = 200_000


@dataclass(frozen=True, eq=False)
class _ToolClass:
    file: File
    node: Node
    full_name: str
    default_name: str

    @property
    def short_name(self) -> str:
        return self.full_name.rpartition("::")[2]


def class_tools(project: Project, files: Sequence[File], said: Mapping[str, Any]) -> Iterator[Tool | Gap]:
    """The tool classes of the files. Where a registration names classes, one that none names is a gap."""
    classes = [c for file in files for c in _tool_classes(project, file, said)]
    bases = {_superclass(c.file, c.node).rpartition("::")[2] for c in classes}
    registered = _registered_names(project.tree, {c.short_name for c in classes})
    for tool_class in classes:
        described = bool(_calls(tool_class, "description", "tool_name"))
        if tool_class.short_name in bases and not described:
            continue
        if registered is not None and tool_class.short_name not in registered:
            reason = f"the tool class {tool_class.short_name} is not among those that are registered"
            yield Gap(tool_class.file.source.path, line(tool_class.node), reason)
        else:
            yield from _tool(project, tool_class, said)


def _tool_classes(project: Project, file: File, said: Mapping[str, Any]) -> Iterator[_ToolClass]:
    for node in captures(file.source.root, "(class) @c", GRAMMAR).get("c", []):
        default_name = _default_name(project, file, node, said, 0)
        if default_name:
            outer = [file.field_text(a, "name") for a in ancestors(node) if a.type in ("module", "class")]
            yield _ToolClass(file, node, "::".join([*outer[::-1], file.field_text(node, "name")]), default_name)


def _superclass(file: File, node: Node) -> str:
    return file.field_text(node, "superclass").lstrip("< ").strip().removeprefix("::")


def _default_name(project: Project, file: File, node: Node, said: Mapping[str, Any], depth: int) -> str | None:
    """How the class's missing name is made, by the base it stands on; None when it is no tool."""
    above = _superclass(file, node)
    if not above or depth > _MOST_LEVELS:
        return None
    short = above.rpartition("::")[2]
    for base in said["base"]:
        if above in base["names"] and (short not in project.paths_by_class or "::" in above):
            return str(base["default_name"])
    for path in project.paths_by_class.get(short, [])[:20]:
        found = project.file(path)
        for other in captures(found.source.root, "(class) @c", GRAMMAR).get("c", []) if found else ():
            if found and other != node and found.field_text(other, "name").rpartition("::")[2] == short:
                return _default_name(project, found, other, said, depth + 1)
    return None


def _registered_names(tree: SourceTree, names: set[str]) -> set[str] | None:
    """The class names that registrations give; None when there is none, or one that could give any."""
    texts: list[str] = []
    for path in tree.paths():
        script = "." not in path.rpartition("/")[2] and tree.sizes[path] < _LARGEST_SCRIPT_BYTES
        if path.endswith((".rb", ".ru", ".rake")) or script:
            texts.append(tree.read_text(path))
    given = [
        m[1]
        for text in texts
        for m in _REGISTERING.finditer(text)
        if "def " not in text[max(0, m.start() - 5) : m.start()]
    ]
    relevant = [g for g in given if _NAME.search(g)]
    if not relevant or any(_DYNAMIC.search(g) for g in given):
        return None
    named = {n for g in relevant for n in _NAME.findall(g)}
    lists = re.compile(r"\b([A-Z]\w*)\s*=\s*(\[[^\]]{0,8000}\])")
    for text in texts:
        for match in lists.finditer(text):
            if match[1] in named:
                named |= set(_NAME.findall(match[2]))
    return named & names or None


def _calls(tool_class: _ToolClass, *methods: str) -> list[Node]:
    """The calls of these methods in the class's body, in order."""
    return [
        node
        for node in statements(tool_class.node)
        if node.type == "call"
        and node.child_by_field_name("receiver") is None
        and tool_class.file.field_text(node, "method") in methods
    ]


def _tool(project: Project, tool_class: _ToolClass, said: Mapping[str, Any]) -> Iterator[Tool | Gap]:
    file = tool_class.file
    place = Location(file.source.path, line(tool_class.node))
    name = _stated(project, tool_class, "tool_name")
    name = _made_name(tool_class) if name is None else name
    description = _stated(project, tool_class, "description")
    if not isinstance(name, str):
        yield Gap(
            place.path, place.line, f"the name of the tool that {tool_class.short_name} defines could not be resolved"
        )
        return
    if description is UNKNOWN:
        yield Gap(place.path, place.line, f"the description of {name} could not be resolved")
    schema = _schema(project, tool_class, said["types"])
    if schema is None:
        yield Gap(place.path, place.line, f"the input schema of {name} could not be resolved")
    declared: dict[str, object] = {}
    for call in _calls(tool_class, "annotations"):
        positional, by_name = project.arguments(call, file)
        declared |= hints(by_name or next(iter(positional), None))
    for call in _calls(tool_class, *said["hint_calls"]):
        positional, _ = project.arguments(call, file)
        declared[said["hint_calls"][file.field_text(call, "method")]] = positional[0] if positional else True
    title = _stated(project, tool_class, "title")
    yield Tool(
        name,
        title=title if isinstance(title, str) else None,
        description=description if isinstance(description, str) else None,
        input_schema=schema,
        annotations=declared,
        location=place,
        extractor="ruby tool class",
        handler=_handler(tool_class) or place,
    )


def _stated(project: Project, tool_class: _ToolClass, method: str) -> object:
    """What the last call of the method gives; None when there is none."""
    for call in reversed(_calls(tool_class, method)):
        positional, _ = project.arguments(call, tool_class.file)
        if positional:
            return positional[0]
    return None


def _schema(project: Project, tool_class: _ToolClass, types: Mapping[str, str]) -> dict[str, Any] | None:
    file = tool_class.file
    for call in _calls(tool_class, "input_schema"):
        positional, by_name = project.arguments(call, file)
        if by_name or not positional:
            return of_hash(by_name)
        return of_hash(positional[0]) if isinstance(positional[0], dict) else None
    for call in _calls(tool_class, "arguments"):
        return of_block(project, call.child_by_field_name("block"), file, types)
    return of_properties(project, _calls(tool_class, "property", "collection"), file, types)


def _handler(tool_class: _ToolClass) -> Location | None:
    for node in statements(tool_class.node):
        if node.type in ("method", "singleton_method") and tool_class.file.field_text(node, "name") in (
            "call",
            "perform",
        ):
            return Location(tool_class.file.source.path, line(node))
    return None


def _made_name(tool_class: _ToolClass) -> str:
    if tool_class.default_name == "joined":
        return tool_class.full_name.replace("::", "")
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", tool_class.short_name).lower()
    return snake.removesuffix("_tool") if tool_class.default_name == "snake_without_tool" else snake
