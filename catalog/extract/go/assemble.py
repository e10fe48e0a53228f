"""From what the evaluation met to definitions: one per name, the most complete first, with gaps for the rest."""

from __future__ import annotations

import re
from typing import Any

from catalog.extract import syntax
from catalog.extract.go.collect import Collector, Sighting
from catalog.extract.go.handlers import Effects, handler_of
from catalog.extract.go.patterns import patterns
from catalog.extract.go.references import References
from catalog.extract.go.schema import Unresolved, is_open, reflected, schema_json
from catalog.extract.go.source import Project
from catalog.extract.go.values import Call, Struct, Unknown, Value, force
from catalog.records import Found, Gap, Location, Tool

_HINTS = {
    "Title": "title",
    "ReadOnlyHint": "readOnlyHint",
    "DestructiveHint": "destructiveHint",
    "IdempotentHint": "idempotentHint",
    "OpenWorldHint": "openWorldHint",
}
_NAME = re.compile(r"[\w./:-]{1,128}\Z")


def assemble(collector: Collector) -> Found:
    """The definitions and gaps of everything that was sighted, in path and line order."""
    ordered = sorted(collector.sightings, key=lambda s: (s.place.path, s.place.line))
    effects, references = Effects(collector.project), References(collector.project)
    unused = _unused(ordered, references)
    best: dict[str, tuple[tuple[int, ...], Tool, list[Gap]]] = {}
    resolved_sites: set[tuple[str, int]] = set()
    dropped: list[Gap] = []
    for sighting in ordered:
        name = force(sighting.tool.fields.get("Name"))
        if not isinstance(name, str) or not _NAME.match(name):
            continue
        resolved_sites.add(sighting.site)
        if _root_of(sighting) in unused:
            dropped.append(_unused_gap(sighting, name))
            continue
        if sighting.conditional is None and sighting.root is not None:
            sighting.conditional = references.condition(sighting.root)
        tool, gaps = _tool(collector, sighting, name, effects)
        rank = _rank(tool, gaps)
        if name not in best or rank > best[name][0]:
            best[name] = (rank, tool, gaps)
    gaps = [*collector.gaps, *(gap for _, _, found in best.values() for gap in found)]
    gaps.extend(_unresolved(ordered, resolved_sites))
    gaps.extend(dropped)
    known = {name for each in ordered if isinstance(name := force(each.tool.fields.get("Name")), str)}
    gaps.extend(collector.unseen(known))
    return Found(tuple(tool for _, tool, _ in best.values()), tuple(dict.fromkeys(gaps)))


def _root_of(sighting: Sighting) -> tuple[str, int] | None:
    return (sighting.root.file.path, sighting.root.node.start_byte) if sighting.root is not None else None


def _unused(sightings: list[Sighting], references: References) -> set[tuple[str, int] | None]:
    """Functions that define a tool and that nothing uses, in a tree whose other such functions are used."""
    roots = {_root_of(s): s.root for s in sightings if s.root is not None and s.root.kind == "func"}
    dead = {key for key, root in roots.items() if references.is_dead(root)}
    return dead if len(dead) * 4 < len(roots) else set()


def _unused_gap(sighting: Sighting, name: str) -> Gap:
    root = sighting.root.name if sighting.root is not None else ""
    place = sighting.place
    return Gap(place.path, place.line, f"{name} is defined in {root}, which nothing in the tree uses")


def _rank(tool: Tool, gaps: list[Gap]) -> tuple[int, ...]:
    """How good a definition is where several bear one name: complete first, then the one that can do more."""
    schema = tool.input_schema or {}
    known = (tool.input_schema is not None) + (tool.handler is not None)
    return -len(gaps), known, len(schema.get("properties") or ()), len(tool.description or "")


def _unresolved(sightings: list[Sighting], resolved: set[tuple[str, int]]) -> list[Gap]:
    gaps = []
    for sighting in sightings:
        if sighting.site in resolved or "Name" not in sighting.tool.fields:
            continue
        name = force(sighting.tool.fields["Name"])
        if name == "":
            continue
        reason = name.reason if isinstance(name, Unknown) else "it is not a plain name"
        line = syntax.line(sighting.node)
        gaps.append(Gap(sighting.file.path, line, f"a tool whose name is not known from the source: {reason}"))
    return gaps


