"""Tools that a call defines: `server.define_tool(name: …)` and `MCP::Tool.define(name: …)`."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.extract.ruby.schemas import of_hash
from catalog.extract.ruby.values import GRAMMAR, UNKNOWN, File, Project
from catalog.extract.syntax import captures, line
from catalog.records import Gap, Location, Tool

_HINTS = {
    "read_only_hint": "readOnlyHint", "destructive_hint": "destructiveHint", "idempotent_hint": "idempotentHint",
    "open_world_hint": "openWorldHint", "title": "title",
}  # fmt: skip


def defined_tools(project: Project, file: File) -> Iterator[Tool | Gap]:
    """The tools that one file's calls define."""
    for call in captures(file.source.root, "(call) @c", GRAMMAR).get("c", []):
        method = file.field_text(call, "method")
        if method != "define_tool" and not (method == "define" and file.field_text(call, "receiver").endswith("Tool")):
            continue
        _, said = project.arguments(call, file)
        place = Location(file.source.path, line(call))
        name, description, schema = said.get("name"), said.get("description"), said.get("input_schema")
        if not isinstance(name, str):
            yield Gap(place.path, place.line, "a tool is defined here under a name that could not be resolved")
            continue
        if description is UNKNOWN or schema is UNKNOWN:
            part = "description" if description is UNKNOWN else "input schema"
            yield Gap(place.path, place.line, f"the {part} of {name} could not be resolved")
        title = said.get("title")
        yield Tool(
            name,
            title=title if isinstance(title, str) else None,
            description=description if isinstance(description, str) else None,
            input_schema=of_hash(schema)
            if isinstance(schema, dict)
            else {"type": "object"}
            if schema is None
            else None,
            annotations=hints(said.get("annotations")),
            location=place,
            extractor="ruby sdk",
            handler=place,
        )


def hints(said: object) -> dict[str, object]:
    """Annotations under the protocol's names."""
    if not isinstance(said, dict):
        return {}
    return {_HINTS[k]: v for k, v in said.items() if k in _HINTS and isinstance(v, (bool, str))}