def _tool(collector: Collector, sighting: Sighting, name: str, effects: Effects) -> tuple[Tool, list[Gap]]:
    fields, project, place = sighting.tool.fields, collector.project, sighting.place
    if not sighting.holds(name):
        place = collector.named.get(name, place)
    gaps: list[Gap] = []

    def text(key: str) -> str | None:
        value = force(fields.get(key))
        if isinstance(value, Unknown) and key == "Description":
            gaps.append(Gap(place.path, place.line, f"the description of {name} is not known: {value.reason}"))
        return value if isinstance(value, str) and (value or key == "Description") else None

    description = text("Description") or None
    annotations = _annotations(project, sighting.tool)
    title = text("Title")
    schema = _schema(collector, sighting, name, gaps)
    function = handler_of(sighting)
    extra = force(fields.get("?"))
    if isinstance(extra, Unknown):
        gaps.append(Gap(place.path, place.line, f"an option of {name} is not known: {extra.reason}"))
    tool = Tool(
        name=name,
        title=title,
        description=description,
        input_schema=schema,
        annotations=annotations,
        location=place,
        extractor="go",
        conditional=sighting.conditional,
        handler=Location(function.file.path, syntax.line(function.node)) if function is not None else None,
        facts=effects.facts(function) if function is not None else (),
    )
    return tool, gaps


def _schema(collector: Collector, sighting: Sighting, name: str, gaps: list[Gap]) -> dict[str, Any] | None:
    fields, project = sighting.tool.fields, collector.project
    reason = "no schema was seen"
    partial: dict[str, Any] | None = None
    for key in ("RawInputSchema", "InputSchema"):
        value = force(fields.get(key))
        if value is None or (key == "InputSchema" and value == "null"):
            continue
        if isinstance(value, Unknown):
            reason = value.reason
        try:
            made = schema_json(project, value)
        except Unresolved:
            continue
        if isinstance(made, dict) and is_open(value):
            partial = made
        elif isinstance(made, dict):
            return _complete(made)
    of = collector.arguments_type(sighting)
    if of is not None:
        made = dict(reflected(project, of, sighting.style or _style(project, sighting)))
        known = {key: each for key, each in (partial or {}).items() if key not in ("properties", "required")}
        return _complete({**made, **known})
    if partial is not None:
        gaps.append(Gap(sighting.place.path, sighting.place.line, f"some parameters of {name} are not known"))
        return _complete(partial)
    if "InputSchema" in fields or "RawInputSchema" in fields or _is_typed(sighting):
        gaps.append(Gap(sighting.place.path, sighting.place.line, f"the input schema of {name} is not known: {reason}"))
    return None


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" in schema and schema["properties"] is None:
        schema = {**schema, "properties": {}}
    return schema if schema.get("required") != [] else {k: v for k, v in schema.items() if k != "required"}


def _is_typed(sighting: Sighting) -> bool:
    return bool(sighting.handlers)


def _style(project: Project, sighting: Sighting) -> str:
    """Whose rules make a schema from a type here: the official SDK's, or the reflector's that the tree sets up."""
    if "modelcontextprotocol/go-sdk" in sighting.tool.module:
        return "inferred"
    return project.tag_style


def _annotations(project: Project, tool: Struct) -> dict[str, Any]:
    held = force(tool.fields.get("Annotations"))
    if not isinstance(held, Struct):
        return {}
    found: dict[str, Any] = {}
    module = tool.module
    plain = {name for each in patterns()["never_false"] if each["module"] in module for name in each["annotations"]}
    written = {name for each in patterns()["always"] if _since(project, each, module) for name in each["annotations"]}
    for field, key in _HINTS.items():
        value = _plain(force(held.fields.get(field)))
        if value is None and field in written:
            value = False
        if value is None or value == "" or (value is False and field in plain and field not in written):
            continue
        if isinstance(value, (str, bool)):
            found[key] = value
    return found


def _plain(value: Value) -> Value:
    while isinstance(value, Call) and len(value.arguments) == 1:
        value = force(value.arguments[0])
    return value


def _since(project: Project, rule: dict[str, Any], module: str) -> bool:
    version = project.requirements.get(rule["module"])
    return rule["module"] in module and (version is None or version >= tuple(rule["since"]))
